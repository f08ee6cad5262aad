import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { type AddressInfo, isIPv6 } from 'node:net';
import type { Duplex } from 'node:stream';
import { object, text, whole } from '../arguments.js';
import { aMux, type InspectedMux, MuxList } from '../inspector/mux-list.js';
import { FILES, HEADERS } from './files.js';
import { Guard } from './guard.js';
import { serveViewer } from './serve-viewer.js';

/** Settings of {@link inspect}. */
export interface InspectOptions {
  /** The port that is listened on, 0 … 65 535; 0 = any that is free. Default 0. */
  port?: number | undefined;
  /** The address or name that is listened on. Default `'127.0.0.1'`: nobody but this machine. */
  host?: string | undefined;
}

/** An inspector that is served. See {@link inspect}. */
export interface Inspector {
  /** The page's address, with the token in it: who knows it sees the page. */
  readonly url: string;
  /**
   * Shows one more mux. It leaves the page some time after it has ended. Needs no `this`.
   *
   * @param name - what it is called in the page. Default `'mux 1'` and so on
   */
  readonly add: (mux: InspectedMux, name?: string) => void;
  /** Ends the pages' connections, and listens no more. Needs no `this`. */
  readonly close: () => Promise<void>;
}

const DEFAULTS = { port: 0, host: '127.0.0.1' };

/**
 * Serves a page that shows muxes, live: which channel is stuck, what it waits for and since when, how much lies where, and how
 * fast everything is. For Node; the package `ws` must be installed. In browsers there is `<rxmux-inspector>` instead.
 *
 * - **It only reads.** Nothing can be changed through it, it takes part in no channel, and asks for no bytes.
 * - **It tells nothing of what channels carry.** But labels are seen, and handshake data where they are a channel's label.
 * - **It is for who knows the address**, which has 144 random bits in it. There is no encryption: for another machine's browser use
 *   a tunnel (`ssh -L`), rather than another `host`.
 * - **It costs what is looked at.** While no page is open it counts nothing. No process waits for it.
 *
 * @param options - see {@link InspectOptions}; may be left out
 * @param muxes - what is shown first. More can come with `add`
 * @returns a promise of the {@link Inspector}. It rejects where the port cannot be had, and where `ws` is not installed
 * @throws TypeError or RangeError, as the promise's rejection, that names the option which it cannot take
 *
 * @example
 * ```ts
 * import type { Mux } from 'rxmux';
 * import { inspect } from 'rxmux/inspector';
 *
 * const look = async (mux: Mux) => {
 *   const { url } = await inspect(mux);
 *   console.log(`open ${url}`);
 * };
 *
 * // A server's muxes come and go.
 * const inspector = await inspect({ port: 9900 });
 * const serve = (mux: Mux, name: string) => inspector.add(mux, name);
 * ```
 */
export function inspect(options: InspectOptions, ...muxes: readonly InspectedMux[]): Promise<Inspector>;
export function inspect(...muxes: readonly InspectedMux[]): Promise<Inspector>;
export async function inspect(
  first?: InspectOptions | InspectedMux,
  ...others: readonly InspectedMux[]
): Promise<Inspector> {
  const isMux = typeof (first as Partial<InspectedMux> | undefined)?.stats === 'function';
  const { port, host } = object(
    'options',
    isMux ? undefined : (first as InspectOptions | undefined),
    DEFAULTS,
  );
  whole('options.port', port, 0, 65_535);
  if (text('options.host', host) === '') {
    throw new RangeError('options.host must not be empty: Node takes that for all addresses of this machine');
  }
  const muxes = (isMux ? [first as InspectedMux, ...others] : others).map(aMux);
  const WebSocketServer = await webSocketServers();

  const list = new MuxList(Date.now);
  const token = randomBytes(18).toString('base64url');
  const guard = new Guard(token, host);
  const server = createServer((request, response) => {
    answer(request, response, guard);
  });
  const pages = new WebSocketServer({ noServer: true, maxPayload: 65_536 });
  server.on('connection', (socket) => socket.unref());
  server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    if (guard.allowed(request) !== '/live' || !guard.isOwnPage(request)) {
      socket.on('error', () => undefined); // it may be cut, and nobody else listens
      socket.once('finish', () => socket.destroy()); // though the far end does not end its side: nobody else would
      socket.end('HTTP/1.1 403 Forbidden\r\nconnection: close\r\n\r\n');
      return;
    }
    pages.handleUpgrade(request, socket, head, (page) => {
      serveViewer(page, list);
    });
  });
  await once(server.listen(port, host).unref(), 'listening');
  // Not before: where the port cannot be had, nobody could end what listens to them.
  muxes.forEach((mux) => {
    list.add(mux);
  });

  return {
    url: `http://${isIPv6(host) ? `[${host}]` : host}:${(server.address() as AddressInfo).port}/${token}/`,
    add: (mux, name) => {
      list.add(mux, name);
    },
    close: async () => {
      list.clear();
      pages.clients.forEach((page) => {
        page.terminate();
      });
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

function answer(request: IncomingMessage, response: ServerResponse, guard: Guard): void {
  for (const [name, value] of Object.entries(HEADERS)) {
    response.setHeader(name, value);
  }
  const path = guard.allowed(request);
  if (path === undefined) {
    response.writeHead(403).end();
    return;
  }
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    response.writeHead(405, { allow: 'GET, HEAD' }).end();
    return;
  }
  const file = FILES.get(path);
  if (file === undefined) {
    response.writeHead(404).end();
    return;
  }
  response.setHeader('content-type', file.type).end(file.text);
}

/** Of the package `ws`, which only this needs. */
async function webSocketServers() {
  try {
    const { WebSocketServer } = await import('ws');
    return WebSocketServer;
  } catch (cause) {
    throw new Error('inspect() needs the package ws, which cannot be loaded: npm install ws', { cause });
  }
}
