import { Broadcast } from '../../src/reactive/broadcast.js';
import { listen } from '../support/listen.js';

describe('Broadcast', () => {
  it('goes on where somebody calls unsubscribe() on it', () => {
    const subject$ = new Broadcast<number>();
    const seen = listen(subject$);
    subject$.unsubscribe(); // eslint-disable-line rxjs-x/no-subject-unsubscribe -- the mistake
    subject$.next(1);
    subject$.complete();
    expect(seen).toEqual([1, 'complete']);
  });
});
