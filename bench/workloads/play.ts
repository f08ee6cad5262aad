import { setTimeout as sleep } from 'node:timers/promises';
import type { Time } from '../case.js';
import type { Channel } from '../peer.js';
import { percentile } from './percentile.js';

const PING = Buffer.alloc(32, 'x');

/** Sends 32 bytes there and back, one at a time: the times that takes after the warm-up, in µs. */
export async function timesOf(channel: Channel, { warmUpSeconds, seconds }: Time) {
  const timing = play(channel);
  await sleep(1000 * warmUpSeconds);
  timing.restart();
  await sleep(1000 * seconds);
  const times = timing.microseconds();
  return {
    median: percentile(times, 0.5),
    p99: percentile(times, 0.99),
    max: percentile(times, 1),
    count: times.length,
  };
}

/** Plays for ever. */
function play({ near, far }: Channel): { restart(): void; microseconds(): readonly number[] } {
  let times: number[] = [];
  let sentAt = 0;
  const elapsed = () => 1000 * (performance.now() - sentAt);
  const serve = () => {
    sentAt = performance.now();
    near.write(PING);
  };
  onEach(far, () => {
    far.write(PING);
  });
  onEach(near, () => {
    times.push(elapsed());
    serve();
  });
  serve();
  return {
    restart: () => {
      times = [];
    },
    // Where not one has come back, that one has taken at least so long.
    microseconds: () => (times.length === 0 ? [elapsed()] : times),
  };
}

/** Calls `listener` for each ping that has arrived as a whole. */
function onEach(end: Channel['near'], listener: () => void): void {
  let received = 0;
  end.onBytes((bytes) => {
    received += bytes;
    if (received === PING.length) {
      received = 0;
      listener();
    }
  });
}
