import { Duplex } from 'node:stream';
import { firstValueFrom } from 'rxjs';
import { Mux, toDuplex } from 'rxmux';
import { reportSamples } from './report-samples.js';

/** HANDSHAKE 5, with a window of 256 bytes. */
const PEERS_HANDSHAKE = Buffer.from([0, 0, 0, 9, 1, 0, 0, 0, 5, 0, 0, 1, 0]);

const [, , count = ''] = process.argv;

const endings: ((mux: Mux, carrier: Duplex) => void)[] = [
  (mux) => {
    mux.destroy();
  },
  (mux) => {
    mux.destroy(new Error('no more'));
  },
  (_, carrier) => carrier.destroy(),
  (_, carrier) => carrier.destroy(new Error('cable cut')),
  (mux, carrier) => {
    void mux.close();
    for (const channel of mux.openChannels.values()) {
      channel.destroy();
    }
    carrier.push(null);
  },
];

/** A mux with a channel of each side's, one of them a Duplex, comes and goes. */
async function comeAndGo(n: number): Promise<void> {
  const carrier = new Duplex({
    read: () => undefined,
    write: (_chunk, _encoding, callback) => {
      callback();
    },
  });
  carrier.on('error', () => undefined);
  const mux = new Mux(carrier, { keepAliveTimeout: 600_000 });
  toDuplex(mux.open('hello'))
    .on('error', () => undefined)
    .write('a few bytes');
  carrier.push(PEERS_HANDSHAKE);
  mux.channels$.subscribe({
    next: ({ inbound$ }) => inbound$.subscribe({ error: () => undefined }),
    error: () => undefined,
  });
  const closed = firstValueFrom(mux.closed$, { defaultValue: undefined });
  endings[n % endings.length]?.(mux, carrier);
  await closed;
}

await reportSamples(Number(count), async (muxes) => {
  for (let n = 0; n < muxes; n += 1) {
    await comeAndGo(n);
  }
});
