import { once } from 'node:events';
import {
  Agent,
  type ClientRequest,
  createServer,
  type IncomingMessage,
  request,
  type Server,
} from 'node:http';
import { type AddressInfo, connect, createServer as createTcpServer, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { text } from 'node:stream/consumers';
import { firstValueFrom } from 'rxjs';
import { WebSocket, WebSocketServer } from 'ws';
import { Mux, toDuplex } from '../../src/index.js';

/** An agent that opens a channel where others open a socket. */
class MuxAgent extends Agent {
  readonly opened: Duplex[] = [];

  constructor(
    private readonly mux: Mux,
    options?: ConstructorParameters<typeof Agent>[0],
  ) {
    super(options);
  }

  override createConnection(): Duplex {
    const duplex = toDuplex(this.mux.open(), { allowHalfOpen: false });
    this.opened.push(duplex);
    return duplex;
  }
}

let http: Server;
let near: Mux;
let far: Mux;
let takeDown: () => void;

/** A server that gets its connections from one mux, and the other end of that. */
beforeEach(async () => {
  const tcp = createTcpServer({ noDelay: true }).listen(0, '127.0.0.1');
  await once(tcp, 'listening');
  const socket = connect({ port: (tcp.address() as AddressInfo).port, host: '127.0.0.1', noDelay: true });
  const [other] = (await once(tcp, 'connection')) as [Socket];
  near = new Mux(socket);
  far = new Mux(other);
  near.channels$.subscribe({ error: () => undefined });
  http = createServer((asked, answer) => {
    void text(asked).then((body) => {
      answer.setHeader('x-from', String(asked.socket.remoteAddress));
      answer.end(`${asked.method} ${asked.url} ${body.length}`);
    });
  });
  far.channels$.subscribe((channel) => http.emit('connection', toDuplex(channel)));
  takeDown = () => {
    near.destroy();
    far.destroy();
    tcp.close();
  };
});

afterEach(() => {
  takeDown();
});

/** Asks, and gives the answer with its text. */
async function ask(options: Parameters<typeof request>[1], body = ''): Promise<[IncomingMessage, string]> {
  const asking = request({ host: 'rxmux', ...options }).end(body);
  const [answer] = (await once(asking, 'response')) as [IncomingMessage];
  return [answer, await text(answer)];
}

describe("Node's http over channels", () => {
  it('asks through createConnection, and the channel is gone when it has been answered', async () => {
    const createConnection = (): Duplex => toDuplex(near.open());
    const gone = Promise.all([near, far].map(({ removed$ }) => firstValueFrom(removed$)));
    const [answer, said] = await ask({ path: '/a', method: 'POST', createConnection }, 'x'.repeat(1_000_000));
    expect([answer.statusCode, said]).toEqual([200, 'POST /a 1000000']);
    expect(answer.headers['x-from']).toBe('127.0.0.1');
    await gone;
    expect([near.openChannels.size, far.openChannels.size]).toEqual([0, 0]);
  });

  it('keeps a channel alive for the next question, and holds many at a time', async () => {
    const agent = new MuxAgent(near, { keepAlive: true });
    for (let i = 0; i < 3; i += 1) {
      expect((await ask({ path: `/${i}`, agent }))[1]).toBe(`GET /${i} 0`);
    }
    expect(agent.opened).toHaveLength(1);
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, i) => ask({ path: `/${i}`, method: 'PUT', agent }, 'x'.repeat(100_000))),
    );
    expect(answers.map(([, said]) => said)).toEqual(answers.map((_, i) => `PUT /${i} 100000`));
    expect(agent.opened).toHaveLength(20);
    agent.destroy();
  });

  it('lets go of a channel that was idle for too long, and asks through a new one', async () => {
    http.keepAliveTimeout = 1; // and a second, in newer Nodes
    const agent = new MuxAgent(near, { keepAlive: true });
    await ask({ path: '/', agent });
    const [channel] = agent.opened as [Duplex];
    if (!channel.destroyed) {
      await once(channel, 'close');
    }
    expect(Object.keys(agent.freeSockets)).toEqual([]);
    expect((await ask({ path: '/again', agent }))[1]).toBe('GET /again 0');
    expect(agent.opened).toHaveLength(2);
    agent.destroy();
  });

  it('tells who asks that no answer comes in time', async () => {
    http.removeAllListeners('request');
    const asking = request({ host: 'rxmux', createConnection: () => toDuplex(near.open()) }).end();
    asking.setTimeout(20);
    await once(asking, 'timeout');
    const failed = once(asking, 'error');
    asking.destroy();
    expect(await failed).toEqual([expect.objectContaining({ code: 'ECONNRESET' })]);
  });

  it.each([
    ['sends the rest', (asking: ClientRequest) => asking.end(Buffer.alloc(1_000_000))],
    [
      'writes on hearing it',
      (asking: ClientRequest) =>
        asking
          .on('response', () => {
            asking.write('more');
            asking.write('and more');
          })
          .write('some'),
    ],
  ])(
    'gives an answer that comes before the question is over to who %s, before that fails',
    async (_, write) => {
      http.removeAllListeners('request').on('request', (_asked, answer) => {
        answer.writeHead(413, { connection: 'close' }).end('too much');
      });
      const createConnection = (): Duplex => toDuplex(near.open(), { allowHalfOpen: false });
      const asking = request({ host: 'rxmux', method: 'POST', createConnection });
      const heard: unknown[] = [];
      asking.on('error', ({ message }) => heard.push(message));
      asking.on('response', (answer) => {
        answer.on('data', (chunk) => heard.push(String(chunk))).on('end', () => heard.push('end'));
      });
      const closed = new Promise((resolve) => asking.on('close', resolve));
      write(asking);
      await closed;
      expect(heard.slice(0, 2)).toEqual(['too much', 'end']);
    },
  );

  it('tells who asks that the connection is lost', async () => {
    http.removeAllListeners('request');
    const asking = request({ host: 'rxmux', createConnection: () => toDuplex(near.open()) }).end();
    const failed = once(asking, 'error');
    await once(http, 'request');
    near.destroy();
    const [error] = (await failed) as [Error];
    expect(error).toMatchObject({ code: 'ERR_RXMUX_CLOSED' });
  });

  it('upgrades to a WebSocket, beside other questions over the same mux', async () => {
    const server = new WebSocketServer({ server: http });
    server.on('connection', (socket) => {
      socket.on('message', (data, isBinary) => {
        socket.send(data as Buffer, { binary: isBinary });
      });
    });
    const createConnection = (): Duplex => toDuplex(near.open());
    const socket = new WebSocket('ws://rxmux/', { createConnection: createConnection as never });
    await once(socket, 'open');
    const message = Buffer.alloc(300_000, 'x');
    socket.send(message);
    const [[back], [, said]] = await Promise.all([
      once(socket, 'message') as Promise<[Buffer]>,
      ask({ path: '/beside', createConnection }),
    ]);
    expect(back.equals(message)).toBe(true);
    expect(said).toBe('GET /beside 0');
    socket.close(4001, 'enough');
    expect(await once(socket, 'close')).toEqual([4001, Buffer.from('enough')]);
    server.close();
  });
});
