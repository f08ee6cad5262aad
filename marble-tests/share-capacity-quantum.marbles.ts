import { BehaviorSubject, Subject, VirtualTimeScheduler } from 'rxjs';
import { asBytes, marbles, share, TestFlow } from './support/flows.js';
import { GrantByGrant } from './support/grant-by-grant.js';

// A capacity of 1 is used up by one grant, whatever its size: one marble of `capacity`, one grant.

const busy = (name: string): TestFlow => new TestFlow(name, Infinity, Infinity);

describe('shareCapacity, with a quantum that changes,', () => {
  it('reads it at each turn', () => {
    marbles(({ hot, expectObservable }) => {
      const quantum$ = hot('   3-----1--', { 3: 32, 1: 8 });
      const capacity$ = hot('-1-1---1-1');
      const ready$ = hot('   (ab)------', { a: busy('a'), b: busy('b') });
      const result = '      -x-y---z-v';
      let quantum = 0;
      quantum$.subscribe((bytes) => {
        quantum = bytes;
      });
      expectObservable(ready$.pipe(share(asBytes(capacity$), { quantum: () => quantum }))).toBe(result, {
        x: 'a32',
        y: 'b32',
        z: 'a8',
        v: 'b8',
      });
    });
  });

  it.each([0, -1, NaN])('takes %p for 1', (bytes) => {
    const line = new GrantByGrant(() => bytes, { frame: () => bytes });
    line.ready(busy('a'), busy('b'));
    expect(line.next(3)).toEqual(['a1', 'b1', 'a1']);
  });

  it('goes on where it has become less than a flow was given already', () => {
    let quantum = 64;
    const line = new GrantByGrant(() => quantum, { frame: () => 32 });
    line.ready(busy('a'), busy('b'));
    expect(line.next(1)).toEqual(['a32']);
    quantum = 16;
    expect(line.next(4)).toEqual(['b16', 'a16', 'b16', 'a16']);
  });

  it('takes 4 KiB for little, but no more than half of a turn', () => {
    let quantum = 65_536;
    const line = new GrantByGrant(() => quantum);
    const [large, small] = [new TestFlow('l', 4096), new TestFlow('s', 2048)];
    line.ready(busy('a'), busy('b'), large);
    expect(line.next(1)).toEqual(['l4096']);
    quantum = 4096;
    line.ready(new TestFlow('m', 4096), small);
    expect(line.next(3)).toEqual(['s2048', 'a4096', 'b4096']);
  });

  it('gives frames of the size that is wanted, and turns of a quantum', () => {
    marbles(({ hot, expectObservable }) => {
      const capacity$ = hot('-1-1-1-1-1-');
      const ready$ = hot('   (ab)-------', { a: busy('a'), b: busy('b') });
      const result = '      -x-x-y-y-x-';
      const options = { quantum: 32, frame: () => 16 };
      expectObservable(ready$.pipe(share(asBytes(capacity$), options))).toBe(result, { x: 'a16', y: 'b16' });
    });
  });

  it('tells who chooses the frame what a flow has ready that is alone, and 0 of others', () => {
    const told: number[] = [];
    const frame = (alone: number): number => {
      told.push(alone);
      return Math.max(16, alone);
    };
    const result: string[] = [];
    const [capacity$, ready$] = [new BehaviorSubject(100), new Subject<TestFlow>()];
    const scheduler = new VirtualTimeScheduler();
    const options = { quantum: 64, frame, scheduler };
    ready$.pipe(share(capacity$, options)).subscribe((grant) => result.push(grant));
    const give = (...flows: readonly TestFlow[]): unknown[] => {
      result.length = 0;
      told.length = 0;
      capacity$.next(100);
      flows.forEach((flow) => {
        ready$.next(flow);
      });
      scheduler.flush();
      return [told, result];
    };
    expect(give(new TestFlow('a', 40))).toEqual([[40], ['a40']]);
    expect(give(new TestFlow('a', 90))).toEqual([
      [90, 26],
      ['a64', 'a26'], // no more than a quantum
    ]);
    expect(give(new TestFlow('a', 40, 30))).toEqual([[30], ['a30']]);
    expect(give(new TestFlow('a', 20), new TestFlow('b', 30))).toEqual([
      [0, 30],
      ['a16', 'a4', 'b30'], // b is the last one
    ]);
    expect(give(new TestFlow('a', 110))[1]).toEqual(['a64', 'a46']); // more than the capacity
  });

  it('gives no frame of more than a quantum, though larger ones are wanted, and turns are longer', () => {
    marbles(({ hot, expectObservable }) => {
      const capacity$ = hot('-1-1-1-');
      const ready$ = hot('   a------', { a: busy('a').with({ weight: 32 }) });
      const result = '      -x-x-x-';
      const options = { quantum: 32, frame: () => 100 };
      expectObservable(ready$.pipe(share(asBytes(capacity$), options))).toBe(result, { x: 'a32' });
    });
  });
});
