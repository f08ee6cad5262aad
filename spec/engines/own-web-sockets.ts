import type { WebSocketLike } from '../../src/websocket.js';

/** A server of WebSockets that the engine brings. */
export interface OwnServer {
  readonly port: number;
  readonly stop: () => unknown;
}

const { Bun, Deno } = globalThis as unknown as { readonly Bun?: BunLike; readonly Deno?: DenoLike };

/** Starts the engine's own server of WebSockets; `undefined` where it has none. */
export const serveOwnWebSockets: ((accept: (socket: WebSocketLike) => void) => OwnServer) | undefined =
  Bun === undefined ? Deno && ((accept) => serveDeno(Deno, accept)) : (accept) => serveBun(Bun, accept);

/** What is used of Deno. */
interface DenoLike {
  upgradeWebSocket(request: Request): { socket: WebSocketLike; response: Response };
  serve(
    options: { port: number; hostname: string; onListen(): void },
    handler: (request: Request) => Response,
  ): { readonly addr: { readonly port: number }; shutdown(): Promise<void> };
}

function serveDeno(deno: DenoLike, accept: (socket: WebSocketLike) => void): OwnServer {
  const server = deno.serve({ port: 0, hostname: '127.0.0.1', onListen: ignore }, (request) => {
    const { socket, response } = deno.upgradeWebSocket(request);
    accept(socket);
    return response;
  });
  return { port: server.addr.port, stop: () => server.shutdown() };
}

/** What is used of Bun. */
interface BunLike {
  serve(options: {
    port: number;
    hostname: string;
    fetch(
      request: Request,
      server: { upgrade(request: Request, options: { data: BunEvents }): boolean },
    ): void;
    websocket: {
      open(socket: BunSocket): void;
      message(socket: BunSocket, data: Buffer): void;
      close(socket: BunSocket, code: number, reason: string): void;
    };
  }): { readonly port: number; stop(closeConnections: boolean): unknown };
}

/** A socket of `Bun.serve`, which has no events: handlers of the server are told what happens to any of its sockets. */
interface BunSocket {
  readonly data: BunEvents;
  readonly readyState: number;
  send(message: ArrayBuffer): number;
  close(code?: number, reason?: string): void;
  terminate(): void;
  getBufferedAmount(): number;
}

interface BunEvents {
  readonly events: EventTarget;
}

function serveBun(bun: BunLike, accept: (socket: WebSocketLike) => void): OwnServer {
  const server = bun.serve({
    port: 0,
    hostname: '127.0.0.1',
    fetch: (request, upgrader) => {
      upgrader.upgrade(request, { data: { events: new EventTarget() } });
    },
    websocket: {
      open: (socket) => {
        accept(ofBun(socket));
      },
      message: ({ data: { events } }, data) => {
        events.dispatchEvent(Object.assign(new Event('message'), { data }));
      },
      close: ({ data: { events } }, code, reason) => {
        events.dispatchEvent(Object.assign(new Event('close'), { code, reason }));
      },
    },
  });
  return { port: server.port, stop: () => server.stop(true) };
}

/** As a `WebSocketCarrier` wants a socket. */
function ofBun(socket: BunSocket): WebSocketLike {
  const { events } = socket.data;
  return {
    binaryType: 'nodebuffer',
    get readyState() {
      return socket.readyState;
    },
    get bufferedAmount() {
      return socket.getBufferedAmount();
    },
    send: (message) => socket.send(message),
    close: (code, reason) => {
      socket.close(code, reason);
    },
    terminate: () => {
      socket.terminate();
    },
    addEventListener: (type: string, listener: (event: never) => void) => {
      events.addEventListener(type, listener as (event: Event) => void);
    },
  };
}

function ignore(): void {
  // nobody need be told
}
