import { delayedLink } from '../delayed-link.js';
import { median } from '../median.js';
import type { Connection } from '../peer.js';
import type { ChannelWorkload } from './workload.js';

const BITS_PER_SECOND = 1e9;
const REQUEST = Buffer.alloc(32, 'x');
const TIMES = 5;

/** How long it takes over a long line to open a channel, ask something on it and have the answer, once all is set up. */
export const openDelay: ChannelWorkload = {
  name: 'open-delay',
  title: 'Open, delay: a channel opened, a request and its answer over a long line, default settings',
  parameter: {
    name: 'delay each way',
    values: [50],
    label: (value) => `${value} ms`,
  },
  figures: [
    {
      name: 'roundTrips',
      title: 'Round trips from opening to the answer',
      unit: 'round trips',
      better: 'less',
      comparedWith: ['http2'],
    },
  ],
  time: { warmUpSeconds: 0, seconds: 0.1 },
  channels: () => 2, // none of those without channels opens any
  async run(peer, { value }) {
    const connection = peer.connect(
      delayedLink({ delayMs: value, bitsPerSecond: BITS_PER_SECOND }),
      'defaults',
    );
    await ask(connection); // the connection is set up, and the code compiled
    const times: number[] = [];
    while (times.length < TIMES) {
      times.push(await ask(connection));
    }
    return { roundTrips: median(times) / (2 * value) };
  },
};

/** Resolves with the milliseconds that it takes. */
function ask(connection: Connection): Promise<number> {
  return new Promise((resolve, reject) => {
    const begin = performance.now();
    let left = REQUEST.length;
    connection
      .open((near) => {
        near.onBytes((bytes) => {
          left -= bytes;
          if (left === 0) {
            resolve(performance.now() - begin);
          }
        });
        near.write(REQUEST);
      })
      .then(({ far }) => {
        far.onBytes(() => {
          far.write(REQUEST);
        });
      })
      .catch(reject);
  });
}
