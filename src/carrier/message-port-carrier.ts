import { isArrayBuffer, object, whole } from '../arguments.js';
import { MessageCarrier } from './message-carrier.js';

interface PortBase {
  postMessage(message: unknown, transfer: ArrayBuffer[]): void;
  start?(): void;
  close?(): void;
}

/** What {@link MessagePortCarrier} needs of a port in a browser: a `MessagePort`, a `Worker`, or a worker's global scope. */
export interface BrowserPortLike extends PortBase {
  addEventListener(type: 'message', listener: (event: { readonly data: unknown }) => void): void;
  addEventListener(
    type: 'messageerror' | 'error' | 'close',
    listener: (event: { readonly message?: string }) => void,
  ): void;
}

/** What {@link MessagePortCarrier} needs of a port of Node's `worker_threads`: a `MessagePort` or a `Worker`. */
export interface NodePortLike extends PortBase {
  on(event: 'message', listener: (message: unknown) => void): unknown;
  on(event: 'messageerror' | 'error', listener: (error: Error) => void): unknown;
  on(event: 'close' | 'exit', listener: () => void): unknown;
}

/** A port, as {@link MessagePortCarrier} takes it. */
export type MessagePortLike = BrowserPortLike | NodePortLike;

/** Settings of {@link MessagePortCarrier}. */
export interface MessagePortCarrierOptions {
  /** Bytes that may have been posted and not been received. Default 1 048 576. */
  highWaterMark?: number | undefined;
}

const DEFAULTS = { highWaterMark: 1_048_576 };

/** What is posted: bytes, how many of them have been received, or `null` where the carrier has been destroyed. */
interface Envelope {
  readonly rxmux: ArrayBuffer | number | null;
}

/**
 * A port as carrier: a `MessagePort`, a `Worker`, and the other side of it, in browsers and in Node.
 *
 * Bytes are transferred, not copied once more. Ports have no back-pressure, so the far end, which must be a
 * `MessagePortCarrier`, says what it has received, and no more than `highWaterMark` bytes are under way. Other messages
 * on the same port are left alone.
 *
 * When both ends have ended, a `MessagePort` is closed; a worker is left running. `inbound$` errors where the far end is
 * destroyed before that, and where the worker throws what it does not catch. In Node it also errors where the worker or
 * the port goes away; browsers do not tell of a worker that has been terminated.
 *
 * @throws TypeError or RangeError that names the option which it cannot take
 *
 * @example
 * ```ts
 * import { Worker } from 'node:worker_threads';
 * import { Mux } from 'rxmux';
 * import { MessagePortCarrier } from 'rxmux/message-port';
 *
 * const mux = new Mux(new MessagePortCarrier(new Worker('./worker.js')));
 * mux.open('hello').inbound$.subscribe((chunk) => console.log(chunk.toString()));
 *
 * // In the worker: new Mux(new MessagePortCarrier(parentPort)); in a browser's: new MessagePortCarrier(self)
 * ```
 */
export class MessagePortCarrier extends MessageCarrier {
  protected readonly highWaterMark: number;
  readonly #port: MessagePortLike;
  #sent = 0;
  #acknowledged = 0;

  constructor(port: MessagePortLike, options?: MessagePortCarrierOptions) {
    super();
    const { highWaterMark } = object('options', options, DEFAULTS);
    this.highWaterMark = whole('options.highWaterMark', highWaterMark, 1);
    this.#port = port;
    const arrived = (message: unknown): void => {
      if (isEnvelope(message)) {
        this.#arrived(message.rxmux);
      }
    };
    const gone = (): void => {
      this.closed(new Error('the port has been closed'));
    };
    if ('on' in port) {
      const failed = (error: Error): void => {
        this.fail(error);
      };
      port.on('message', arrived);
      port.on('messageerror', failed);
      port.on('error', failed);
      port.on('close', gone);
      port.on('exit', gone);
    } else {
      const failed = (event: { readonly message?: string }): void => {
        this.fail(new Error(event.message ?? 'the port has failed'));
      };
      port.addEventListener('message', ({ data }) => {
        arrived(data);
      });
      port.addEventListener('messageerror', failed);
      port.addEventListener('error', failed);
      port.addEventListener('close', gone);
      port.start?.();
    }
    this.opened();
  }

  protected get buffered(): number {
    return this.#sent - this.#acknowledged;
  }

  protected send(message: ArrayBuffer): void {
    this.#sent += message.byteLength;
    this.#post(message);
  }

  protected close(): void {
    this.#closePort();
    this.closed();
  }

  protected abort(): void {
    this.#post(null);
    this.#closePort();
  }

  #arrived(message: Envelope['rxmux']): void {
    if (message === null) {
      this.#closePort();
      this.closed(new Error('the far end has been destroyed'));
    } else if (typeof message === 'number') {
      this.#acknowledge(message);
    } else {
      if (message.byteLength > 0) {
        this.#post(message.byteLength); // first: to work through the bytes can close the port
      }
      this.received(new Uint8Array(message));
    }
  }

  #acknowledge(bytes: number): void {
    if (bytes > 0 && bytes <= this.buffered) {
      this.#acknowledged += bytes;
      this.update();
    } else {
      this.fail(new Error('the far end has acknowledged what it was not sent'));
    }
  }

  /** Closes a `MessagePort`. Others, which cannot be started, are workers: to close them would be to stop them. */
  #closePort(): void {
    if (this.#port.start !== undefined) {
      this.#port.close?.();
    }
  }

  #post(message: Envelope['rxmux']): void {
    const envelope: Envelope = { rxmux: message };
    this.#port.postMessage(envelope, isArrayBuffer(message) ? [message] : []);
  }
}

function isEnvelope(message: unknown): message is Envelope {
  if (typeof message !== 'object' || message === null || !('rxmux' in message)) {
    return false;
  }
  const { rxmux } = message;
  return rxmux === null || typeof rxmux === 'number' || isArrayBuffer(rxmux);
}
