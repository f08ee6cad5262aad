import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer as createHttpServer, get, type IncomingMessage } from 'node:http';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { lastValueFrom, toArray } from 'rxjs';
import { WebSocket, WebSocketServer } from 'ws';
import { Mux } from '../../src/index.js';
import { WebSocketCarrier } from '../../src/websocket.js';
import { Program } from './program.js';
import { runExample } from './run-example.js';

const MEBIBYTE = 1024 * 1024;
const LOCALHOST = '127.0.0.1';
const TLS = join(__dirname, '../support/tls');

const file = randomBytes(50_000_000);
const part = file.subarray(0, 16_000_000);
const sha256 = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');

/** What is reached through the tunnel. */
const targets = {
  /** Serves {@link file}, or its {@link part}, and echoes WebSocket messages. */
  http: createHttpServer((request, response) => response.end(request.url === '/part' ? part : file)),
  /** Sends back what it gets. */
  echo: tcpServer((socket) => socket.pipe(socket)),
  /** Does what the test tells its connections to do. */
  plain: tcpServer(() => undefined),
  /** Runs, but is not among what the server allows. */
  forbidden: tcpServer(() => undefined),
};

/** By name: the targets', and one on which nobody listens. */
const ports: Record<string, number> = {};

/** Whatever is open, for the end of a test. */
const sockets = new Set<Socket>();
const programs = new Set<Program>();

function tcpServer(onConnection: (socket: Socket) => void): Server {
  return createServer({ allowHalfOpen: true }, (socket) => {
    track(socket);
    onConnection(socket);
  });
}

function track(socket: Socket): Socket {
  sockets.add(socket);
  socket.on('error', () => undefined); // resets are what some tests are about; they listen for `close`
  return socket;
}

async function listen(server: Server): Promise<number> {
  await once(server.listen(0, LOCALHOST), 'listening');
  return (server.address() as AddressInfo).port;
}

async function close(server: Server): Promise<void> {
  const closed = once(server, 'close');
  server.close();
  await closed;
}

function run(path: string, args: readonly string[]): Program {
  const program = new Program(path, args);
  programs.add(program);
  return program;
}

/** The two programs, and where the client listens for each of the {@link targets}. */
interface Tunnel {
  readonly server: Program;
  readonly client: Program;
  readonly local: Readonly<Record<string, number>>;
}

/** How the two programs are told to talk to each other. */
interface Transport {
  readonly name: string;
  readonly listen: readonly string[];
  readonly connect: readonly string[];
}

async function startTunnel({ listen, connect }: Transport): Promise<Tunnel> {
  const server = run('port-forward/server.js', [
    ...listen,
    ...Object.entries(ports)
      .filter(([name]) => name !== 'forbidden')
      .flatMap(([, port]) => ['--allow', `${LOCALHOST}:${port}`]),
  ]);
  const [, url = ''] = await server.printed(/^listening on (.*)$/m);
  const client = run('port-forward/client.js', [
    ...['--connect', url, ...connect],
    ...Object.values(ports).flatMap((port) => ['-L', `0:${LOCALHOST}:${port}`]),
  ]);
  await client.printed(/^ready$/m);
  const local = Object.fromEntries(
    Object.entries(ports).map(([name, port]) => {
      const [, from] =
        new RegExp(`^127\\.0\\.0\\.1:(\\d+) -> 127\\.0\\.0\\.1:${port}$`, 'm').exec(client.output) ?? [];
      return [name, Number(from)];
    }),
  );
  return { server, client, local };
}

const dial = (port: number | undefined): Socket =>
  track(connect({ port: port ?? 0, host: LOCALHOST, allowHalfOpen: true }));

/** All that comes until the end. Unlike `buffer`, it leaves the socket open for its other half. */
async function readAll(socket: Socket): Promise<Buffer> {
  const chunks: Buffer[] = [];
  socket.on('data', (chunk) => chunks.push(chunk));
  await once(socket, 'end');
  return Buffer.concat(chunks);
}

/** Reads what comes until the socket is closed, for whatever reason. */
const closing = (socket: Socket): Promise<unknown> =>
  new Promise((done) => socket.once('close', done).resume());

/** Both ends of a connection through the tunnel. */
async function dialPlain({ local }: Tunnel): Promise<{ near: Socket; far: Socket }> {
  const arrival = once(targets.plain, 'connection') as Promise<[Socket]>;
  const near = dial(local['plain']);
  const [far] = await arrival;
  return { near, far };
}

async function download(port: number | undefined, path: string): Promise<IncomingMessage> {
  const request = get({ port, path, host: LOCALHOST, agent: false });
  const [response] = (await once(request, 'response')) as [IncomingMessage];
  request.on('error', () => undefined); // the response errs, too
  return response;
}

async function echoed(port: number | undefined, bytes: Buffer): Promise<Buffer> {
  const socket = dial(port);
  socket.end(bytes);
  return readAll(socket);
}

/** Writes zeros for as long as the socket takes them, `total` at most. What it has taken is in `bytesWritten`. */
function pour(socket: Socket, total = Infinity): void {
  const zeros = Buffer.alloc(65_536);
  let left = total;
  const write = (): void => {
    while (left > 0) {
      left -= zeros.length;
      if (!socket.write(zeros)) {
        socket.once('drain', write);
        return;
      }
    }
    socket.end();
  };
  write();
}

beforeAll(async () => {
  new WebSocketServer({ server: targets.http }).on('connection', (socket) => {
    socket.on('message', (message, isBinary) => {
      socket.send(message as Buffer, { binary: isBinary });
    });
  });
  for (const [name, server] of Object.entries(targets)) {
    ports[name] = await listen(server);
  }
  const nobody = createServer();
  ports['refusing'] = await listen(nobody);
  await close(nobody);
});

afterEach(() => {
  sockets.forEach((socket) => socket.destroy());
  sockets.clear();
});

afterAll(async () => {
  await Promise.all([...programs].map((program) => program.kill()));
  targets.http.closeAllConnections();
  await Promise.all(Object.values(targets).map(close));
});

describe.each<Transport>([
  {
    name: 'TLS',
    listen: ['--listen', 'tls://127.0.0.1:0', '--cert', `${TLS}/certificate.pem`, '--key', `${TLS}/key.pem`],
    connect: ['--ca', `${TLS}/certificate.pem`],
  },
  { name: 'a WebSocket', listen: ['--listen', 'ws://127.0.0.1:0'], connect: [] },
])('the port forwarding over $name', (transport) => {
  let tunnel: Tunnel;

  beforeAll(async () => {
    tunnel = await startTunnel(transport);
  });

  it('brings a large HTTP download unchanged', async () => {
    const response = await download(tunnel.local['http'], '/file');

    expect(sha256(await buffer(response))).toBe(sha256(file));
  });

  it('carries a WebSocket', async () => {
    const socket = new WebSocket(`ws://${LOCALHOST}:${tunnel.local['http'] ?? 0}`);
    await once(socket, 'open');
    const sent = Array.from({ length: 100 }, (_, index) => randomBytes(index * 100));
    const received: Buffer[] = [];
    socket.on('message', (message) => {
      received.push(message as Buffer);
      if (received.length === sent.length) {
        socket.close();
      }
    });
    sent.forEach((message) => {
      socket.send(message);
    });
    await once(socket, 'close');

    expect(Buffer.concat(received).equals(Buffer.concat(sent))).toBe(true);
    expect(received.map(({ length }) => length)).toEqual(sent.map(({ length }) => length));
  });

  it('keeps 200 connections at once apart', async () => {
    const sent = Array.from({ length: 200 }, () => randomBytes(20_000));
    const received = await Promise.all(sent.map((bytes) => echoed(tunnel.local['echo'], bytes)));

    expect(received.every((bytes, index) => sent[index]?.equals(bytes))).toBe(true);
  });

  it('passes on the end of the near half, and the answer that comes after it', async () => {
    const { near, far } = await dialPlain(tunnel);
    near.end('question');
    const question = await readAll(far);
    far.end('answer');

    expect(question.toString()).toBe('question');
    expect((await readAll(near)).toString()).toBe('answer');
  });

  it('passes on the end of the far half, and what is sent after it', async () => {
    const { near, far } = await dialPlain(tunnel);
    far.end('greeting');
    const greeting = await readAll(near);
    near.end('answer');

    expect(greeting.toString()).toBe('greeting');
    expect((await readAll(far)).toString()).toBe('answer');
  });

  it('closes a connection whose target refuses, and no other', async () => {
    const { near, far } = await dialPlain(tunnel);
    const refused = dial(tunnel.local['refusing']);
    await closing(refused);
    near.end('still here');

    expect((await readAll(far)).toString()).toBe('still here');
    await tunnel.server.printed(/ECONNREFUSED/);
  });

  it('closes a connection whose target is not allowed, and does not connect to that', async () => {
    let arrivals = 0;
    targets.forbidden.on('connection', () => (arrivals += 1));
    const { near, far } = await dialPlain(tunnel);
    const rejected = dial(tunnel.local['forbidden']);
    await closing(rejected);
    near.end('still here');

    expect((await readAll(far)).toString()).toBe('still here');
    expect(arrivals).toBe(0);
    await tunnel.server.printed(new RegExp(`^127\\.0\\.0\\.1:${ports['forbidden'] ?? 0}: not allowed$`, 'm'));
  });

  it('does not let a slow reader hold up others, nor keeps much for it', async () => {
    const total = 64 * MEBIBYTE;
    const { near, far } = await dialPlain(tunnel);
    pour(far, total);
    const response = await download(tunnel.local['http'], '/part');
    const hash = sha256(await buffer(response));

    const taken = far.bytesWritten - far.writableLength;

    expect(hash).toBe(sha256(part));
    expect(taken).toBeGreaterThan(0);
    expect(taken).toBeLessThan(32 * MEBIBYTE); // a window that has grown, and the buffers of four sockets

    let received = 0;
    for await (const chunk of near) {
      received += (chunk as Buffer).length;
    }
    expect(received).toBe(total);
  });

  it('does not take more from a sender than the target reads', async () => {
    const { near, far } = await dialPlain(tunnel);
    far.pause();
    pour(near, 64 * MEBIBYTE);
    await echoed(tunnel.local['echo'], part);

    const taken = near.bytesWritten - near.writableLength;

    expect(taken).toBeGreaterThan(0);
    expect(taken).toBeLessThan(16 * MEBIBYTE);
  });

  it.each([
    ['near', 'far'],
    ['far', 'near'],
  ] as const)(
    'resets the %s end where the other one is reset, and no other connection',
    async (here, there) => {
      const other = await dialPlain(tunnel);
      const ends = await dialPlain(tunnel);
      ends[there].write('greeting');
      await once(ends[here], 'data');
      const error = once(ends[here], 'error') as Promise<[NodeJS.ErrnoException]>;
      ends[there].resetAndDestroy();

      expect((await error)[0].code).toBe('ECONNRESET'); // an end would look as if all had come
      other.near.end('still here');
      expect((await readAll(other.far)).toString()).toBe('still here');
    },
  );

  it.each([
    ['near', 'far'],
    ['far', 'near'],
  ] as const)(
    'stops what the %s end sends when the other one goes away after its end',
    async (here, there) => {
      const ends = await dialPlain(tunnel);
      ends[there].end();
      await readAll(ends[here]);
      pour(ends[here]);
      await once(ends[there], 'readable');
      const closed = closing(ends[here]);
      ends[there].resetAndDestroy();

      await closed;
    },
  );

  it('lets a download finish when both are interrupted, takes nothing new, and exits with 0', async () => {
    const { server, client, local } = await startTunnel(transport);
    const response = await download(local['http'], '/part');
    await once(response, 'readable');
    for (const program of [server, client]) {
      program.signal(program === server ? 'SIGTERM' : 'SIGINT');
      await program.printed(/^closing$/m);
    }
    const late = dial(local['http']);
    await expect(once(late, 'connect')).rejects.toThrow('ECONNREFUSED');

    expect(sha256(await buffer(response))).toBe(sha256(part));
    expect(await client.exit).toBe(0);
    expect(await server.exit).toBe(0);
  });

  it('ends at once at the second signal', async () => {
    const { server, client, local } = await startTunnel(transport);
    const response = await download(local['http'], '/part'); // and it is never read
    const error = once(response, 'error') as Promise<[Error]>;
    for (const program of [client, server]) {
      program.signal('SIGINT');
      await program.printed(/^closing$/m);
    }
    client.signal('SIGINT');

    expect(await client.exit).toBe(0);
    expect(await server.exit).toBe(0);
    response.resume();
    expect((await error)[0].message).toBe('aborted');
  });

  it('closes local connections and exits with 1 when the server is killed', async () => {
    const started = await startTunnel(transport);
    const { near } = await dialPlain(started);
    const closed = closing(near);
    await started.server.kill();

    await closed;
    expect(await started.client.exit).toBe(1);
    expect(started.client.output).toMatch(/^connection to the server lost|^the server has closed/m);
  });
});

describe('the server of the port forwarding, to a client of another kind,', () => {
  let url: string;

  beforeAll(async () => {
    const server = run('port-forward/server.js', [
      ...['--listen', 'ws://127.0.0.1:0', '--origin', 'https://app.example'],
    ]);
    [, url = ''] = await server.printed(/^listening on (.*)$/m);
  });

  it('is there for pages of the origins that it was given, and for no others', async () => {
    const stranger = new WebSocket(url, { origin: 'https://other.example' });
    await expect(once(stranger, 'open')).rejects.toThrow('401');

    const mux = new Mux(new WebSocketCarrier(new WebSocket(url, { origin: 'https://app.example' })));
    const { inbound$, outbound$ } = mux.open(`localhost:${ports['echo'] ?? 0}`);
    outbound$.next('hello');
    outbound$.complete();
    expect(Buffer.concat(await lastValueFrom(inbound$.pipe(toArray()))).toString()).toBe('hello');
    await mux.close();
  });

  it('refuses what is no target, and what is not on its own machine', async () => {
    const mux = new Mux(new WebSocketCarrier(new WebSocket(url)));
    const refused = [
      ...[
        '',
        'localhost',
        'localhost:',
        'localhost:0',
        'localhost:65536',
        ':80',
        '[localhost]:80',
        '[::1:80',
      ],
      ...[
        '::1:80',
        'http://localhost:80',
        '{"host":"localhost","port":80}',
        `${'a'.repeat(600)}:80`,
        'reset -1',
      ],
      ...[
        'example.com:80',
        '127.1:80',
        '0.0.0.0:80',
        '10.0.0.1:80',
        '[::]:80',
        '[fe80::1]:80',
        'localhost.:80',
      ],
    ];
    for (const handshake of refused) {
      await expect(lastValueFrom(mux.open(handshake).inbound$)).rejects.toThrow('peer error');
    }
    await mux.close();
  });
});

it('demonstrates itself', async () => {
  const { status, stdout, stderr } = await runExample('port-forward');

  expect(stderr).toBe('');
  expect(stdout).toMatch(/^answer: {2}200 Hello/m);
  expect(status).toBe(0);
});
