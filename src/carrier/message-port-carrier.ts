import { Subscription } from 'rxjs';
import { having, isArrayBuffer, object, whole } from '../arguments.js';
import { CarrierEndedError } from '../errors.js';
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
  removeEventListener(type: 'message', listener: (event: { readonly data: unknown }) => void): void;
  removeEventListener(
    type: 'messageerror' | 'error' | 'close',
    listener: (event: { readonly message?: string }) => void,
  ): void;
}

/**
 * What {@link MessagePortCarrier} needs of a port that is an `EventEmitter`: a `MessagePort` or a `Worker` of Node's
 * `worker_threads`; a `MessagePortMain`, `process.parentPort` or a `UtilityProcess` of Electron.
 */
export interface NodePortLike extends PortBase {
  on(event: 'message', listener: (message: unknown) => void): unknown;
  on(event: 'messageerror' | 'error', listener: (error: Error) => void): unknown;
  on(event: 'close' | 'exit', listener: () => void): unknown;
  off(event: 'message', listener: (message: unknown) => void): unknown;
  off(event: 'messageerror' | 'error', listener: (error: Error) => void): unknown;
  off(event: 'close' | 'exit', listener: () => void): unknown;
}

/** A port, as {@link MessagePortCarrier} takes it. */
export type MessagePortLike = BrowserPortLike | NodePortLike;

/** Settings of {@link MessagePortCarrier}. */
export interface MessagePortCarrierOptions {
  /** Bytes, posted and not yet taken by the far end's mux, from which on nothing more is posted. Default 1 048 576. */
  highWaterMark?: number | undefined;
}

const DEFAULTS = { highWaterMark: 1_048_576 };

const NO_CLONES =
  'the port has made something else of an ArrayBuffer: it has to pass on clones, and not JSON';

/**
 * What is posted: bytes, how many of them have been taken, `'hello'` until both ends know each other, or `null` where the
 * carrier has been destroyed.
 *
 * A port may have several carriers one after the other, so each says who it is, and hears only the one that has greeted it.
 */
interface Envelope {
  readonly rxmux: ArrayBuffer | number | 'hello' | null;
  /** Who posts it: a random number. */
  readonly from: number;
  /** With `'hello'`: who is greeted, where that is known. */
  readonly to?: number | undefined;
  /** With `'hello'`: bytes that its sender may have under way. Where it does not say so, it is told of all that is taken at once. */
  readonly highWaterMark?: number | undefined;
  /** With `'hello'` and `null`: whether the port can be closed. A worker's parent port can, but not from the other side. */
  readonly canClose?: boolean;
}

/** An envelope that has come. A port that makes JSON of messages has made something else of the bytes in it. */
type Arrived = Omit<Envelope, 'rxmux'> & { readonly rxmux: object | Exclude<Envelope['rxmux'], ArrayBuffer> };

/**
 * A port as carrier: a `MessagePort`, a `Worker`, and the other side of it, in browsers, in Node and in Electron.
 *
 * - Either end may come first: nothing is sent before the far end, which must be a `MessagePortCarrier`, is there.
 * - Bytes are transferred, not copied once more. (Electron copies them.)
 * - Ports have no back-pressure, so the far end says what its mux has taken, and no more than `highWaterMark` bytes and one
 *   frame are under way.
 * - Other messages on the same port are left alone.
 *
 * At its end it has removed its listeners. Where both ends are `MessagePort`s these are closed, unless the carrier is
 * destroyed before it has heard the far end. Workers are left as they are, so that a worker can have any number of muxes,
 * one after the other. In Node, what is true of other listeners is true of the carrier's: a thread goes on while there is one.
 *
 * `inbound$` errors where the far end is destroyed before its end, where the worker throws what it does not catch, where the
 * port throws at what it is to post, and where it makes JSON of that, which has no bytes. In Node it also errors where the
 * worker or the port goes away; browsers do not tell of a worker that has been terminated, nor of a page, a frame or a service
 * worker at the other end of a port that is gone: `keepAliveTimeout` of the mux finds out.
 *
 * @throws TypeError or RangeError that names the option which it cannot take; TypeError where the port is none
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
  readonly #listeners = new Subscription();
  readonly #self = Math.random();
  /** The far end, when it is known that it knows this one. */
  #peer: number | undefined;
  /** Whether the far end's port can be closed, too. */
  #canPeerClose = false;
  #sent = 0;
  #acknowledged = 0;
  /** Bytes that have been taken and the far end has not been told of; and how many of them are enough to tell it. */
  #untold = 0;
  #enoughToTell = 0;

  constructor(port: MessagePortLike, options?: MessagePortCarrierOptions) {
    super();
    const { highWaterMark } = object('options', options, DEFAULTS);
    this.highWaterMark = whole('options.highWaterMark', highWaterMark, 1);
    this.#port = having('port', port, 'a MessagePort or a worker', ['postMessage']);
    if ('on' in port) {
      this.#listenToEmitter(port);
    } else {
      this.#listenToTarget(port);
    }
    port.start?.();
    this.#say(this.#greeting());
  }

  protected get buffered(): number {
    return this.#sent - this.#acknowledged;
  }

  protected send(message: ArrayBuffer): void {
    this.#sent += message.byteLength;
    this.#post({ rxmux: message, from: this.#self });
  }

  protected close(): void {
    this.#closePort();
    this.closed();
  }

  protected abort(): void {
    try {
      this.#post({ rxmux: null, from: this.#self, canClose: this.#canClose });
    } catch {
      // a port that takes nothing may be why
    }
    this.#closePort();
  }

  /** First of all: to work through the bytes can close the port. */
  protected override taken(bytes: number): void {
    this.#untold += bytes;
    this.#tellTaken();
  }

  /** The far end's `highWaterMark` is the limit: it sends no more until these bytes have been taken. */
  protected override overfull(): void {
    // nothing is wrong
  }

  protected override closed(error?: Error): void {
    this.#listeners.unsubscribe();
    super.closed(error);
  }

  readonly #onGone = (): void => {
    this.closed(new CarrierEndedError({ message: 'the port has been closed' }));
  };

  #listenToEmitter(port: NodePortLike): void {
    const arrived = (message: unknown): void => {
      this.#arrived(isObject(message) && 'data' in message ? message.data : message); // Electron has events
    };
    const failed = (error: Error): void => {
      this.fail(error);
    };
    const gone = this.#onGone;
    port.on('message', arrived);
    port.on('messageerror', failed);
    port.on('error', failed);
    port.on('close', gone);
    port.on('exit', gone);
    this.#listeners.add(() => {
      port.off('message', arrived);
      port.off('messageerror', failed);
      port.off('error', failed);
      port.off('close', gone);
      port.off('exit', gone);
    });
  }

  #listenToTarget(port: BrowserPortLike): void {
    const arrived = ({ data }: { readonly data: unknown }): void => {
      this.#arrived(data);
    };
    const failed = (event: { readonly message?: string }): void => {
      this.fail(new Error(event.message ?? 'the port has failed'));
    };
    const gone = this.#onGone;
    port.addEventListener('message', arrived);
    port.addEventListener('messageerror', failed);
    // What a worker throws its other side hears of, and can say what it was: its own end must not tell first that it is over.
    if (port !== globalThis) {
      port.addEventListener('error', failed);
    }
    port.addEventListener('close', gone);
    this.#listeners.add(() => {
      port.removeEventListener('message', arrived);
      port.removeEventListener('messageerror', failed);
      port.removeEventListener('error', failed);
      port.removeEventListener('close', gone);
    });
  }

  #arrived(message: unknown): void {
    if (!isEnvelope(message)) {
      return;
    }
    const { rxmux, from } = message;
    if (rxmux === 'hello') {
      this.#greeted(message);
    } else if (rxmux === null) {
      this.#destroyed(message);
    } else if (from !== this.#peer) {
      return; // it is meant for a carrier that this port has had before
    } else if (typeof rxmux === 'number') {
      this.#acknowledge(rxmux);
    } else if (isArrayBuffer(rxmux)) {
      if (rxmux.byteLength === 0) {
        this.#enoughToTell = 0; // its end: it waits until all has been taken
        this.#tellTaken();
      }
      this.received(new Uint8Array(rxmux));
    } else {
      this.fail(new TypeError(NO_CLONES));
    }
  }

  #tellTaken(): void {
    const bytes = this.#untold;
    if (bytes > 0 && bytes >= this.#enoughToTell) {
      this.#untold = 0;
      this.#say({ rxmux: bytes, from: this.#self });
    }
  }

  /**
   * Whoever is new greets, and is greeted by name. Who is greeted by name is known to the other side, which hears all that
   * it says from then on.
   */
  #greeted({ from, to, highWaterMark, canClose = false }: Arrived): void {
    if (this.#peer !== undefined || (to !== undefined && to !== this.#self)) {
      return;
    }
    this.#canPeerClose = canClose;
    this.#enoughToTell = partToTell(highWaterMark);
    const isKnown = to === this.#self;
    if (isKnown) {
      this.#peer = from; // first of all: some ports deliver at once
    }
    this.#say(this.#greeting(from));
    if (isKnown) {
      this.opened();
    }
  }

  #greeting(to?: number): Envelope {
    const { highWaterMark } = this;
    return { rxmux: 'hello', from: this.#self, to, highWaterMark, canClose: this.#canClose };
  }

  /** A worker whose page has given up a mux before it was heard waits for the next one. */
  #destroyed({ from, canClose = false }: Arrived): void {
    const isForGood = this.#peer === undefined && canClose && this.#canClose;
    if (from === this.#peer || isForGood) {
      this.#canPeerClose = canClose;
      this.#closePort();
      this.closed(new CarrierEndedError({ message: 'the far end has been destroyed' }));
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

  /** Those that cannot be started are workers: to close them would be to stop them. */
  get #canClose(): boolean {
    return this.#port.start !== undefined && this.#port.close !== undefined;
  }

  /**
   * Closes a `MessagePort`: in Node it would never be collected. But not a worker's parent port, whose other side is a
   * `Worker`: the thread would hear nothing any more.
   */
  #closePort(): void {
    if (this.#canClose && this.#canPeerClose) {
      this.#port.close?.();
    }
  }

  /** Posts what is no bytes. A port that does not take it is of no use any more. */
  #say(envelope: Envelope): void {
    try {
      this.#post(envelope);
    } catch (error) {
      this.fail(error as Error);
    }
  }

  #post(envelope: Envelope): void {
    this.#port.postMessage(
      envelope,
      this.#transfers && isArrayBuffer(envelope.rxmux) ? [envelope.rxmux] : [],
    );
  }

  /** Electron transfers ports only. Its emitters hold no process, so they have no `ref()`. */
  get #transfers(): boolean {
    return 'addEventListener' in this.#port || 'ref' in this.#port;
  }
}

function isEnvelope(message: unknown): message is Arrived {
  if (!isObject(message) || !('rxmux' in message) || !('from' in message)) {
    return false;
  }
  const { rxmux, from } = message;
  return (
    typeof from === 'number' && (typeof rxmux === 'object' || rxmux === 'hello' || typeof rxmux === 'number')
  );
}

/** A part of what the far end may have under way that is enough to tell it of. A message for each one would cost as much as that. */
const partToTell = (highWaterMark: unknown): number =>
  typeof highWaterMark === 'number' && highWaterMark > 0 ? highWaterMark / 4 : 0;

const isObject = (value: unknown): value is object => typeof value === 'object' && value !== null;
