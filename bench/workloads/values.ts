import type { CallWorkload } from './workload.js';

/**
 * Streams of orders that the far end gives as fast as the near end takes them, one stream after the other. They end, since
 * not everybody holds back what gives them.
 */
export const values: CallWorkload = {
  name: 'values',
  title: 'Values: objects of 60 bytes, in streams one after the other',
  uses: 'values',
  parameter: { name: 'values of a stream', values: [10_000], label: (value) => `streams of ${value}` },
  figures: [
    {
      name: 'rate',
      title: 'Values per second',
      unit: 'thousand/s',
      better: 'more',
      comparedWith: ['remote-tcp', 'remote-ws'],
    },
  ],
  time: { warmUpSeconds: 1, seconds: 2 },
  async run(caller, { value, warmUpSeconds, seconds }) {
    const connection = await caller.connect();
    const stream = async (): Promise<void> => {
      let expected = 0;
      await connection.values(value, ({ id }) => {
        if (id !== expected) {
          throw new Error(`value ${id} comes in the place of ${expected}`);
        }
        expected += 1;
      });
      if (expected !== value) {
        throw new Error(`${expected} values have come of ${value}`);
      }
    };
    const warmAt = performance.now() + 1000 * warmUpSeconds;
    while (performance.now() < warmAt) {
      await stream();
    }
    const begunAt = performance.now();
    let elapsed = 0;
    let streams = 0;
    while (elapsed < seconds) {
      await stream();
      streams += 1;
      elapsed = (performance.now() - begunAt) / 1000;
    }
    return { rate: (streams * value) / elapsed / 1000 };
  },
};
