import { NEVER, of, throwError } from 'rxjs';
import { onFirst } from '../../src/mux/on-first.js';
import { listen } from '../support/listen.js';

describe('onFirst', () => {
  it('calls with the first value, before that is emitted, and never again', () => {
    const events: unknown[] = [];
    of(1, 2)
      .pipe(onFirst((first) => events.push(['first', first])))
      .subscribe((value) => events.push(value));
    expect(events).toEqual([['first', 1], 1, 2]);
  });

  it('is as its source in all else', () => {
    const work = jest.fn();
    const error = new Error('failed');
    expect(listen(of().pipe(onFirst(work)))).toEqual(['complete']);
    expect(listen(throwError(() => error).pipe(onFirst(work)))).toEqual([error]);
    expect(listen(NEVER.pipe(onFirst(work)))).toEqual([]);
    expect(work).not.toHaveBeenCalled();
  });

  it('calls once for each subscriber', () => {
    const work = jest.fn();
    const source$ = of('a', 'b').pipe(onFirst(work));
    listen(source$);
    listen(source$);
    expect(work.mock.calls).toEqual([['a'], ['a']]);
  });
});
