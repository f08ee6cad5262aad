import { Once } from '../../src/reactive/once.js';
import { State } from '../../src/reactive/state.js';
import { listen } from '../support/listen.js';

describe('Once', () => {
  it('emits and completes, for late subscribers too', () => {
    const once$ = new Once<string>();
    const early = listen(once$);
    expect(early).toEqual([]);
    once$.settle('now');
    expect(early).toEqual(['now', 'complete']);
    expect(listen(once$)).toEqual(['now', 'complete']);
  });

  it('goes on telling everybody where somebody unsubscribes it instead of a subscription', () => {
    const once$ = new Once<string>();
    const heard = listen(once$);
    // eslint-disable-next-line rxjs-x/no-subject-unsubscribe -- the mistake that this is about
    once$.unsubscribe();
    once$.settle('now');
    expect(heard).toEqual(['now', 'complete']);
  });
});

describe('State', () => {
  it('goes on telling everybody where somebody unsubscribes it instead of a subscription', () => {
    const state$ = new State(1);
    const heard = listen(state$);
    // eslint-disable-next-line rxjs-x/no-subject-unsubscribe -- the mistake that this is about
    state$.unsubscribe();
    state$.next(2);
    expect(heard).toEqual([1, 2]);
    expect(state$.value).toBe(2);
  });
});
