import { asyncScheduler, type SchedulerLike, Subscription } from 'rxjs';
import { flag, having, object, schedulerLike, whole } from '../arguments.js';
import type { SocketAddresses } from './carrier.js';
import { backgroundInterval } from '../reactive/background-timer.js';
import { MessageCarrier } from './message-carrier.js';
import { WebSocketClosedError } from './web-socket-closed-error.js';

/**
 * What {@link WebSocketCarrier} needs of a WebSocket: the browser's, Node's, React Native's, and that of the package `ws`
 * have it.
 */
export interface WebSocketLike {
  /** React Native's has none until it is set, and delivers ArrayBuffers. */
  binaryType?: string;
  readonly readyState: number;
  /** Bytes that have not left yet. React Native's does not say. */
  readonly bufferedAmount?: number | undefined;
  send(message: ArrayBuffer, callback?: (error?: Error) => void): void;
  close(code?: number, reason?: string): void;
  /** `ws` and Bun only. */
  terminate?(): void;
  /** `ws` only, and `resume` with it. */
  pause?(): void;
  resume?(): void;
  /** `ws` only, and `null` until it is open: the socket below, whose addresses are of use. */
  readonly _socket?: SocketAddresses | null;
  addEventListener(type: 'open', listener: () => void): void;
  addEventListener(type: 'message', listener: (event: { readonly data: unknown }) => void): void;
  /** Browsers do not say what the error was. */
  addEventListener(type: 'error', listener: (event: { readonly error?: Error }) => void): void;
  addEventListener(
    type: 'close',
    listener: (event: { readonly code: number; readonly reason?: string }) => void,
  ): void;
}

/** Settings of {@link WebSocketCarrier}. */
export interface WebSocketCarrierOptions {
  /**
   * Bytes in the socket's `bufferedAmount` until which it takes more. What waits there cannot be overtaken any more, so
   * less makes small messages faster beside large ones on slow lines. Default 262 144. Where the socket has no
   * `bufferedAmount`, as in React Native, it takes this much at any time.
   */
  highWaterMark?: number | undefined;
  /**
   * Whether the far end knows that an empty message means "I send no more", as another `WebSocketCarrier` does. Where it
   * does not, as bpmux over `createWebSocketStream` of `ws`, say `false`: the socket is then closed when this side has
   * nothing to send any more, and what the far end still sends is lost. Default `true`.
   *
   * An empty message that comes is the far end's end either way: so a server that says `false` has clients of both kinds.
   * What the far end sends must have no other empty messages; bpmux sends none.
   */
  halfClose?: boolean | undefined;
  /**
   * Where the timer runs that looks at the socket's `bufferedAmount`, so that a `TestScheduler` can drive it. Not needed
   * once the socket has called back, as one of `ws` does. No process waits for it. Default: RxJS's `asyncScheduler`.
   */
  scheduler?: SchedulerLike | undefined;
}

const DEFAULTS = { highWaterMark: 262_144, halfClose: true, scheduler: asyncScheduler };

const CONNECTING = 0;
const OPEN = 1;

/** Codes of a close that is nobody's failure: normal, going away, none given. */
const ORDERLY: readonly number[] = [1000, 1001, 1005];

/** Browsers do not say when bytes have left: one has to look, every so many ms. */
const LOOK_EVERY = 4;

/**
 * Bytes of a message at most. A message is delivered whole: on a slow line the far end would hear nothing for long, and
 * might take that for silence.
 */
const MESSAGE_SIZE = 16_384;

/**
 * A WebSocket as carrier: the browser's, Node's global one, React Native's, or one of the package `ws`, at either end.
 *
 * - It may still be connecting. What it delivers before there is a mux waits: after a MiB a socket of `ws` is paused, and
 *   others, which cannot be, fail. So there is time to ask who it is; but make the carrier as soon as you have the socket.
 * - Messages are binary, and have 16 KiB at most, so that they arrive one by one where the line is slow. Bytes wait in the
 *   mux, not in the socket: it is given no more than `highWaterMark` allows, by `bufferedAmount`.
 * - WebSockets know no half-close. An empty message stands for it; when both ends have sent one, the socket is closed.
 * - Where it is closed before: with code 1000, 1001 or none `inbound$` completes, with any other it errors with
 *   {@link WebSocketClosedError}, which has the code and the reason.
 *
 * @throws TypeError or RangeError that names the option which it cannot take; TypeError where the socket is none, is closed or
 *   closing
 *
 * @example
 * ```ts
 * import { WebSocketServer } from 'ws';
 * import { Mux } from 'rxmux';
 * import { WebSocketCarrier } from 'rxmux/websocket';
 *
 * new WebSocketServer({ port: 8080 }).on('connection', (socket) => {
 *   new Mux(new WebSocketCarrier(socket)).channels$.subscribe({
 *     next: ({ inbound$, outbound$ }) => inbound$.subscribe(outbound$), // echo
 *     error: (error) => console.error('connection lost:', error),
 *   });
 * });
 *
 * // And in a browser:
 * const mux = new Mux(new WebSocketCarrier(new WebSocket('ws://localhost:8080')));
 * mux.open('hello').inbound$.subscribe((chunk) => console.log(chunk.toString()));
 * ```
 */
export class WebSocketCarrier extends MessageCarrier {
  protected readonly highWaterMark: number;
  readonly #socket: WebSocketLike;
  readonly #halfClose: boolean;
  readonly #scheduler: SchedulerLike;
  #looking = Subscription.EMPTY;
  /** Messages of which the socket has not said that they have left. */
  #unsaid = 0;
  /** Whether it has ever said so. */
  #calledBack = false;
  /** Bytes that were kept from a socket that is closing. They take up room, as they would in its own `bufferedAmount`. */
  #withheld = 0;
  #isPaused = false;
  #error: Error | undefined;

  constructor(socket: WebSocketLike, options?: WebSocketCarrierOptions) {
    super();
    const { highWaterMark, halfClose, scheduler } = object('options', options, DEFAULTS);
    this.highWaterMark = whole('options.highWaterMark', highWaterMark, 1);
    this.#halfClose = flag('options.halfClose', halfClose);
    this.#scheduler = schedulerLike('options.scheduler', scheduler);
    this.#socket = having('socket', socket, 'a WebSocket', ['addEventListener', 'send', 'close']);
    if (socket.binaryType === 'blob') {
      socket.binaryType = 'arraybuffer'; // `ws` has Buffers, which need no copy
    }
    socket.addEventListener('message', ({ data }) => {
      this.arrived(data);
      this.update(); // timers are slow in pages that are not seen
    });
    socket.addEventListener('error', ({ error }) => {
      this.#error ??= error;
      if (socket.readyState === CONNECTING) {
        this.#closed(1006); // that of Node 22 has failed to connect, and says no more
      }
    });
    socket.addEventListener('close', ({ code, reason }) => {
      this.#closed(code, reason);
    });
    if (socket.readyState === CONNECTING) {
      socket.addEventListener('open', () => {
        this.opened();
      });
    } else if (socket.readyState === OPEN) {
      this.opened();
    } else {
      throw new TypeError('socket must be connecting or open, got one that is closed');
    }
  }

  /** Those of the socket below, where the WebSocket is one of `ws` and has been opened. */
  get addresses(): SocketAddresses | undefined {
    return this.#socket._socket ?? undefined;
  }

  protected get buffered(): number {
    return (this.#socket.bufferedAmount ?? 0) + this.#withheld;
  }

  protected send(message: ArrayBuffer): void {
    if (message.byteLength === 0) {
      if (this.#halfClose) {
        this.#sendMessage(message);
      } else {
        this.close();
      }
    }
    for (let at = 0; at < message.byteLength; at += MESSAGE_SIZE) {
      this.#sendMessage(message.byteLength <= MESSAGE_SIZE ? message : message.slice(at, at + MESSAGE_SIZE));
    }
    this.#lookIfUnsaid();
  }

  protected close(): void {
    this.#socket.close(1000);
  }

  protected abort(): void {
    this.#looking.unsubscribe();
    if (this.#socket.terminate === undefined) {
      this.#socket.close();
    } else {
      this.#socket.terminate();
    }
  }

  protected override overfull(): void {
    if (this.#socket.pause === undefined) {
      super.overfull();
    } else {
      this.#isPaused = true;
      this.#socket.pause();
    }
  }

  protected override taken(): void {
    if (this.#isPaused && this.held === 0) {
      this.#isPaused = false;
      this.#socket.resume?.();
    }
  }

  #closed(code: number, reason?: string): void {
    this.#looking.unsubscribe();
    this.closed(
      ORDERLY.includes(code) ? undefined : new WebSocketClosedError(code, reason, { cause: this.#error }),
    );
  }

  #sendMessage(message: ArrayBuffer): void {
    if (this.#socket.readyState > OPEN) {
      this.#withheld += message.byteLength; // it would be lost, and browsers would say so on the console
    } else {
      this.#unsaid += 1;
      this.#socket.send(message, this.#onSent);
    }
  }

  readonly #onSent = (): void => {
    this.#unsaid -= 1;
    this.#calledBack = true;
    this.update();
    this.#lookIfUnsaid();
  };

  /**
   * Looks every few milliseconds whether bytes have left, where nobody will say so: browsers never do, nor does Bun, whose
   * stand-in for `ws` calls back before they have. Not after the end: `ws` still calls back then, and its `bufferedAmount` may
   * never be 0 again.
   */
  #lookIfUnsaid(): void {
    const isToBeSaid = this.#calledBack && this.#unsaid > 0;
    if (this.isClosed || this.buffered === 0 || isToBeSaid) {
      this.#looking.unsubscribe();
    } else if (this.#looking.closed) {
      this.#looking = backgroundInterval(LOOK_EVERY, this.#scheduler).subscribe(() => {
        this.update();
        this.#lookIfUnsaid();
      });
    }
  }
}
