import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { MessageChannel } from 'node:worker_threads';
import { lastValueFrom, toArray } from 'rxjs';
import { WebSocket, WebSocketServer } from 'ws';
import { type Carrier, Mux } from '../../src/index.js';
import { MessagePortCarrier } from '../../src/message-port.js';
import { WebSocketCarrier } from '../../src/websocket.js';
import { duplexPair } from '../support/connected.js';

type Given = ConstructorParameters<typeof Mux>[0];

/** A connection, whose far end has been accepted and is in use by nobody. */
const connections: Readonly<Record<string, () => Promise<[near: Given, far: Given, close?: () => void]>>> = {
  'a WebSocket': async () => {
    const server = new WebSocketServer({ port: 0, host: '127.0.0.1' });
    await once(server, 'listening');
    const near = new WebSocketCarrier(
      new WebSocket(`ws://127.0.0.1:${(server.address() as AddressInfo).port}`), // still connecting
    );
    const [socket] = (await once(server, 'connection')) as [WebSocket];
    return [
      near,
      new WebSocketCarrier(socket),
      () => {
        server.close();
      },
    ];
  },
  'a MessageChannel': () => {
    const { port1, port2 } = new MessageChannel();
    return Promise.resolve([new MessagePortCarrier(port1), new MessagePortCarrier(port2)]);
  },
  'a TCP connection': async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const near = connect((server.address() as AddressInfo).port, '127.0.0.1');
    const [far] = (await once(server, 'connection')) as [Socket];
    return [near, far, () => server.close()];
  },
  'a pair of Duplexes in memory': () => Promise.resolve(duplexPair()),
};

/** Until what has been sent has come as far as it will without a mux. */
async function quiet(): Promise<void> {
  for (let i = 0; i < 50; i += 1) {
    await new Promise(setImmediate);
  }
}

describe.each(Object.entries(connections))('over %s', (_name, open) => {
  it('a mux that is made later gets the channels that the peer has opened meanwhile, with their bytes', async () => {
    const [near, far, close] = await open();
    const mux = new Mux(near);
    const channels = Array.from({ length: 50 }, (_, i) => mux.open(String(i))); // together more than is kept
    const sent = Buffer.alloc(65_536, 'x');
    const answers = channels.map(async ({ inbound$, outbound$ }) => {
      outbound$.next(sent);
      outbound$.complete();
      return Buffer.concat(await lastValueFrom(inbound$.pipe(toArray()))).equals(sent);
    });
    await quiet();
    const late = new Mux(far);
    await Promise.resolve();
    late.channels$.subscribe({
      next: ({ inbound$, outbound$ }) => inbound$.subscribe(outbound$),
      error: () => undefined,
    });
    expect(await Promise.all(answers)).toEqual(channels.map(() => true));
    await mux.close();
    close?.();
  });
});

it('a WebSocket that is flooded before there is a mux is paused, and nothing is lost', async () => {
  const server = new WebSocketServer({ port: 0, host: '127.0.0.1' });
  await once(server, 'listening');
  const near = new WebSocket(`ws://127.0.0.1:${(server.address() as AddressInfo).port}`);
  const [socket] = (await once(server, 'connection')) as [WebSocket];
  const carrier: Carrier = new WebSocketCarrier(socket);
  await once(near, 'open');
  const pause = jest.spyOn(socket, 'pause');
  for (let i = 0; i < 64; i += 1) {
    near.send(Buffer.alloc(65_536, i));
  }
  near.send(Buffer.alloc(0));
  while (pause.mock.calls.length === 0) {
    await new Promise(setImmediate);
  }
  expect(socket.isPaused).toBe(true);
  const chunks = await lastValueFrom(carrier.inbound$.pipe(toArray()));
  expect(Buffer.concat(chunks).length).toBe(64 * 65_536);
  expect(socket.isPaused).toBe(false);
  near.terminate();
  server.close();
});
