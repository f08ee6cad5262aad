import { once } from 'node:events';
import { type IncomingMessage, request as httpRequest } from 'node:http';
import { connect, createServer } from 'node:net';
import { count, filter, firstValueFrom, lastValueFrom, type Subject, take } from 'rxjs';
import { WebSocket } from 'ws';
import { WebSocketCarrier } from '../../src/carrier/web-socket-carrier.js';
import { Mux } from '../../src/index.js';
import { inspect, type Inspector } from '../../src/inspector.js';
import type { InspectedMux } from '../../src/inspector/mux-list.js';
import type { Picture } from '../../src/inspector/picture.js';
import { FIRST_REQUEST, type Request } from '../../src/inspector/request.js';
import { json, type Messages, toMessages } from '../../src/messages.js';
import { muxPair } from '../../src/testing.js';

const SECRET = 'the payload that nobody may see';

describe('inspect()', () => {
  const inspectors: Inspector[] = [];
  const muxes: Mux[] = [];
  const sockets: WebSocket[] = [];

  const start = async (starting: Promise<Inspector>): Promise<Inspector> => {
    const inspector = await starting;
    inspectors.push(inspector);
    return inspector;
  };

  const pair = () => {
    const { near, far } = muxPair();
    muxes.push(near, far);
    return { near, far };
  };

  afterEach(async () => {
    muxes.splice(0).forEach((mux) => {
      mux.destroy();
    });
    sockets.splice(0).forEach((socket) => {
      socket.terminate();
    });
    await Promise.all(inspectors.splice(0).map(({ close }) => close()));
  });

  const ask = async (
    url: string,
    options: { method?: string; headers?: Record<string, string> } = {},
  ): Promise<{ status: number | undefined; headers: IncomingMessage['headers']; body: string }> => {
    const request = httpRequest(url, { agent: false, ...options }).end();
    const [response] = (await once(request, 'response')) as [IncomingMessage];
    let body = '';
    for await (const chunk of response.setEncoding('utf8')) {
      body += String(chunk);
    }
    return { status: response.statusCode, headers: response.headers, body };
  };

  const socketTo = (url: string, headers: Record<string, string> = { origin: new URL(url).origin }) => {
    const socket = new WebSocket(new URL('live', url.replace('http', 'ws')), { headers });
    socket.on('error', () => undefined);
    sockets.push(socket);
    return socket;
  };

  const pictures = (url: string): Messages<Picture, Request> => {
    const mux = new Mux(new WebSocketCarrier(socketTo(url)));
    muxes.push(mux);
    mux.channels$.subscribe({ error: () => undefined });
    return toMessages<Picture, Request>(mux.open(), json());
  };

  it('serves its page to whoever knows the address, and to this machine only', async () => {
    const { url } = await start(inspect());
    expect(url).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/[\w-]{24}\/$/);
    const page = await ask(url);
    expect(page.status).toBe(200);
    expect(page.headers['content-type']).toBe('text/html; charset=utf-8');
    expect(page.body).toContain('<script type="module" src="page.js">');
    const code = await ask(`${url}page.js`);
    expect([code.status, code.headers['content-type']]).toEqual([200, 'text/javascript; charset=utf-8']);
  });

  it('has another token each time', async () => {
    const [one, other] = [await start(inspect()), await start(inspect())];
    expect(new URL(one.url).pathname).not.toBe(new URL(other.url).pathname);
  });

  it('says with each answer that nothing of it may be kept, framed, or told elsewhere', async () => {
    const { url } = await start(inspect());
    for (const path of [url, `${url}page.js`, new URL('/', url).href]) {
      const { headers } = await ask(path);
      expect(headers).toMatchObject({
        'cache-control': 'no-store',
        'x-frame-options': 'DENY',
        'x-content-type-options': 'nosniff',
        'referrer-policy': 'no-referrer',
        'cross-origin-resource-policy': 'same-origin',
      });
      expect(headers['content-security-policy']).toContain("default-src 'none'; script-src 'self'");
      expect(headers).not.toHaveProperty('access-control-allow-origin');
    }
  });

  it('answers 403 and nothing else without the token, or where another host is meant', async () => {
    const { url } = await start(inspect());
    const { origin, pathname } = new URL(url);
    const wrong = pathname.replace(/.\/$/, (end) => (end === 'A/' ? 'B/' : 'A/'));
    for (const path of ['/', '/page.js', '/live', wrong, `${wrong}page.js`]) {
      expect(await ask(origin + path)).toMatchObject({ status: 403, body: '' });
    }
    const elsewhere = { headers: { host: 'evil.example' } };
    expect(await ask(url, elsewhere)).toMatchObject({ status: 403, body: '' });
    expect(await ask(`${url}page.js`, elsewhere)).toMatchObject({ status: 403, body: '' });
  });

  it('has nothing to change: other methods are refused, and there are no other paths', async () => {
    const { url } = await start(inspect());
    expect(await ask(url, { method: 'HEAD' })).toMatchObject({ status: 200, body: '' });
    for (const method of ['POST', 'PUT', 'DELETE', 'OPTIONS']) {
      expect(await ask(url, { method })).toMatchObject({ status: 405, headers: { allow: 'GET, HEAD' } });
    }
    expect((await ask(`${url}constructor`)).status).toBe(404);
  });

  it('takes no WebSocket without the token, for another host, or from another page', async () => {
    const { url } = await start(inspect());
    const { origin } = new URL(url);
    const refused = async (socket: WebSocket): Promise<number | undefined> => {
      const [, response] = (await once(socket, 'unexpected-response')) as [unknown, IncomingMessage];
      return response.statusCode;
    };
    const elsewhere = { host: 'evil.example', origin: 'http://evil.example' };
    const attempts = [
      socketTo(`${origin}/wrong/`),
      socketTo(`${url}other/`),
      socketTo(url, { origin: 'http://evil.example' }),
      socketTo(url, {}),
      socketTo(url, elsewhere),
    ];
    expect(await Promise.all(attempts.map(refused))).toEqual([403, 403, 403, 403, 403]);
  });

  it('outlives who is refused and then breaks the connection', async () => {
    const { url } = await start(inspect());
    const { port, host } = new URL(url);
    const stranger = connect({ port: Number(port), host: '127.0.0.1', allowHalfOpen: true });
    stranger.write(`GET / HTTP/1.1\r\nhost: ${host}\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n`);
    const [answer] = (await once(stranger, 'data')) as [Buffer];
    expect(String(answer)).toMatch(/^HTTP\/1\.1 403 /);
    stranger.resetAndDestroy();
    expect((await ask(url)).status).toBe(200);
  });

  it('outlives who asks, and breaks the connection before the refusal is written', async () => {
    const { url } = await start(inspect());
    const { port, host } = new URL(url);
    const stranger = connect({ port: Number(port), host: '127.0.0.1' });
    await once(stranger, 'connect');
    stranger.write(`GET / HTTP/1.1\r\nhost: ${host}\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n`);
    stranger.resetAndDestroy(); // in the same turn: the server reads what has come, and can write no more
    expect((await ask(url)).status).toBe(200);
  });

  it('cuts off who is refused, and closes, though the stranger does not end its side', async () => {
    const inspector = await start(inspect());
    const { port, host } = new URL(inspector.url);
    const stranger = connect({ port: Number(port), host: '127.0.0.1', allowHalfOpen: true });
    stranger.on('error', () => undefined).resume();
    stranger.write(`GET / HTTP/1.1\r\nhost: ${host}\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n`);
    await once(stranger, 'end');
    await inspector.close();
    stranger.destroy();
  });

  it('sends pictures as they are asked for, in which nothing of the payloads is', async () => {
    const { near, far } = pair();
    far.channels$.subscribe(); // which reads nothing
    near.open('orders', { label: 'orders' }).outbound$.next(SECRET.repeat(5000));
    near.open(`${SECRET} ${'is no label: it is too long'.repeat(3)}`).outbound$.next(SECRET);
    const { url, add } = await start(inspect(near));
    add(far, 'far');
    const { inbound$, outbound$ } = pictures(url);
    const text: string[] = [];
    inbound$.subscribe({
      next: (picture) => text.push(JSON.stringify(picture)),
      error: () => undefined, // when all is over
    });
    outbound$.next({ ...FIRST_REQUEST, interval: 50, filter: 'orders local' });
    const picture = await firstValueFrom(inbound$);
    expect(picture).toMatchObject({
      channels: 4,
      matching: 1,
      rows: [{ label: 'orders', muxName: 'mux 1' }],
    });
    outbound$.next({ ...FIRST_REQUEST, interval: 50, detail: picture.rows[0]?.key });
    // Those before it may have been on their way.
    const next = await firstValueFrom(inbound$.pipe(filter(({ detail }) => detail !== undefined)));
    expect(next).toMatchObject({ matching: 4, muxes: [{ name: 'mux 1' }, { name: 'far' }] });
    expect(next.detail?.stats.queued).toBeGreaterThan(0);
    expect(text.join()).not.toContain(SECRET);
  });

  it('ends the channel of a page that asks for what is no request', async () => {
    const { url } = await start(inspect());
    const messages = pictures(url);
    const failed = firstValueFrom(messages.inbound$).catch((error: unknown) => error);
    messages.outbound$.next(5 as unknown as Request);
    expect(await failed).toMatchObject({ code: 'ERR_RXMUX_PEER', reason: { code: 'BAD_MESSAGE' } });
  });

  it('stops to look when the page has gone', async () => {
    const { near } = pair();
    const stats = jest.spyOn(near, 'stats');
    const { url } = await start(inspect(near));
    const { inbound$, outbound$, channel } = pictures(url);
    outbound$.next({ ...FIRST_REQUEST, interval: 50 });
    await firstValueFrom(inbound$);
    channel.destroy();
    const { inbound$: others$, outbound$: requests$ } = pictures(url);
    requests$.next({ ...FIRST_REQUEST, interval: 50 });
    await firstValueFrom(others$); // the other channel's end has been heard by now
    stats.mockClear();
    expect(await lastValueFrom(others$.pipe(take(4), count()))).toBe(4);
    expect(stats).toHaveBeenCalledTimes(4);
  });

  it('closes with its pages, more than once too', async () => {
    const { url, close, add } = await start(inspect(pair().near));
    const socket = socketTo(url);
    await once(socket, 'open');
    const closed = once(socket, 'close');
    await close();
    await closed;
    add(pair().near);
    await expect(ask(url)).rejects.toMatchObject({ code: 'ECONNREFUSED' });
    await close();
  });

  it('listens where it is told to', async () => {
    const { url } = await start(inspect({ host: '::1' }));
    expect(url).toMatch(/^http:\/\/\[::1\]:\d+\//);
    expect((await ask(url)).status).toBe(200);
  });

  it('is told in vain of a port that somebody has, and listens to no mux then', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    const { port } = other.address() as { port: number };
    const { near } = pair();
    await expect(inspect({ port }, near)).rejects.toMatchObject({ code: 'EADDRINUSE' });
    for (const heard$ of [near.errors$, near.removed$]) {
      expect((heard$ as Subject<unknown>).observed).toBe(false);
    }
    other.close();
  });

  it.each([
    [{ port: -1 }, 'options.port must be a whole number 0 … 65535, got -1'],
    [{ host: 5 as unknown as string }, 'options.host must be a string, got 5'],
    [{ prot: 1 }, 'options.prot is not an option (did you mean port?)'],
  ])('names the option that it cannot take: %p', async (options, message) => {
    await expect(inspect(options as object)).rejects.toThrow(message);
  });

  it('refuses a channel as a mux that is added, and shows what it has', async () => {
    const { near } = pair();
    const { add, url } = await start(inspect(near));
    expect(() => {
      add(near.open() as unknown as InspectedMux);
    }).toThrow(new TypeError('mux must be a Mux, got an object'));
    expect((await ask(url)).status).toBe(200);
  });

  it('refuses a name that is no string', async () => {
    const { add } = await start(inspect());
    expect(() => {
      add(pair().near, 5 as unknown as string);
    }).toThrow(new TypeError('name must be a string, got 5'));
  });

  it('says that it needs ws, where that is not installed', async () => {
    jest.doMock('ws', () => {
      throw new Error('Cannot find module');
    });
    await expect(inspect()).rejects.toThrow(
      'inspect() needs the package ws, which cannot be loaded: npm install ws',
    );
    jest.dontMock('ws');
  });
});
