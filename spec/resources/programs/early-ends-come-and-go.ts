import { Duplex } from 'node:stream';
import { setImmediate } from 'node:timers/promises';
import { Mux } from 'rxmux';
import { reportSamples } from './report-samples.js';

/** Channels that are opened together. */
const TOGETHER = 100;

const [, , count = ''] = process.argv;

const carrier = new Duplex({
  read: () => undefined,
  write: (_chunk, _encoding, callback) => {
    callback();
  },
});
const mux = new Mux(carrier);
mux.channels$.subscribe(({ inbound$, outbound$ }) => inbound$.subscribe(outbound$));

/** END, and then the HANDSHAKE: a bpmux peer's way of opening a channel that it ends at once. */
function endedFirst(channel: number): Buffer {
  const bytes = Buffer.from([0, 0, 0, 5, 0, 0, 0, 0, 0, 0, 0, 0, 9, 1, 0, 0, 0, 0, 0, 0, 1, 0]);
  bytes.writeUInt32BE(channel, 5);
  bytes.writeUInt32BE(channel, 14);
  return bytes;
}

let opened = 0;

await reportSamples(Number(count), async (channels) => {
  for (const end = opened + channels; opened < end;) {
    for (let i = 0; i < TOGETHER; i += 1, opened += 1) {
      carrier.push(endedFirst(opened));
    }
    await setImmediate();
    if (mux.openChannels.size > 0) {
      throw new Error('channels stay that both sides have ended');
    }
  }
});
mux.destroy();
