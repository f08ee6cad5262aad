import * as fc from 'fast-check';
import { asBytes, marbles, share, TestFlow } from './support/flows.js';
import { GrantByGrant } from './support/grant-by-grant.js';

// A capacity of 1 is used up by one grant, whatever its size: one marble of `capacity`, one grant.

/** A flow that always has something to send. */
const busy = (name: string, weight?: number, frameLimit = Infinity): TestFlow =>
  new TestFlow(name, Infinity, Infinity, frameLimit).with(weight === undefined ? {} : { weight });

describe('shareCapacity, with weights,', () => {
  it('gives turns of a sixteenth of the quantum for each unit of weight, of which 16 is the default', () => {
    marbles(({ hot, expectObservable }) => {
      const flows = { a: busy('a', 1), b: busy('b', 8), c: busy('c', 16), d: busy('d') };
      const capacity$ = hot('-1-1-1-1-1-');
      const ready$ = hot('   (abcd)-----', flows);
      const result = '      -v-w-x-y-v-';
      expectObservable(ready$.pipe(share(asBytes(capacity$), { quantum: 32 }))).toBe(result, {
        v: 'a2',
        w: 'b16',
        x: 'c32',
        y: 'd32',
      });
    });
  });

  it('gives long turns in grants of a quantum, so that a small buffer gets no more than that beyond its size', () => {
    marbles(({ hot, expectObservable }) => {
      const capacity$ = hot('-1-1-1-1-1-');
      const ready$ = hot('   (ab)-------', { a: busy('a', 40), b: busy('b') });
      const result = '      -x-x-y-z-x-';
      expectObservable(ready$.pipe(share(asBytes(capacity$), { quantum: 32 }))).toBe(result, {
        x: 'a32',
        y: 'a16',
        z: 'b32',
      });
    });
  });

  it('gives at least one byte', () => {
    const line = new GrantByGrant(8);
    line.ready(busy('a', 1), busy('b'));
    expect(line.next(4)).toEqual(['a1', 'b8', 'a1', 'b8']);
  });

  it.each([
    [0, 1],
    [-7, 1],
    [NaN, 1],
    [257, 256],
    [Infinity, 256],
  ])('takes %p for %p', (given, taken) => {
    const line = new GrantByGrant(16);
    const sent = new Map<string, number>();
    line.ready(busy('given', given), busy('taken', taken));
    line.onGrant = ({ name }, bytes) => {
      sent.set(name, (sent.get(name) ?? 0) + bytes);
    };
    line.take(10 * 2 * taken);
    expect([...sent.values()]).toEqual([10 * taken, 10 * taken]);
  });

  it('lets one of a small weight be served early until it has had half of its turn', () => {
    const line = new GrantByGrant(64);
    const c = new TestFlow('c', 2).with({ weight: 1 }); // a turn of 4
    line.ready(busy('a'), busy('b'), c);
    expect(line.next(1)).toEqual(['c2']);
    line.says(c, 2);
    expect(line.next(3)).toEqual(['a64', 'b64', 'c2']);
  });

  it('takes a change into account at the next turn', () => {
    const line = new GrantByGrant(32);
    const [a, b] = [busy('a'), busy('b')];
    line.ready(a, b);
    expect(line.next(2)).toEqual(['a32', 'b32']);
    a.weight = 4;
    b.weight = 32;
    expect(line.next(4)).toEqual(['a8', 'b32', 'b32', 'a8']);
  });

  it('takes a change into account in the middle of a turn that was cut short', () => {
    const line = new GrantByGrant(32);
    const [a, b, c] = [busy('a', 16, 8), busy('b', 16, 8), busy('c', 16, 32)];
    line.ready(a, b, c);
    expect(line.next(2)).toEqual(['a8', 'a8']);
    a.weight = 4; // it has had more than that
    expect(line.next(1)).toEqual(['b8']);
    b.weight = 8;
    expect(line.next(3)).toEqual(['b8', 'c32', 'a8']);
  });

  it('lets the receiver of a grant change the weight', () => {
    const line = new GrantByGrant(32);
    const [a, b] = [busy('a'), busy('b')];
    line.ready(a, b);
    line.onGrant = (flow) => {
      flow.weight = 8;
    };
    expect(line.next(4)).toEqual(['a32', 'b32', 'a16', 'b16']);
  });

  it('gives busy flows bytes by weight, within a turn of each, whatever the size of their frames and of the capacity', () => {
    const QUANTUM = 64;
    const kind = fc.record({
      weight: fc.oneof(fc.constantFrom(1, 3, 16, 256), fc.integer({ min: 1, max: 256 })),
      frameLimit: fc.constantFrom(1, 7, QUANTUM - 1, QUANTUM, Infinity),
    });
    const little = fc.record({ who: fc.nat(3), says: fc.integer({ min: 1, max: 8 }) });
    const room = fc.record({ room: fc.integer({ min: 1, max: 10 * QUANTUM }) });
    fc.assert(
      fc.property(
        fc.array(kind, { minLength: 2, maxLength: 5 }),
        fc.array(fc.oneof({ weight: 2, arbitrary: room }, { weight: 1, arbitrary: little }), {
          size: 'max',
          maxLength: 100,
        }),
        (kinds, steps) => {
          const sent = new Map<TestFlow, number>();
          const flows = kinds.map(({ weight, frameLimit }, i) => busy(`${i}-`, weight, frameLimit));
          const others = Array.from({ length: 4 }, (_, i) => new TestFlow(`little${i}-`, 0));
          let unequal = 0;
          const line = new GrantByGrant(QUANTUM);
          line.onGrant = (flow, bytes) => {
            sent.set(flow, (sent.get(flow) ?? 0) + bytes);
            const turns = flows.map((one) => (sent.get(one) ?? 0) / ((QUANTUM * (one.weight ?? 16)) / 16));
            unequal = Math.max(unequal, Math.max(...turns) - Math.min(...turns));
          };
          line.ready(...flows);
          for (const given of steps) {
            const other = 'who' in given ? others[given.who] : undefined;
            if ('room' in given) {
              line.take(given.room);
            } else if (other !== undefined) {
              line.says(other, given.says);
            }
          }
          expect(unequal).toBeLessThanOrEqual(1);
        },
      ),
      { numRuns: 200 },
    );
  });
});
