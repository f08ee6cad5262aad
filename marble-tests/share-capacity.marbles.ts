import * as fc from 'fast-check';
import { of, queueScheduler, Subject, take, tap, throwError } from 'rxjs';
import { shareCapacity, type ShareCapacityOptions } from '../src/index.js';
import { asBytes, marbles, share, TestFlow } from './support/flows.js';
import { GrantByGrant } from './support/grant-by-grant.js';

// In every diagram: `capacity` is what the carrier takes from then on, `ready` says that a flow has something to send,
// and the result shows who may send how much: a2 = two bytes of flow a.

describe('shareCapacity', () => {
  it('lets a ready flow send as far as its credit goes, and no farther', () => {
    marbles(({ hot, expectObservable }) => {
      const a = new TestFlow('a', 10, 3);
      const capacity$ = hot('9-----');
      const ready$ = hot('   --a---', { a });
      const result = '      --x---';
      expectObservable(ready$.pipe(share(asBytes(capacity$), { quantum: 8 }))).toBe(result, { x: 'a3' });
    });
  });

  it('goes on with a flow that has got credit again, when that is said', () => {
    marbles(({ hot, expectObservable }) => {
      const a = new TestFlow('a', 10, 3);
      const capacity$ = hot('9---------');
      const ready$ = hot('   a----a----', { a }).pipe(
        tap((flow) => (flow.credit = Math.max(flow.credit, 3))),
      );
      const result = '      x----x----';
      expectObservable(ready$.pipe(share(asBytes(capacity$), { quantum: 8 }))).toBe(result, { x: 'a3' });
    });
  });

  it('holds everything back while the capacity is exhausted, and resumes in turn', () => {
    marbles(({ hot, expectObservable }) => {
      const flows = { a: new TestFlow('a', 4), b: new TestFlow('b', 4), c: new TestFlow('c', 4) };
      const capacity$ = hot('4--------2---8----');
      const ready$ = hot('   (abc)-------------', flows);
      const result = '      (uv)-----w---(xyz)';
      expectObservable(ready$.pipe(share(asBytes(capacity$), { quantum: 2 }))).toBe(result, {
        u: 'a2',
        v: 'b2',
        w: 'c2',
        x: 'a2',
        y: 'b2',
        z: 'c2',
      });
    });
  });

  it('starts nothing before the carrier has said what it takes', () => {
    marbles(({ hot, expectObservable }) => {
      const capacity$ = hot('---0--9');
      const ready$ = hot('   a------', { a: new TestFlow('a', 1) });
      const result = '      ------x';
      expectObservable(ready$.pipe(share(asBytes(capacity$), {}))).toBe(result, { x: 'a1' });
    });
  });

  it('exceeds the capacity by less than one quantum, so that a small buffer still gets decent frames', () => {
    marbles(({ hot, expectObservable }) => {
      const capacity$ = hot('1---1---');
      const ready$ = hot('   (ab)----', { a: new TestFlow('a', 8), b: new TestFlow('b', 8) });
      const result = '      x---y---';
      expectObservable(ready$.pipe(share(asBytes(capacity$), { quantum: 8 }))).toBe(result, {
        x: 'a8',
        y: 'b8',
      });
    });
  });

  it.each([0, -1, NaN])('takes a frameLimit of %p for 1, and comes to an end', (frameLimit) => {
    marbles(({ cold, hot, expectObservable }) => {
      const capacity$ = cold<number>('9-----', { 9: 9 });
      const ready$ = hot('            -a----', { a: new TestFlow('a', 3, Infinity, frameLimit) });
      const result = '                -(xxx)';
      const granted$ = ready$.pipe(share(capacity$, { quantum: 32 }), take(9)); // else, failing, it would have no end
      expectObservable(granted$).toBe(result, { x: 'a1' });
    });
  });

  it('shares equally in bytes between two busy flows, whatever the size of their frames', () => {
    marbles(({ cold, hot, flush }) => {
      const sent = { a: 0, b: 0 };
      const flows = { a: new TestFlow('a', 1e6, Infinity, 100), b: new TestFlow('b', 1e6, Infinity, 7) };
      const ready$ = hot('(ab)', flows);
      const capacity$ = cold('9'.repeat(900)); // every millisecond a little room
      ready$
        .pipe(shareCapacity<TestFlow>(asBytes(capacity$), { quantum: 100 }))
        .subscribe(({ flow, bytes }) => {
          flow.take(bytes);
          sent[flow.name as 'a' | 'b'] += bytes;
        });
      flush();
      expect(sent.a).toBeGreaterThan(4000);
      expect(Math.abs(sent.a - sent.b)).toBeLessThanOrEqual(100);
    });
  });

  it('takes up the rest of a turn that the capacity has cut short, before the next flow has its turn', () => {
    marbles(({ hot, expectObservable }) => {
      const flows = { a: new TestFlow('a', 6, Infinity, 2), b: new TestFlow('b', 6, Infinity, 2) };
      const capacity$ = hot('2---2---2---2---');
      const ready$ = hot('   (ab)------------', flows);
      const result = '      w---x---y---z---';
      expectObservable(ready$.pipe(share(asBytes(capacity$), { quantum: 4 }))).toBe(result, {
        w: 'a2',
        x: 'a2',
        y: 'b2',
        z: 'b2',
      });
    });
  });

  it('does not let a flow without credit hold up another', () => {
    marbles(({ hot, expectObservable }) => {
      const flows = { a: new TestFlow('a', 8, 0), b: new TestFlow('b', 4) };
      const capacity$ = hot('9-------');
      const ready$ = hot('   (ab)----', flows);
      const result = '      (xy)----';
      expectObservable(ready$.pipe(share(asBytes(capacity$), { quantum: 2 }))).toBe(result, {
        x: 'b2',
        y: 'b2',
      });
    });
  });

  it('never looks at flows that have nothing to send: a thousand of them cost a busy one nothing', () => {
    marbles(({ hot, flush }) => {
      const idle = Array.from({ length: 1000 }, (_, i) => new TestFlow(`idle${i}`, 0));
      const busy = new TestFlow('busy', 1000);
      const ready$ = new Subject<TestFlow>();
      ready$.pipe(share(asBytes(hot('-9999')), { quantum: 1 })).subscribe();
      for (const flow of [...idle, busy]) {
        ready$.next(flow);
      }
      flush();
      for (const flow of idle) {
        expect(flow.looks).toBe(1); // when it turned out that it had nothing
      }
      expect(busy.looks).toBeGreaterThan(36);
    });
  });

  it('never looks at those that had little to send and have nothing any more', () => {
    const line = new GrantByGrant(32);
    const little = Array.from({ length: 1000 }, () => new TestFlow('little', 1));
    line.ready(new TestFlow('busy', Infinity), ...little);
    line.next(1100);
    const looks = little.map((flow) => flow.looks);
    line.next(100);
    expect(little.map((flow) => flow.looks)).toEqual(looks);
  });

  it('gives a flow one place in the queue, however often it says that it is ready', () => {
    marbles(({ hot, expectObservable }) => {
      const flows = { a: new TestFlow('a', 4), b: new TestFlow('b', 2) };
      const capacity$ = hot('-9------');
      const ready$ = hot('   (aaab)--', flows);
      const result = '      -(xyz)--';
      expectObservable(ready$.pipe(share(asBytes(capacity$), { quantum: 2 }))).toBe(result, {
        x: 'a2',
        y: 'b2',
        z: 'a2',
      });
    });
  });

  it('hands out what is written in one turn in one grant', () => {
    marbles(({ hot, expectObservable }) => {
      const a = new TestFlow('a', 0);
      const capacity$ = hot('9-------');
      const ready$ = hot('   --(aaa)-', { a }).pipe(tap((flow) => (flow.pending += 1)));
      const result = '      --x-----';
      expectObservable(ready$.pipe(share(asBytes(capacity$), {}))).toBe(result, { x: 'a3' });
    });
  });

  it('lets a flow that becomes ready while others are served have its turn in the same round', () => {
    marbles(({ hot, expectObservable }) => {
      const late = new TestFlow('late', 2);
      const ready$ = new Subject<TestFlow>();
      const result$ = ready$.pipe(
        share(asBytes(hot('-9---')), { quantum: 2 }),
        tap((grant) => {
          if (grant === 'a2') {
            ready$.next(late);
          }
        }),
      );
      hot('a', { a: new TestFlow('a', 2) }).subscribe(ready$);
      expectObservable(result$).toBe('-(xy)', { x: 'a2', y: 'late2' });
    });
  });

  // A capacity of 1 is used up by one grant, whatever its size: one marble of `capacity`, one grant.
  describe('serves a flow that has just become ready and has little to say, a sixteenth of the quantum at most,', () => {
    const busy = (): { a: TestFlow; b: TestFlow } => ({ a: new TestFlow('a', 96), b: new TestFlow('b', 96) });

    it('before those that always have more', () => {
      marbles(({ hot, expectObservable }) => {
        const flows = { ...busy(), c: new TestFlow('c', 2), d: new TestFlow('d', 1) };
        const capacity$ = hot('1----1--1--1--1--');
        const ready$ = hot('   (ab)-(cd)-----', flows);
        const result = '      v----w--x--y--z--';
        expectObservable(ready$.pipe(share(asBytes(capacity$), { quantum: 32 }))).toBe(result, {
          v: 'a32',
          w: 'c2',
          x: 'd1',
          y: 'b32',
          z: 'a32',
        });
      });
    });

    it('and one that has a byte more after them', () => {
      marbles(({ hot, expectObservable }) => {
        const flows = { ...busy(), c: new TestFlow('c', 3) };
        const capacity$ = hot('1----1--1--1--1--');
        const ready$ = hot('   (ab)-c-----------', flows);
        const result = '      v----w--x--y--z--';
        expectObservable(ready$.pipe(share(asBytes(capacity$), { quantum: 32 }))).toBe(result, {
          v: 'a32',
          w: 'b32',
          x: 'a32',
          y: 'c3',
          z: 'b32',
        });
      });
    });

    it('by what has become of it when it could be served, not by what it had at first', () => {
      marbles(({ hot, expectObservable }) => {
        const c = new TestFlow('c', 0);
        const capacity$ = hot('1-----1--1--1--');
        const ready$ = hot('   (ab)--(cc)-----', { ...busy(), c }).pipe(
          tap((flow) => {
            if (flow === c) {
              c.pending += 2;
            }
          }),
        );
        const result = '      v-----w--x--y--';
        expectObservable(ready$.pipe(share(asBytes(capacity$), { quantum: 32 }))).toBe(result, {
          v: 'a32',
          w: 'b32',
          x: 'a32',
          y: 'c4',
        });
      });
    });

    it('again and again', () => {
      marbles(({ hot, expectObservable }) => {
        const c = new TestFlow('c', 0);
        const capacity$ = hot('1----1-1-1-1-1-');
        const ready$ = hot('   (ab)-c-c---c---', { ...busy(), c }).pipe(
          tap((flow) => {
            if (flow === c) {
              c.pending = 2;
            }
          }),
        );
        const result = '      u----v-w-x-y-z-';
        expectObservable(ready$.pipe(share(asBytes(capacity$), { quantum: 32 }))).toBe(result, {
          u: 'a32',
          v: 'c2',
          w: 'c2',
          x: 'b32',
          y: 'c2',
          z: 'a32',
        });
      });
    });

    it('until it has had half a turn in this round; then it has its place among all', () => {
      const c = new TestFlow('c', 0);
      const line = new GrantByGrant(32);
      line.ready(new TestFlow('a', Infinity), new TestFlow('b', Infinity));
      const granted: string[] = [];
      for (let i = 0; i < 28; i += 1) {
        if (c.pending === 0) {
          line.says(c, 2);
        }
        granted.push(...line.next(1));
      }
      const half = Array.from({ length: 8 }, () => 'c2');
      const inTurn = 'c2';
      expect(granted).toEqual([
        ...half,
        'a32',
        'b32',
        inTurn,
        ...half,
        'a32',
        'b32',
        inTurn,
        ...half.slice(2),
      ]);
    });

    it('in every round anew, so that one that says little never waits for more than one turn of another', () => {
      const c = new TestFlow('c', 0);
      const line = new GrantByGrant(32);
      line.ready(...Array.from({ length: 4 }, (_, i) => new TestFlow(`busy${i}-`, Infinity)));
      for (let i = 0; i < 1000; i += 1) {
        line.says(c, 2); // 8 in a round
        expect(line.next(2)).toEqual(['c2', `busy${i % 4}-32`]);
      }
    });

    it('and goes to the end of such, when whoever receives its grant has it say more', () => {
      const line = new GrantByGrant(32);
      const [c, d] = [new TestFlow('c', 2), new TestFlow('d', 2)];
      line.ready(new TestFlow('a', Infinity), c, d);
      line.onGrant = (flow) => {
        if (flow === c && c.looks < 10) {
          line.says(c, 2);
        }
      };
      expect(line.next(3)).toEqual(['c2', 'd2', 'c2']);
    });

    it('also one that has had its turn, in the same round', () => {
      const c = new TestFlow('c', 14);
      const line = new GrantByGrant(32);
      line.ready(...Array.from({ length: 7 }, (_, i) => new TestFlow(`busy${i}-`, Infinity)), c);
      expect(line.next(8).at(-1)).toBe('c14');
      for (let i = 0; i < 1000; i += 1) {
        line.says(c, 2); // 14 in a round
        expect(line.next(2)).toEqual(['c2', `busy${i % 7}-32`]);
      }
    });

    it('unless that was all of its turn', () => {
      const [c, d] = [new TestFlow('c', 30), new TestFlow('d', 31)];
      const line = new GrantByGrant(32);
      line.ready(new TestFlow('a', Infinity), c, d);
      expect(line.next(3)).toEqual(['a32', 'c30', 'd31']);
      line.says(d, 2);
      line.says(c, 2);
      expect(line.next(3)).toEqual(['c2', 'a32', 'd2']);
    });

    it('but lets one whose turn has begun have all of it, when a quantum of such went before', () => {
      const line = new GrantByGrant(32);
      line.ready(new TestFlow('a', Infinity, Infinity, 8), new TestFlow('b', Infinity, Infinity, 8));
      line.ready(...Array.from({ length: 100 }, () => new TestFlow('c', 2)));
      const little = Array.from({ length: 16 }, () => 'c2');
      const [a, b] = ['a8', 'b8'].map((grant) => Array.from({ length: 4 }, () => grant));
      expect(line.next(40)).toEqual([...little, ...(a ?? []), ...little, ...(b ?? [])]);
    });

    it('at the expense of its next turn', () => {
      marbles(({ hot, expectObservable }) => {
        const c = new TestFlow('c', 0);
        const capacity$ = hot('1----1-1-1-1-1-1-1-');
        const ready$ = hot('   (ab)-c-c-----------', { ...busy(), c }).pipe(
          tap((flow) => {
            if (flow === c) {
              c.pending = c.looks === 0 ? 2 : 62;
            }
          }),
        );
        const result = '      s----t-u-v-w-x-y-z-';
        expectObservable(ready$.pipe(share(asBytes(capacity$), { quantum: 32 }))).toBe(result, {
          s: 'a32',
          t: 'c2',
          u: 'b32',
          v: 'a32',
          w: 'c30',
          x: 'b32',
          y: 'a32',
          z: 'c32',
        });
      });
    });

    it('to its end, though the capacity cuts it short', () => {
      marbles(({ hot, expectObservable }) => {
        const flows = { ...busy(), c: new TestFlow('c', 2, Infinity, 1) };
        const capacity$ = hot('1----1--1--1--');
        const ready$ = hot('   (ab)-c--------', flows);
        const result = '      w----x--y--z--';
        expectObservable(ready$.pipe(share(asBytes(capacity$), { quantum: 32 }))).toBe(result, {
          w: 'a32',
          x: 'c1',
          y: 'c1',
          z: 'b32',
        });
      });
    });

    it('unless it has nothing any more', () => {
      marbles(({ hot, expectObservable }) => {
        const flows = { ...busy(), c: new TestFlow('c', 2, 0) };
        const capacity$ = hot('1----1--1--');
        const ready$ = hot('   (ab)-c-----', flows);
        const result = '      x----y--z--';
        expectObservable(ready$.pipe(share(asBytes(capacity$), { quantum: 32 }))).toBe(result, {
          x: 'a32',
          y: 'b32',
          z: 'a32',
        });
      });
    });

    it.each([
      ['in one piece', Infinity],
      ['in pieces', 1],
    ])(
      'so that others come to their turn between a quantum of such, were each a new one, %s',
      (_, frameLimit) => {
        const quantum = 32;
        const sent = { busy: 0, little: 0 };
        const capacity$ = new Subject<number>();
        const ready$ = new Subject<TestFlow>();
        ready$
          .pipe(shareCapacity<TestFlow>(capacity$, { quantum, scheduler: queueScheduler }))
          .subscribe(({ flow, bytes }) => {
            flow.take(bytes);
            sent[flow.name as 'busy' | 'little'] += bytes;
          });
        const anotherTwo = (): void => {
          for (let i = 0; i < 2; i += 1) {
            ready$.next(new TestFlow('little', 2, Infinity, frameLimit));
          }
        };
        anotherTwo();
        ready$.next(new TestFlow('busy', Infinity));
        for (let i = 0; i < 1000; i += 1) {
          anotherTwo();
          capacity$.next(1);
        }
        expect(sent.little).toBeGreaterThan(quantum);
        expect(sent.busy).toBeGreaterThanOrEqual(sent.little - quantum);
      },
    );
  });

  it('gives busy flows the same number of bytes, within a quantum, and lets nobody wait for more than a round, whatever others say', () => {
    const QUANTUM = 64;
    const LITTLE = QUANTUM / 16;
    const frameLimit = fc.constantFrom(1, 7, QUANTUM - 1, QUANTUM, Infinity);
    const step = fc.oneof(
      { weight: 3, arbitrary: fc.record({ room: fc.integer({ min: 0, max: 3 * QUANTUM }) }) },
      {
        weight: 4,
        arbitrary: fc.record({ who: fc.nat(7), says: fc.integer({ min: 1, max: 2 * LITTLE }) }),
      },
      { weight: 1, arbitrary: fc.record({ who: fc.nat(7), says: fc.integer({ min: 1, max: 3 * QUANTUM }) }) },
    );
    fc.assert(
      fc.property(
        fc.array(frameLimit, { minLength: 2, maxLength: 4 }),
        fc.array(frameLimit, { minLength: 1, maxLength: 8 }),
        fc.array(step, { size: 'max', maxLength: 300 }),
        (busyLimits, others, steps) => {
          const busy = busyLimits.map((limit, i) => new TestFlow(`busy${i}`, Infinity, Infinity, limit));
          const sometimes = others.map((limit, i) => new TestFlow(`other${i}`, 0, Infinity, limit));
          const sent = new Map<TestFlow, number>();
          /** For each flow that waits: what each of the others has got since. */
          const waiting = new Map<TestFlow, Map<TestFlow, number>>();
          let longest = 0;
          let unequal = 0;
          const capacity$ = new Subject<number>();
          const ready$ = new Subject<TestFlow>();
          const becomesReady = (flow: TestFlow): void => {
            if (!waiting.has(flow)) {
              waiting.set(flow, new Map());
            }
            ready$.next(flow);
          };
          ready$
            .pipe(shareCapacity<TestFlow>(capacity$, { quantum: QUANTUM, scheduler: queueScheduler }))
            .subscribe(({ flow, bytes }) => {
              flow.take(bytes);
              sent.set(flow, (sent.get(flow) ?? 0) + bytes);
              waiting.delete(flow);
              for (const got of waiting.values()) {
                const sum = (got.get(flow) ?? 0) + bytes;
                got.set(flow, sum);
                longest = Math.max(longest, sum);
              }
              if (flow.pending > 0) {
                waiting.set(flow, new Map());
              }
            });
          for (const flow of busy) {
            becomesReady(flow);
          }
          for (const given of steps) {
            if ('room' in given) {
              capacity$.next(given.room);
            } else {
              const flow = sometimes[given.who % sometimes.length] ?? busy[0];
              if (flow !== undefined) {
                flow.pending += given.says;
                becomesReady(flow);
              }
            }
            const shares = busy.map((flow) => sent.get(flow) ?? 0);
            unequal = Math.max(unequal, Math.max(...shares) - Math.min(...shares));
          }
          expect(unequal).toBeLessThanOrEqual(QUANTUM);
          // The turn that was another's before, and what that was given out of turn since.
          expect(longest).toBeLessThanOrEqual(QUANTUM + LITTLE);
        },
      ),
      { numRuns: 500 },
    );
  });

  describe('does what its documentation draws', () => {
    const always = (name: string, weight = 16): TestFlow => new TestFlow(name, Infinity).with({ weight });

    it('of turns', () => {
      marbles(({ hot, expectObservable }) => {
        const ready$ = hot('   --(ab)------------', { a: new TestFlow('a', 4), b: new TestFlow('b', 4) });
        const capacity$ = hot('4---------4-------');
        const result = '       --(ab)----(ab)----';
        const values = { a: 'a2', b: 'b2' };
        expectObservable(ready$.pipe(share(asBytes(capacity$), { quantum: 2 }))).toBe(result, values);
      });
    });

    it('of weight', () => {
      marbles(({ hot, expectObservable }) => {
        const ready$ = hot('   (ab)--------------', { a: always('a', 16), b: always('b', 8) });
        const capacity$ = hot('-6-----6-----6----');
        const result = '       -(ab)--(ab)--(ab)-';
        const values = { a: 'a4', b: 'b2' };
        expectObservable(ready$.pipe(share(asBytes(capacity$), { quantum: 4 }))).toBe(result, values);
      });
    });

    it('of priority', () => {
      marbles(({ hot, expectObservable }) => {
        const x = new TestFlow('x', 4).with({ priority: 2 });
        const ready$ = hot('   (ab)---x----------', { a: always('a'), b: always('b'), x });
        const capacity$ = hot('-2--2--2--2--2--2-');
        const result = '       -a--b--x--x--a--b-';
        const values = { a: 'a2', b: 'b2', x: 'x2' };
        expectObservable(ready$.pipe(share(asBytes(capacity$), { quantum: 2 }))).toBe(result, values);
      });
    });

    it('of early service', () => {
      marbles(({ hot, expectObservable }) => {
        const q = new TestFlow('q', 0);
        const ready$ = hot('   (ab)-q--q---------', { a: always('a'), b: always('b'), q }).pipe(
          tap((flow) => {
            if (flow === q) {
              q.pending = 2;
            }
          }),
        );
        const capacity$ = hot('1----1--1--1--1---');
        const result = '       a----q--q--b--a---';
        const values = { a: 'a32', b: 'b32', q: 'q2' };
        expectObservable(ready$.pipe(share(asBytes(capacity$), { quantum: 32 }))).toBe(result, values);
      });
    });
  });

  it('completes when the source has completed and the last waiting flow has had its turn', () => {
    marbles(({ hot, expectObservable }) => {
      const capacity$ = hot('-2---2---');
      const ready$ = hot('   a-|------', { a: new TestFlow('a', 4) });
      const result = '      -x---(y|)';
      expectObservable(ready$.pipe(share(asBytes(capacity$), { quantum: 2 }))).toBe(result, {
        x: 'a2',
        y: 'a2',
      });
      expectObservable(hot<TestFlow>('--|').pipe(share(asBytes(hot('9')), {}))).toBe('--|');
    });
  });

  it('completes with the last grant, though there is no capacity left to look for others', () => {
    marbles(({ hot, expectObservable }) => {
      const flows = { a: new TestFlow('a', 32), b: new TestFlow('b', 8), c: new TestFlow('c', 2) };
      const capacity$ = hot('1---1-1---');
      const ready$ = hot('   (abc|)----', flows);
      const result = '      x---y-(z|)';
      expectObservable(ready$.pipe(share(asBytes(capacity$), { quantum: 32 }))).toBe(result, {
        x: 'c2',
        y: 'a32',
        z: 'b8',
      });
    });
  });

  it('errors with the source, and with the capacity', () => {
    marbles(({ hot, expectObservable }) => {
      expectObservable(hot<TestFlow>('--#').pipe(share(asBytes(hot('9')), {}))).toBe('--#');
      expectObservable(hot<TestFlow>('-----').pipe(share(asBytes(hot('9--#')), {}))).toBe('---#');
    });
  });

  it('does not subscribe to the source where the capacity has failed at once', () => {
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const ready$ = cold<TestFlow>('-----');
      const failed$ = throwError(() => 'error');
      expectObservable(ready$.pipe(share(failed$, {}))).toBe('#');
      expectSubscriptions(ready$.subscriptions).toBe([]);
    });
  });

  describe('errors, and lets go of both, where something throws:', () => {
    const mistake = new Error('mistake');
    const fail = (): never => {
      throw mistake;
    };

    it.each<[string, ShareCapacityOptions, string]>([
      ['the quantum', { quantum: fail }, '9'],
      ['the frame', { frame: fail }, '9'],
      ['early service', { early: fail }, '0'],
    ])('%s', (_, options, capacity) => {
      marbles(({ hot, expectObservable, expectSubscriptions }) => {
        const a = new TestFlow('a', 4);
        const capacity$ = hot(`${capacity}-----`);
        const ready$ = hot('      --a---', { a });
        const result = '         --#---';
        expectObservable(ready$.pipe(share(asBytes(capacity$), options))).toBe(result, undefined, mistake);
        expectSubscriptions(ready$.subscriptions).toBe('   ^-!');
        expectSubscriptions(capacity$.subscriptions).toBe('^-!');
      });
    });

    it('early service, asked for when the capacity changes', () => {
      const early = jest.fn<number, []>(() => 0);
      marbles(({ hot, expectObservable }) => {
        const a = new TestFlow('a', 4);
        const capacity$ = hot('0---0-').pipe(
          tap({
            next: () => {
              if (early.mock.calls.length > 0) {
                early.mockImplementation(fail);
              }
            },
          }),
        );
        const ready$ = hot('   --a---', { a });
        const result = '      ----#-';
        expectObservable(ready$.pipe(share(asBytes(capacity$), { early }))).toBe(result, undefined, mistake);
      });
    });

    it('a member of a flow', () => {
      marbles(({ hot, expectObservable }) => {
        const a = new TestFlow('a', 4);
        const broken = Object.defineProperty(new TestFlow('b', 4), 'credit', { get: fail });
        const ready$ = hot('--(ab)', { a, b: broken });
        const result = '   --(x#)';
        expectObservable(ready$.pipe(share(asBytes(hot('9')), {}))).toBe(result, { x: 'a4' }, mistake);
      });
    });
  });

  it('hands out nothing more once nobody listens, be it in the middle of a round', () => {
    marbles(({ hot, expectObservable, expectSubscriptions }) => {
      const a = new TestFlow('a', 8);
      const capacity$ = hot('9-----');
      const ready$ = hot('   a-----', { a });
      const result = '      (x|)--';
      expectObservable(ready$.pipe(share(asBytes(capacity$), { quantum: 2 }), take(1))).toBe(result, {
        x: 'a2',
      });
      expectSubscriptions(ready$.subscriptions).toBe('(^!)');
      expectSubscriptions(capacity$.subscriptions).toBe('(^!)');
    });
  });

  it('takes back a round that was due when nobody listens any more', () => {
    const a = new TestFlow('a', 8);
    marbles(({ hot, expectObservable }) => {
      const ready$ = hot('   -a----', { a });
      const unsubscribe = ' -!----';
      expectObservable(ready$.pipe(share(asBytes(hot('9')), {})), unsubscribe).toBe('------');
    });
    expect(a.pending).toBe(8);
  });

  it('can hand out at once, through a synchronous scheduler', () => {
    const ready$ = new Subject<TestFlow>();
    const grants: string[] = [];
    ready$.pipe(share(of(9), { scheduler: queueScheduler })).subscribe((grant) => {
      grants.push(grant);
    });
    ready$.next(new TestFlow('a', 3));
    ready$.next(new TestFlow('b', 3));
    expect(grants).toEqual(['a3', 'b3']);
  });

  it('refuses an option that does not exist', () => {
    expect(() => shareCapacity(new Subject<number>(), { quantums: 1 } as ShareCapacityOptions)).toThrow(
      new TypeError('options.quantums is not an option (did you mean quantum?)'),
    );
  });

  it.each([0, -1, 1.5, NaN, Infinity])('refuses a quantum of %p', (quantum) => {
    expect(() => shareCapacity(new Subject<number>(), { quantum })).toThrow(
      new RangeError(`options.quantum must be a whole number from 1, got ${quantum}`),
    );
  });
});
