import { delayedLink } from '../delayed-link.js';
import { median } from '../median.js';
import type { CarrierPair, ChannelEnd } from '../peer.js';
import type { ChannelWorkload } from './workload.js';

const BITS_PER_SECOND = 1e9;
const TIMES = 5;
const BYTE = Buffer.alloc(1, 'x');

/** How soon a session goes on after its connection was cut, from when the next one is there: both sides have something to say. */
export const cut: ChannelWorkload = {
  name: 'cut',
  title: 'Cut: from the next connection over a long line to the first new byte',
  parameter: {
    name: 'delay each way',
    values: [50],
    label: (value) => `${value} ms`,
  },
  figures: [
    {
      name: 'served',
      title: 'Round trips until the side that connects has a byte',
      unit: 'round trips',
      better: 'less',
      comparedWith: [],
    },
    {
      name: 'connecting',
      title: 'Round trips until the side that is connected to has one',
      unit: 'round trips',
      better: 'less',
      comparedWith: [],
    },
  ],
  time: { warmUpSeconds: 0, seconds: 0.1 },
  survivorsOnly: true,
  channels: () => 1,
  async run({ survive }, { value }) {
    if (survive === undefined) {
      throw new RangeError('the peer does not survive its connection');
    }
    let link: CarrierPair | undefined;
    let madeAt = 0;
    const connection = survive(() => {
      link = delayedLink({ delayMs: value, bitsPerSecond: BITS_PER_SECOND });
      madeAt = performance.now();
      return link;
    });
    const { near, far } = await connection.open();
    const [atNear, atFar] = [new Arrivals(near), new Arrivals(far)];
    const exchange = async (): Promise<[number, number]> => {
      near.write(BYTE);
      far.write(BYTE);
      const [here, there] = await Promise.all([atNear.next(), atFar.next()]);
      return [here - madeAt, there - madeAt];
    };
    await exchange(); // the code is compiled
    const times: [number, number][] = [];
    while (times.length < TIMES) {
      link?.near.destroy();
      link?.far.destroy();
      times.push(await exchange());
    }
    return {
      served: median(times.map(([here]) => here)) / (2 * value),
      connecting: median(times.map(([, there]) => there)) / (2 * value),
    };
  },
};

/** When bytes come to an end of a channel. */
class Arrivals {
  #arrived: (time: number) => void = () => undefined;

  constructor(end: ChannelEnd) {
    end.onBytes(() => {
      this.#arrived(performance.now());
    });
  }

  /** When the next one has. */
  next(): Promise<number> {
    return new Promise((resolve) => {
      this.#arrived = resolve;
    });
  }
}
