import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer as createHttpServer, get } from 'node:http';
import {
  connect as connectHttp2,
  createServer as createHttp2Server,
  type ServerHttp2Stream,
} from 'node:http2';
import { type AddressInfo, connect, createServer, type ListenOptions, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Duplex } from 'node:stream';
import { connect as connectTls, createServer as createTlsServer, type TLSSocket } from 'node:tls';
import { MessageChannel, Worker } from 'node:worker_threads';
import Primus from 'primus';
import { PrimusDuplex } from 'primus-backpressure';
import { WebSocket, WebSocketServer } from 'ws';
import { MessagePortCarrier } from '../../src/message-port.js';
import type { CarrierPair } from '../../src/testing.js';
import { WebSocketCarrier, type WebSocketLike } from '../../src/websocket.js';
import { WebStreamCarrier } from '../../src/web-streams.js';
import { duplexPair } from '../support/connected.js';

const LOCALHOST = '127.0.0.1';

const portOf = (server: { address(): unknown }): number => (server.address() as AddressInfo).port;

function memory(): CarrierPair {
  const [near, far] = duplexPair();
  return { near, far };
}

async function socket(options: ListenOptions, target: (server: AddressInfo) => Socket): Promise<CarrierPair> {
  const server = createServer({ allowHalfOpen: true }).listen(options);
  await once(server, 'listening');
  const near = target(server.address() as AddressInfo);
  const [far] = (await once(server, 'connection')) as [Socket];
  return { near, far, close: () => server.close() };
}

const tcp = (): Promise<CarrierPair> =>
  socket({ port: 0, host: LOCALHOST }, ({ port }) => connect({ port, host: LOCALHOST, allowHalfOpen: true }));

async function unix(): Promise<CarrierPair> {
  const folder = mkdtempSync(join(tmpdir(), 'rxmux-'));
  const path = join(folder, 'socket');
  const pair = await socket({ path }, () => connect({ path, allowHalfOpen: true }));
  return {
    ...pair,
    close: () => {
      pair.close?.();
      rmSync(folder, { recursive: true });
    },
  };
}

const pem = (name: string): string => readFileSync(join(__dirname, '..', 'support', 'tls', name), 'utf8');

async function tls(): Promise<CarrierPair> {
  const [key, cert] = [pem('key.pem'), pem('certificate.pem')];
  const server = createTlsServer({ key, cert, allowHalfOpen: true }).listen(0, LOCALHOST);
  await once(server, 'listening');
  const near = connectTls({ port: portOf(server), host: LOCALHOST, ca: cert });
  near.allowHalfOpen = true;
  const [far] = (await once(server, 'secureConnection')) as [TLSSocket];
  return { near, far, close: () => server.close() };
}

async function upgrade(): Promise<CarrierPair> {
  const server = createHttpServer().listen(0, LOCALHOST);
  await once(server, 'listening');
  const headers = { connection: 'upgrade', upgrade: 'bytes' };
  const request = get({ port: portOf(server), host: LOCALHOST, headers });
  const [, far] = (await once(server, 'upgrade')) as [unknown, Socket];
  far.write('HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: bytes\r\n\r\n');
  const [, near] = (await once(request, 'upgrade')) as [unknown, Socket];
  near.allowHalfOpen = true;
  return { near, far, close: () => server.close() };
}

/**
 * A stream over a Primus connection, which goes when that has ended: by itself it would wait for ever with what it has
 * written and the far end has not taken.
 */
function primusDuplex(connection: Parameters<typeof endOf>[0]): Duplex {
  const duplex = new PrimusDuplex(connection);
  void Promise.all([endOf(connection), once(duplex, 'end').catch(() => undefined)]).then(() =>
    duplex.destroy(),
  );
  return duplex;
}

const endOf = (connection: { once(event: 'end', listener: () => void): unknown }): Promise<void> =>
  new Promise((resolve) => {
    connection.once('end', resolve);
  });

async function primus(): Promise<CarrierPair> {
  const http = createHttpServer();
  const server = new Primus(http, { transformer: 'websockets' });
  await once(http.listen(0, LOCALHOST), 'listening');
  const accepted = new Promise<Duplex>((resolve) => {
    server.once('connection', (spark) => {
      resolve(primusDuplex(spark));
    });
  });
  const Client = Primus.createSocket({ transformer: 'websockets' });
  const near = primusDuplex(new Client(`http://${LOCALHOST}:${portOf(http)}`, { strategy: false }));
  const far = await accepted;
  return {
    near,
    far,
    close: () =>
      new Promise<void>((resolve) => {
        server.destroy({ close: true }, resolve);
      }),
  };
}

async function http2(): Promise<CarrierPair> {
  const server = createHttp2Server().listen(0, LOCALHOST);
  await once(server, 'listening');
  const session = connectHttp2(`http://${LOCALHOST}:${portOf(server)}`);
  const near = session.request({ ':method': 'POST' }, { endStream: false });
  const [far] = (await once(server, 'stream')) as [ServerHttp2Stream];
  far.respond();
  await once(near, 'response');
  return {
    near,
    far,
    close: async () => {
      session.close();
      server.close();
      await once(server, 'close');
    },
  };
}

/** A WebSocket whose server is of the package `ws`. */
async function webSocket(Client: new (url: string) => WebSocketLike): Promise<CarrierPair> {
  const server = new WebSocketServer({ port: 0, host: LOCALHOST });
  await once(server, 'listening');
  const client = new Client(`ws://${LOCALHOST}:${portOf(server)}`);
  const [accepted] = (await once(server, 'connection')) as [WebSocket];
  return {
    near: new WebSocketCarrier(client),
    far: new WebSocketCarrier(accepted),
    close: () => {
      server.close();
    },
  };
}

/** The one that Node has from 22 on, and browsers have. */
const { WebSocket: GlobalWebSocket } = globalThis as { WebSocket?: new (url: string) => WebSocketLike };

function ports(): CarrierPair {
  const { port1, port2 } = new MessageChannel();
  return { near: new MessagePortCarrier(port1), far: new MessagePortCarrier(port2) };
}

/** A thread that passes on what its port and another one say. */
const RELAY = `
const { parentPort, workerData: { port } } = require('node:worker_threads');
const buffers = ({ rxmux }) => (rxmux instanceof ArrayBuffer ? [rxmux] : []);
parentPort.on('message', (message) => port.postMessage(message, buffers(message)));
port.on('message', (message) => parentPort.postMessage(message, buffers(message)));
`;

function worker(): CarrierPair {
  const { port1, port2 } = new MessageChannel();
  const thread = new Worker(RELAY, { eval: true, workerData: { port: port2 }, transferList: [port2] });
  return {
    near: new MessagePortCarrier(thread),
    far: new MessagePortCarrier(port1),
    close: () => thread.terminate(),
  };
}

/** A process whose stdin and stdout are connected to a socket: one of Node, which others may have for a child, too. */
const STDIO_TO_SOCKET = `
const socket = require('node:net').connect({ port: +process.env.PORT, host: '${LOCALHOST}', allowHalfOpen: true });
process.stdin.pipe(socket).pipe(process.stdout);
socket.on('end', () => process.stdout.write('', () => require('node:fs').closeSync(1)));
socket.on('error', () => process.exit());
process.stdout.on('error', () => socket.destroy());
socket.on('close', () => process.stdin.destroy());
`;

async function childProcess(): Promise<CarrierPair> {
  const server = createServer({ allowHalfOpen: true }).listen(0, LOCALHOST);
  await once(server, 'listening');
  const child = spawn(process.env['NODE'] ?? process.execPath, ['-e', STDIO_TO_SOCKET], {
    stdio: ['pipe', 'pipe', 'inherit'],
    env: { ...process.env, PORT: String(portOf(server)) },
  });
  const [far] = (await once(server, 'connection')) as [Socket];
  const exit = once(child, 'exit');
  return {
    near: Duplex.from({ readable: child.stdout, writable: child.stdin }),
    far,
    close: async () => {
      server.close();
      child.kill();
      await exit;
    },
  };
}

function transformStreams(): CarrierPair {
  const [there, back] = [
    new TransformStream<Uint8Array, Uint8Array>(),
    new TransformStream<Uint8Array, Uint8Array>(),
  ];
  return {
    near: new WebStreamCarrier({ readable: back.readable, writable: there.writable }),
    far: new WebStreamCarrier({ readable: there.readable, writable: back.writable }),
  };
}

/** What muxes are tested over, by name. */
export const connections: Readonly<Record<string, () => CarrierPair | Promise<CarrierPair>>> = {
  'a pair of Duplexes in memory': memory,
  'a TCP connection': tcp,
  'a Unix socket': unix,
  'a TLS connection': tls,
  'the socket of an HTTP upgrade': upgrade,
  'an HTTP/2 stream': http2,
  'a PrimusDuplex': primus,
  "a child process's stdio": childProcess,
  'a WebSocket': () => webSocket(WebSocket),
  ...(GlobalWebSocket && { 'the global WebSocket': () => webSocket(GlobalWebSocket) }),
  'a MessageChannel': ports,
  'a worker thread': worker,
  'WHATWG streams': transformStreams,
};
