import { queueScheduler, Subject } from 'rxjs';
import { type Flow, shareCapacity } from '../../src/index.js';
import { stillAlive } from '../hostile/support/heap.js';

/** A flow made of numbers. */
class SomeFlow implements Flow {
  readonly credit = Infinity;
  readonly frameLimit = Infinity;

  constructor(public pending: number) {}
}

/** `shareCapacity` with a quantum of 32, which serves those early that have 2 bytes. Everything happens at once. */
function sharing(): { capacity$: Subject<number>; ready$: Subject<SomeFlow> } {
  const capacity$ = new Subject<number>();
  const ready$ = new Subject<SomeFlow>();
  ready$
    .pipe(shareCapacity<SomeFlow>(capacity$, { quantum: 32, scheduler: queueScheduler }))
    .subscribe(({ flow, bytes }) => {
      flow.pending -= bytes;
    });
  return { capacity$, ready$ };
}

/** Lets flows be ready with `bytes` each, to which nobody else refers. */
function some(count: number, ready$: Subject<SomeFlow>, bytes: number): WeakRef<Flow>[] {
  return Array.from({ length: count }, () => {
    const flow = new SomeFlow(bytes);
    ready$.next(flow);
    return new WeakRef<Flow>(flow);
  });
}

describe('shareCapacity', () => {
  it.each([
    ['that were served early', 2],
    ['that had their turn', 20],
  ])('forgets flows %s when a round has passed without them', async (_, bytes) => {
    const { capacity$, ready$ } = sharing();
    ready$.next(new SomeFlow(Infinity));
    const flows = some(2000, ready$, bytes);
    expect(await stillAlive(flows)).toBe(2000);
    for (let given = 0; given < 8000 * bytes; given += 32) {
      capacity$.next(32); // the busy one gets half of it
    }
    expect(await stillAlive(flows)).toBeLessThan(10);
  });

  it('remembers nobody when nobody waits, be there no capacity left', async () => {
    const { capacity$, ready$ } = sharing();
    ready$.next(new SomeFlow(32)); // one turn, after them
    const flows = some(10, ready$, 2);
    capacity$.next(52);
    expect(await stillAlive(flows)).toBeLessThan(2);
  });
});
