import { BPMux } from 'bpmux';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { createWebSocketStream, WebSocket, WebSocketServer } from 'ws';
import { Mux, toDuplex } from '../../src/index.js';
import { WebSocketCarrier } from '../../src/websocket.js';
import { bytesNamed, sha256 } from './support.js';

describe('a WebSocket between rxmux and bpmux, which knows no half-close of it', () => {
  let server: WebSocketServer;
  let client: WebSocket;
  let accepted: WebSocket;

  beforeEach(async () => {
    server = new WebSocketServer({ port: 0, host: '127.0.0.1' });
    await once(server, 'listening');
    client = new WebSocket(`ws://127.0.0.1:${(server.address() as AddressInfo).port}`);
    [accepted] = (await once(server, 'connection')) as [WebSocket];
  });

  afterEach(async () => {
    client.terminate();
    server.close();
    await once(server, 'close');
  });

  it.each([
    ['opens channels', 'client'],
    ['is the server', 'server'],
  ] as const)('carries channels where rxmux %s, and is closed with the mux', async (_what, role) => {
    const bytes = bytesNamed('bytes', 1_000_000);
    const [ours, theirs] = role === 'client' ? [client, accepted] : [accepted, client];
    const bpmux = new BPMux(createWebSocketStream(theirs), { coalesce_writes: true, keep_alive: false });
    bpmux.on('error', () => undefined); // it writes on when the socket is closed
    bpmux.on('peer_multiplex', (duplex) => {
      duplex.pipe(duplex);
    });
    const rxmux = new Mux(new WebSocketCarrier(ours, { halfClose: false }));
    const duplexes = Array.from({ length: 5 }, () => toDuplex(rxmux.open()));
    const echoes = await Promise.all(duplexes.map((duplex) => buffer(duplex.end(bytes))));
    expect(echoes.map(sha256)).toEqual(duplexes.map(() => sha256(bytes)));
    const closed = once(theirs, 'close');
    await rxmux.close();
    expect((await closed)[0]).toBe(1000);
  });
});
