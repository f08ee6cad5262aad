import { Subject, take } from 'rxjs';
import { shareCapacity, type ShareCapacityOptions } from '../src/index.js';
import { TestFlow } from './support/flows.js';
import { GrantByGrant } from './support/grant-by-grant.js';

const busy = (name: string, priority?: number): TestFlow => {
  const flow = new TestFlow(name, Infinity, Infinity);
  flow.priority = priority;
  return flow;
};

/** The capacity has been used up, and busy flows wait for more; so many bytes may be granted early. */
function usedUp(early: number): { readonly line: GrantByGrant; readonly early: () => number } {
  let left = early;
  const line = new GrantByGrant(() => 65_536, { frame: () => 1000, early: () => left });
  line.ready(busy('a'), busy('b'));
  expect(line.take(3000)).toEqual(['a1000', 'a1000', 'a1000']);
  line.onGrant = (_flow, bytes) => {
    left -= bytes;
  };
  return { line, early: () => left };
}

describe('shareCapacity, where more may be granted early than there is capacity,', () => {
  it('grants it to those who have little to say, and nothing to others', () => {
    const { line, early } = usedUp(5000);
    line.ready(new TestFlow('q', 50), busy('c'), new TestFlow('r', 1500));
    expect(line.take(0)).toEqual(['q50', 'r1000', 'r500']);
    expect(early()).toBe(3450);
  });

  it('grants no more than that: then they wait for capacity, and go first', () => {
    const { line } = usedUp(1200);
    line.ready(new TestFlow('q', 2000), new TestFlow('r', 50));
    expect(line.take(0)).toEqual(['q1000', 'q1000']); // the last one may exceed it
    expect(line.take(0)).toEqual([]);
    expect(line.take(100)).toEqual(['r50', 'a1000']);
  });

  it('grants nothing to a priority while those of another one, who go before it, wait for capacity', () => {
    const { line } = usedUp(5000);
    line.ready(busy('x', 0));
    const question = new TestFlow('q', 50);
    question.priority = 7;
    line.ready(question);
    expect(line.take(0)).toEqual([]);
    const first = new TestFlow('f', 50);
    first.priority = 0;
    line.ready(first);
    expect(line.take(0)).toEqual(['f50']);
  });

  it('grants nothing more when nobody listens', () => {
    const ready$ = new Subject<TestFlow>();
    const capacity$ = new Subject<number>();
    const granted: number[] = [];
    const options: ShareCapacityOptions = { early: () => 1 };
    ready$
      .pipe(shareCapacity<TestFlow>(capacity$, options), take(1))
      .subscribe(({ bytes }) => granted.push(bytes)); // and takes nothing: there is always more
    ready$.next(new TestFlow('q', 50));
    capacity$.next(0);
    return Promise.resolve().then(() => {
      expect(granted).toEqual([50]);
    });
  });

  it('says what it cannot take', () => {
    expect(() => shareCapacity(new Subject<number>(), { early: 5 as never })).toThrow(
      new TypeError('options.early must be a function, got 5'),
    );
  });
});
