import { setTimeout as sleep } from 'node:timers/promises';
import { connectOverLoopback } from '../connect-over-loopback.js';
import type { Channel } from '../peer.js';
import type { ChannelWorkload } from './workload.js';

const BYTE = Buffer.alloc(1, 'x');

/** The whole life of short channels: opened, one byte each way, ended both ways, gone at both ends; many at a time. */
export const open: ChannelWorkload = {
  name: 'open',
  title: 'Open: channels opened, used for one byte each way, and closed',
  parameter: {
    name: 'at a time',
    values: [100],
    label: (value) => `${value} at a time`,
  },
  figures: [
    {
      name: 'rate',
      title: 'Channels per second',
      unit: 'channels/s',
      better: 'more',
      comparedWith: ['http2'],
    },
  ],
  time: { warmUpSeconds: 2, seconds: 1 },
  channels: (value) => value,
  async run(peer, { value, warmUpSeconds, seconds }) {
    const connection = await connectOverLoopback(peer);
    let gone = 0;
    const goOn = async (): Promise<never> => {
      for (;;) {
        await useOnce(await connection.open());
        gone += 1;
      }
    };
    const lanes = Promise.all(Array.from({ length: value }, goOn));
    await Promise.race([lanes, sleep(1000 * warmUpSeconds)]);
    const goneBefore = gone;
    const begin = performance.now();
    await Promise.race([lanes, sleep(1000 * seconds)]);
    return { rate: (gone - goneBefore) / ((performance.now() - begin) / 1000) };
  },
};

/** Resolves when both ends are gone. */
function useOnce({ near, far }: Channel): Promise<void> {
  return new Promise((resolve) => {
    let isOneGone = false;
    const onGone = (): void => {
      if (isOneGone) {
        resolve();
      }
      isOneGone = true;
    };
    near.onClosed(onGone);
    far.onClosed(onGone);
    far.onBytes(() => {
      far.write(BYTE);
      far.end();
    });
    near.onBytes(() => {
      near.end();
    });
    near.write(BYTE);
  });
}
