import { BPMux } from 'bpmux';
import { once } from 'node:events';
import type { ServerHttp2Stream } from 'node:http2';
import type { Duplex } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { Mux, toDuplex } from '../../src/index.js';
import { connectPairs, disconnectPairs } from '../support/http2-pairs.js';
import { bytesNamed, sha256 } from './support.js';

/** Both ends of one HTTP/2 stream: ordinary Duplexes, and so ordinary carriers. */
async function stream(): Promise<[Duplex, Duplex]> {
  const [near, far] = await connectPairs();
  const asked = once(far.server, 'stream') as Promise<[ServerHttp2Stream]>;
  const request = near.client.request({ ':method': 'POST', ':path': '/' }, { endStream: false });
  const [answer] = await asked;
  answer.respond();
  return [request, answer];
}

describe('an HTTP/2 stream as carrier', () => {
  afterEach(disconnectPairs);

  const bytes = bytesNamed('bytes', 1_000_000);

  it('carries the channels of two rxmuxes, and ends with them', async () => {
    const [near, far] = (await stream()).map((carrier) => new Mux(carrier)) as [Mux, Mux];
    far.channels$.subscribe((channel) => channel.inbound$.subscribe(channel.outbound$));
    const duplexes = Array.from({ length: 5 }, () => toDuplex(near.open()));
    const echoes = duplexes.map((duplex) => buffer(duplex.end(bytes)));
    expect((await Promise.all(echoes)).map(sha256)).toEqual(duplexes.map(() => sha256(bytes)));
    await Promise.all([near.close(), far.close()]);
  });

  it('carries channels between rxmux and bpmux', async () => {
    const [near, far] = await stream();
    const rxmux = new Mux(near);
    const bpmux = new BPMux(far, { coalesce_writes: true });
    bpmux.on('peer_multiplex', (duplex) => {
      duplex.pipe(duplex);
    });
    const duplex = toDuplex(rxmux.open());
    expect(sha256(await buffer(duplex.end(bytes)))).toBe(sha256(bytes));
    far.end(); // bpmux leaves it to its user to answer the end of the carrier
    await rxmux.close();
  });
});
