import { TaskClock } from '../../src/reactive/task-clock.js';
import { turn } from '../support/test-carrier.js';

/** A clock that goes on by 1.5 ms each time that it is looked at, from 100 ms on. */
function ticking(): { now: () => number } {
  let time = 98.5;
  return { now: () => (time += 1.5) };
}

describe('TaskClock', () => {
  it('looks at the other clock once in a task', async () => {
    const clock = new TaskClock(ticking());
    expect([clock.now(), clock.now()]).toEqual([101.5, 101.5]);
    await turn();
    expect([clock.now(), clock.now()]).toEqual([103, 103]);
  });

  it('tells its age in whole ms, by the same look', async () => {
    const clock = new TaskClock(ticking());
    expect([clock.age(), clock.now(), clock.age()]).toEqual([1, 101.5, 1]);
    await turn();
    expect([clock.now(), clock.age()]).toEqual([103, 3]);
    await turn();
    expect(clock.age()).toBe(4);
  });
});
