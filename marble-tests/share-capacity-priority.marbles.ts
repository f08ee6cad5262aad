import * as fc from 'fast-check';
import { queueScheduler, Subject, tap } from 'rxjs';
import { shareCapacity } from '../src/index.js';
import { asBytes, marbles, share, TestFlow } from './support/flows.js';
import { GrantByGrant } from './support/grant-by-grant.js';

// A capacity of 1 is used up by one grant, whatever its size: one marble of `capacity`, one grant.

/** A flow that always has something to send. */
const busy = (name: string, priority?: number, frameLimit = Infinity): TestFlow =>
  new TestFlow(name, Infinity, Infinity, frameLimit).with(priority === undefined ? {} : { priority });

describe('shareCapacity, with priorities,', () => {
  it('lets bytes of a lower number leave first, whoever came first', () => {
    marbles(({ hot, expectObservable }) => {
      const flows = {
        a: new TestFlow('a', 4).with({ priority: 7 }),
        b: new TestFlow('b', 4).with({ priority: 4 }),
        c: new TestFlow('c', 4), // 3
        d: new TestFlow('d', 4).with({ priority: 2 }),
        e: new TestFlow('e', 4).with({ priority: 0 }),
      };
      const capacity$ = hot('-1-1-1-1-1-1-1-1-1-1-');
      const ready$ = hot('   (abcde)--------------', flows);
      const result = '      -q-r-s-t-u-v-w-x-y-z-';
      expectObservable(ready$.pipe(share(asBytes(capacity$), { quantum: 2 }))).toBe(result, {
        q: 'e2',
        r: 'e2',
        s: 'd2',
        t: 'd2',
        u: 'c2',
        v: 'c2',
        w: 'b2',
        x: 'b2',
        y: 'a2',
        z: 'a2',
      });
    });
  });

  it('holds those of higher numbers up while one of a lower number has bytes and credit, and no longer', () => {
    marbles(({ hot, expectObservable }) => {
      const first = busy('first', 0);
      first.credit = 4;
      const capacity$ = hot('1-1-1-1-1--1-1-');
      const ready$ = hot('   (ab)------b----', { a: busy('last', 7), b: first }).pipe(
        tap((flow) => (flow.credit = Math.max(flow.credit, 4))),
      );
      const result = '      v-w-x-x-x--v-w-';
      expectObservable(ready$.pipe(share(asBytes(capacity$), { quantum: 2 }))).toBe(result, {
        v: 'first2',
        w: 'first2',
        x: 'last2',
      });
    });
  });

  it('lets one of a lower number in between two frames of another’s turn, which is taken up afterwards', () => {
    marbles(({ hot, expectObservable }) => {
      const flows = { a: busy('a', 5, 2), b: busy('b', 5, 2), x: new TestFlow('x', 3).with({ priority: 4 }) };
      const capacity$ = hot('1-1--1-1-1-1-');
      const ready$ = hot('   (ab)x--------', flows);
      const result = '      p-p--x-p-q-q-';
      expectObservable(ready$.pipe(share(asBytes(capacity$), { quantum: 6 }))).toBe(result, {
        p: 'a2',
        q: 'b2',
        x: 'x3',
      });
    });
  });

  it('does so even where that has become ready while a grant was taken', () => {
    const line = new GrantByGrant(6);
    const x = new TestFlow('x', 0).with({ priority: 2 });
    line.ready(busy('a', undefined, 2), busy('b', undefined, 2));
    line.onGrant = () => {
      line.onGrant = () => undefined;
      line.says(x, 1);
    };
    expect(line.take(13)).toEqual(['a2', 'x1', 'a2', 'a2', 'b2', 'b2', 'b2']);
  });

  it('interrupts one that is served early, too, and lets it go on before those of its own number', () => {
    const line = new GrantByGrant(64);
    const x = new TestFlow('x', 0).with({ priority: 0 });
    const c = new TestFlow('c', 2, Infinity, 1);
    line.ready(busy('a'), c, new TestFlow('d', 1));
    line.onGrant = () => {
      line.onGrant = () => undefined;
      line.says(x, 1);
    };
    expect(line.take(6)).toEqual(['c1', 'x1', 'c1', 'd1', 'a64']);
  });

  it('serves those early that have little to say within one number, never before a lower one', () => {
    marbles(({ hot, expectObservable }) => {
      const flows = {
        a: new TestFlow('a', 64).with({ priority: 2 }),
        b: busy('b'),
        c: busy('c'),
        d: new TestFlow('d', 2),
      };
      const capacity$ = hot('1-----1-1-1-1-');
      const ready$ = hot('   (abc)-d-------', flows);
      const result = '      v-----w-x-y-z-';
      expectObservable(ready$.pipe(share(asBytes(capacity$), { quantum: 32 }))).toBe(result, {
        v: 'a32',
        w: 'a32',
        x: 'd2',
        y: 'b32',
        z: 'c32',
      });
    });
  });

  it.each([
    [-1, 0],
    [-Infinity, 0],
    [NaN, 0],
    [0.9, 0],
    [3.9, 3],
    [8, 7],
    [Infinity, 7],
  ])('takes %p for %p', (given, taken) => {
    const [before, same, after] = [taken - 1, taken, taken + 1];
    const line = new GrantByGrant(2);
    line.ready(busy('same', same), busy('given', given));
    if (after <= 7) {
      line.ready(busy('after', after));
    }
    expect(line.next(4)).toEqual(['same2', 'given2', 'same2', 'given2']);
    if (before >= 0) {
      line.ready(busy('before', before));
      expect(line.next(2)).toEqual(['before2', 'before2']);
    }
  });

  describe('of which one changes while its flow waits,', () => {
    it('moves it at once when that is said', () => {
      const line = new GrantByGrant(2);
      const [a, b, c] = [busy('a', 1), busy('b', 6), busy('c', 1)];
      line.ready(a, b, c);
      expect(line.next(3)).toEqual(['a2', 'c2', 'a2']);
      b.priority = 0; // nobody would look at it for as long as a and c are ready
      line.ready(b);
      expect(line.next(3)).toEqual(['b2', 'b2', 'b2']);
      b.priority = 6;
      line.ready(b);
      expect(line.next(3)).toEqual(['c2', 'a2', 'c2']);
    });

    it('moves it at its next turn at the latest', () => {
      const line = new GrantByGrant(2);
      const [a, b, c] = [busy('a'), busy('b'), busy('c')];
      line.ready(a, b, c);
      expect(line.next(3)).toEqual(['a2', 'b2', 'c2']);
      b.priority = 1;
      expect(line.next(4)).toEqual(['a2', 'b2', 'b2', 'b2']);
      b.priority = 4;
      expect(line.next(4)).toEqual(['c2', 'a2', 'c2', 'a2']);
    });

    it('moves one that has little to say, too', () => {
      const line = new GrantByGrant(32);
      const [c, d] = [new TestFlow('c', 2), new TestFlow('d', 2)];
      line.ready(busy('a'), c, d);
      c.priority = 4;
      expect(line.next(3)).toEqual(['d2', 'a32', 'a32']);
      c.priority = 3;
      line.ready(c);
      expect(line.next(2)).toEqual(['c2', 'a32']);
    });

    it('leaves it where it is when that is said and it has not changed', () => {
      const line = new GrantByGrant(2);
      const [a, b, c] = [busy('a', 6), busy('b', 6), busy('c', 6)];
      line.ready(a, b, c);
      line.ready(c, b, a);
      expect(line.next(4)).toEqual(['a2', 'b2', 'c2', 'a2']);
    });

    it('gives it no second turn: what it was given early counts there, too', () => {
      const line = new GrantByGrant(32);
      const c = new TestFlow('c', 0);
      line.ready(busy('a'), busy('b', 4));
      for (let i = 0; i < 8; i += 1) {
        line.says(c, 2);
        expect(line.next(1)).toEqual(['c2']);
      }
      c.priority = 4;
      line.says(c, 2);
      expect(line.next(1)).toEqual(['a32']);
      c.priority = 3;
      line.ready(c);
      expect(line.next(2)).toEqual(['a32', 'c2']);
    });

    it('takes effect after the turn that it is in, when it is the receiver of a grant who changes it', () => {
      const line = new GrantByGrant(4);
      const [a, b] = [busy('a', undefined, 2), busy('b', undefined, 2)];
      line.ready(a, b);
      line.onGrant = (flow) => {
        if (flow === a) {
          a.priority = 7;
          line.ready(a);
        }
      };
      expect(line.take(12)).toEqual(['a2', 'a2', 'b2', 'b2', 'b2', 'b2']);
    });

    it('loses nobody who becomes ready before that', () => {
      const line = new GrantByGrant(64);
      const [c, x] = [new TestFlow('c', 2, Infinity, 1), new TestFlow('x', 1)];
      line.ready(c);
      line.onGrant = () => {
        line.onGrant = () => undefined;
        line.ready(x);
        c.priority = 7;
        line.ready(c);
      };
      expect(line.take(1)).toEqual(['c1']);
      expect(line.take(9)).toEqual(['x1', 'c1']);
    });

    it('takes effect when the flow is ready again, where it has had nothing to say meanwhile', () => {
      const line = new GrantByGrant(32);
      const c = new TestFlow('c', 2);
      line.ready(busy('a'), busy('b'), c);
      expect(line.next(2)).toEqual(['c2', 'a32']);
      c.priority = 7;
      line.says(c, 2);
      expect(line.next(2)).toEqual(['b32', 'a32']);
      c.priority = 0;
      line.says(c, 62);
      expect(line.next(3)).toEqual(['c32', 'c32', 'b32']);
    });
  });

  it('survives that the receiver of a grant moves others, empties them, and ends it all', () => {
    const capacity$ = new Subject<number>();
    const ready$ = new Subject<TestFlow>();
    const [a, b, c] = [busy('a', 2, 1), busy('b', 3, 1), busy('c', 4, 1)];
    const granted: string[] = [];
    const subscription = ready$
      .pipe(shareCapacity<TestFlow>(capacity$, { quantum: 2, scheduler: queueScheduler }))
      .subscribe(({ flow, bytes }) => {
        flow.take(bytes);
        granted.push(flow.name);
        switch (granted.length) {
          case 1: // before whose turn this is, behind it, and back
            for (const priority of [0, 7, 4]) {
              c.priority = priority;
              ready$.next(c);
            }
            break;
          case 2:
            a.pending = 0;
            capacity$.next(10); // at once
            break;
          case 3:
            b.priority = 7;
            break;
          case 5:
            c.pending = 0;
            break;
          case 6:
            subscription.unsubscribe();
            ready$.next(a);
            break;
        }
      });
    for (const flow of [a, b, c]) {
      ready$.next(flow);
    }
    capacity$.next(2);
    expect(granted).toEqual(['a', 'a', 'b', 'b', 'c', 'b']);
    expect([ready$.observed, capacity$.observed]).toEqual([false, false]);
  });

  it('never grants anything while one of a lower number waits, and gives each of the lowest its turn in every round, whatever changes', () => {
    const QUANTUM = 64;
    const LITTLE = QUANTUM / 16;
    const PRIORITIES = 8;
    const step = fc.oneof(
      { weight: 4, arbitrary: fc.record({ room: fc.integer({ min: 1, max: 3 * QUANTUM }) }) },
      { weight: 3, arbitrary: fc.record({ who: fc.nat(9), says: fc.integer({ min: 1, max: 2 * LITTLE }) }) },
      { weight: 1, arbitrary: fc.record({ who: fc.nat(9), says: fc.integer({ min: 1, max: 3 * QUANTUM }) }) },
      { weight: 1, arbitrary: fc.record({ who: fc.nat(9), moves: fc.nat(PRIORITIES - 1) }) },
    );
    fc.assert(
      fc.property(
        fc.array(
          fc.record({ priority: fc.nat(PRIORITIES - 1), limit: fc.constantFrom(1, 7, 64, Infinity) }),
          {
            minLength: 2,
            maxLength: 10,
          },
        ),
        fc.array(step, { size: 'max', maxLength: 200 }),
        (kinds, steps) => {
          const flows = kinds.map(({ priority, limit }, i) =>
            new TestFlow(`f${i}-`, 0, Infinity, limit).with({ priority }),
          );
          /** For each flow that waits: what each of the others of its number has got since. */
          const waiting = new Map<TestFlow, Map<TestFlow, number>>();
          let passedOver = 0;
          let longest = 0;
          const line = new GrantByGrant(QUANTUM);
          line.onGrant = (flow, bytes) => {
            waiting.delete(flow);
            for (const [other, got] of waiting) {
              if (Number(other.priority) < Number(flow.priority)) {
                passedOver += 1;
              } else if (other.priority === flow.priority) {
                const sum = (got.get(flow) ?? 0) + bytes;
                got.set(flow, sum);
                longest = Math.max(longest, sum);
              }
            }
            if (flow.pending > 0) {
              waiting.set(flow, new Map());
            }
          };
          const becomesReady = (flow: TestFlow): void => {
            if (!waiting.has(flow)) {
              waiting.set(flow, new Map());
            }
            line.ready(flow);
          };
          for (const given of steps) {
            if ('room' in given) {
              line.take(given.room);
              continue;
            }
            const flow = flows[given.who % flows.length];
            if (flow === undefined) {
              continue;
            }
            if ('says' in given) {
              flow.pending += given.says;
              becomesReady(flow);
            } else if (flow.priority !== given.moves) {
              flow.priority = given.moves;
              for (const got of waiting.values()) {
                got.delete(flow); // as much again in another number
              }
              if (waiting.delete(flow)) {
                becomesReady(flow);
              }
            }
          }
          line.take(Infinity);
          expect(waiting.size).toBe(0);
          expect(passedOver).toBe(0);
          expect(longest).toBeLessThanOrEqual(QUANTUM + LITTLE);
        },
      ),
      { numRuns: 500 },
    );
  });
});
