import { of, queueScheduler, Subject, take, tap } from 'rxjs';
import { shareCapacity } from '../src/index.js';
import { asBytes, marbles, share, TestFlow } from './support/flows.js';

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

  it('errors with the source, and with the capacity', () => {
    marbles(({ hot, expectObservable }) => {
      expectObservable(hot<TestFlow>('--#').pipe(share(asBytes(hot('9')), {}))).toBe('--#');
      expectObservable(hot<TestFlow>('-----').pipe(share(asBytes(hot('9--#')), {}))).toBe('---#');
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

  it.each([0, -1, 1.5, NaN, Infinity])('refuses a quantum of %p', (quantum) => {
    expect(() => shareCapacity(new Subject<number>(), { quantum })).toThrow(
      new RangeError(`quantum must be a whole number of bytes from 1, got ${quantum}`),
    );
  });
});
