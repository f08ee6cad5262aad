import { once } from 'node:events';
import {
  connect as connectHttp2,
  createServer as createHttp2Server,
  type ServerHttp2Stream,
} from 'node:http2';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { firstValueFrom } from 'rxjs';
import { CarrierEndedError, Mux } from '../../src/index.js';
import { bytesNamed, sha256 } from '../interop/support.js';
import { listen } from '../support/listen.js';
import { pairOn, streamOf } from './pair.js';

const closers: (() => unknown)[] = [];

afterEach(async () => {
  for (const close of closers.splice(0)) {
    await close();
  }
});

/** The two ends of a loopback TCP connection. */
async function tcp(allowHalfOpen: boolean): Promise<[Socket, Socket]> {
  const server = createServer({ allowHalfOpen }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const near = connect({ port, host: '127.0.0.1', allowHalfOpen });
  const [far] = (await once(server, 'connection')) as [Socket];
  closers.push(async () => {
    near.destroy();
    far.destroy();
    server.close();
    await once(server, 'close');
  });
  return [near, far];
}

/** The two ends of an HTTP/2 stream. */
async function http2(): Promise<[Duplex, Duplex]> {
  const server = createHttp2Server().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const client = connectHttp2(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  const near = client.request({ ':method': 'POST' }, { endStream: false });
  const [far] = (await once(server, 'stream')) as [ServerHttp2Stream];
  far.respond();
  closers.push(async () => {
    client.destroy();
    server.close();
    await once(server, 'close');
  });
  return [near, far];
}

describe.each([true, false])('a TCP connection as carrier (allowHalfOpen: %s)', (allowHalfOpen) => {
  it('is ended by rxmux where the peer has ended it, and all who wait are told', async () => {
    const [near, far] = await tcp(allowHalfOpen);
    const { rxmux, multiplex } = pairOn([near, far]);
    const arrival = firstValueFrom(rxmux.channels$);
    multiplex();
    const channel = await arrival;
    const carrierEnded = [expect.any(CarrierEndedError)];
    const closed = firstValueFrom(rxmux.closed$);
    far.end();
    await closed;
    expect(listen(channel.closed$)).toEqual(carrierEnded);
    expect(listen(channel.closed$)).toEqual([expect.objectContaining({ carrierDone: true })]);
    expect(listen(rxmux.channels$)).toEqual(['complete']);
    expect(() => rxmux.open()).toThrow('no channel can be opened');
    await (near.closed ? undefined : once(near, 'close'));
  });

  it('is ended by close(), when the channels have finished, and so is the peer’s mux', async () => {
    const [near, far] = await tcp(allowHalfOpen);
    const muxes = [new Mux(near), new Mux(far)] as const;
    muxes[1].channels$.subscribe(({ inbound$, outbound$ }) => inbound$.subscribe(outbound$));
    const stream = streamOf(muxes[0].open());
    const closing = muxes[0].close();
    stream.end('last words');
    expect(String(await buffer(stream))).toBe('last words');
    await closing;
    await firstValueFrom(muxes[1].closed$);
  });
});

describe('an HTTP/2 stream as carrier', () => {
  it('carries channels both ways at once, opened by either side', async () => {
    const { rxmux, bpmux, multiplex, faults } = pairOn(await http2(), { bpmux: { high_channels: true } });
    bpmux.on('peer_multiplex', (duplex) => duplex.pipe(duplex));
    rxmux.channels$.subscribe(({ inbound$, outbound$ }) => inbound$.subscribe(outbound$));
    const data = bytesNamed('data', 500_000);
    const streams = [streamOf(rxmux.open()), multiplex(), streamOf(rxmux.open()), multiplex()];
    for (const stream of streams) {
      stream.end(data);
    }
    for (const echo of await Promise.all(streams.map((stream) => buffer(stream)))) {
      expect(sha256(echo)).toBe(sha256(data));
    }
    expect(faults).toEqual([]);
    rxmux.destroy();
  });
});
