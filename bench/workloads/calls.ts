import { order } from '../caller.js';
import { percentile } from './percentile.js';
import type { CallWorkload } from './workload.js';

/** Orders that are answered with the same: one at a time, and many. */
export const calls: CallWorkload = {
  name: 'calls',
  title: 'Calls: an object of 60 bytes there and back',
  uses: 'echo',
  parameter: { name: 'calls at once', values: [1, 100], label: (value) => `${value} at a time` },
  figures: [
    { name: 'rate', title: 'Calls per second', unit: '1/s', better: 'more', comparedWith: ['remote-ws'] },
    {
      name: 'median',
      title: 'Median time of a call',
      unit: 'µs',
      better: 'less',
      comparedWith: ['remote-ws'],
    },
    {
      name: 'p99',
      title: 'Time that 99 of 100 calls stay below',
      unit: 'µs',
      better: 'less',
      comparedWith: [],
    },
  ],
  time: { warmUpSeconds: 1, seconds: 2 },
  async run(caller, { value, warmUpSeconds, seconds }) {
    const connection = await caller.connect();
    const startsAt = performance.now() + 1000 * warmUpSeconds;
    const endsAt = startsAt + 1000 * seconds;
    const times: number[] = [];
    let next = 0;
    const callOnAndOn = async (): Promise<void> => {
      for (let now = performance.now(); now < endsAt;) {
        const given = order(next++);
        const { id } = await connection.echo(given);
        if (id !== given.id) {
          throw new Error(`${id} is the answer to ${given.id}`);
        }
        const since = now;
        now = performance.now();
        if (since >= startsAt && now < endsAt) {
          times.push(1000 * (now - since));
        }
      }
    };
    await Promise.all(Array.from({ length: value }, callOnAndOn));
    return {
      rate: times.length / seconds,
      median: percentile(times, 0.5),
      p99: percentile(times, 0.99),
      max: percentile(times, 1),
    };
  },
};
