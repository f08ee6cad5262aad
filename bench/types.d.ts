/** What the benchmark uses of packages that bring no types. */

/** A browser's type, which the types of @moq/qmux take for granted. */
interface WebTransportBidirectionalStream {
  readonly readable: ReadableStream<Uint8Array>;
  readonly writable: WritableStream<Uint8Array>;
}

/** The same, of what a session is as a whole. */
interface WebTransport {
  readonly incomingBidirectionalStreams: ReadableStream<WebTransportBidirectionalStream>;
}

declare module 'multiplex' {
  import type { Duplex } from 'node:stream';

  interface MultiplexOptions {
    /** Deliver parts of a message as they arrive, instead of copying them together. */
    chunked?: boolean;
  }

  interface Multiplex extends Duplex {
    createStream(id?: string, options?: MultiplexOptions): Duplex;
  }

  function multiplex(options: MultiplexOptions, onStream?: (stream: Duplex, id: string) => void): Multiplex;
  export default multiplex;
}

declare module 'bpmux' {
  import type { EventEmitter } from 'node:events';
  import type { Duplex, DuplexOptions } from 'node:stream';

  export interface BPMuxOptions {
    coalesce_writes?: boolean;
    peer_multiplex_options?: DuplexOptions;
  }

  export class BPMux extends EventEmitter {
    constructor(carrier: Duplex, options?: BPMuxOptions);
    multiplex(options?: DuplexOptions): Duplex;
    on(event: 'handshake', listener: (duplex: Duplex) => void): this;
  }
}

declare module 'comlink/dist/esm/node-adapter.mjs' {
  import type { Endpoint } from 'comlink';
  import type { MessagePort } from 'node:worker_threads';

  export default function nodeEndpoint(port: MessagePort): Endpoint;
}

declare module 'rsocket-flowable' {
  interface Subscription {
    request(values: number): void;
    cancel(): void;
  }

  interface Subscriber<T> {
    onSubscribe(subscription: Subscription): void;
    onNext(value: T): void;
    onComplete(): void;
    onError(error: Error): void;
  }

  export class Flowable<T> {
    constructor(source: (subscriber: Subscriber<T>) => void);
    subscribe(subscriber: Subscriber<T>): void;
  }

  export class Single<T> implements PromiseLike<T> {
    static of<T>(value: T): Single<T>;
    then: PromiseLike<T>['then'];
  }
}

declare module 'rsocket-core' {
  import type { Flowable, Single } from 'rsocket-flowable';

  export interface Payload {
    readonly data: unknown;
  }

  export interface RSocket {
    requestResponse(payload: Payload): Single<Payload>;
    requestStream(payload: Payload): Flowable<Payload>;
  }

  export class RSocketClient {
    constructor(config: { readonly serializers: object; readonly setup: object; readonly transport: object });
    connect(): Single<RSocket>;
  }

  export class RSocketServer {
    constructor(config: {
      readonly serializers: object;
      readonly transport: object;
      readonly getRequestHandler: () => RSocket;
    });
    start(): void;
  }

  export const JsonSerializers: object;
}

declare module 'rsocket-tcp-client' {
  interface Options {
    readonly host: string;
    readonly port: number;
    readonly noDelay: true;
  }

  const module: { default: new (options: Options) => object };
  export default module;
}

declare module 'rsocket-tcp-server' {
  import type { Server, Socket } from 'node:net';

  interface Options {
    readonly host: string;
    readonly port: number;
    readonly serverFactory: (onConnect: (socket: Socket) => void) => Server;
  }

  const module: { default: new (options: Options) => object };
  export default module;
}
