import { addAbortSignal } from 'node:stream';
import { flag, object } from '../arguments.js';
import { hasCode } from '../brands.js';
import type { Bytes } from '../bytes.js';
import type { SocketAddresses } from '../carrier/carrier.js';
import { type Adaptable, adaptable } from '../channel/adaptable.js';
import type { Channel } from '../channel/channel.js';
import type { ChannelListener } from '../channel/channel-listener.js';
import type { HalfEnd } from '../channel/half-end.js';
import type { Taker } from '../channel/taker.js';
import { MuxClosedError, PeerError, StoppedError } from '../errors.js';
import { compact } from '../flow/compact.js';
import type { Encoding, NodeDuplex } from '../node-duplex.js';
import { nextTurn$ } from '../reactive/next-turn.js';
import { SocketDuplex } from './socket-duplex.js';

/** Settings of {@link toDuplex}: those of Node's `Duplex` that make sense for a stream of bytes. Defaults are Node's. */
export interface DuplexOptions {
  /** Whether the writable side may stay open when the readable side has ended. */
  allowHalfOpen?: boolean | undefined;
  /** Whether the stream destroys itself when both sides are over. */
  autoDestroy?: boolean | undefined;
  /** The encoding of strings that are written without one. */
  defaultEncoding?: Encoding | undefined;
  /** The encoding of strings that are read instead of bytes. */
  encoding?: Encoding | undefined;
  /** Destroys the stream when it is aborted. */
  signal?: AbortSignal | undefined;
  /** Bytes in the stream's write buffer from which on `write()` returns `false`. */
  writableHighWaterMark?: number | undefined;
}

/** Node has its own; these two are the same. */
const DEFAULTS = {
  allowHalfOpen: true,
  autoDestroy: true,
  defaultEncoding: undefined,
  encoding: undefined,
  signal: undefined,
  writableHighWaterMark: undefined,
};

/** A channel as a Node stream. See {@link toDuplex}. */
export interface ChannelDuplex<H = Bytes> extends NodeDuplex, SocketAddresses {
  /** The channel behind the stream. */
  readonly channel: Channel<H>;

  /**
   * As `readable.read(size)`; with `sendStatus` `false` the bytes read are not yet granted to the peer again: that is
   * left to a later read without it. `read(0)` grants without reading.
   */
  // Node's type for what is read, which also fits streams with an encoding.
  // eslint-disable-next-line @typescript-eslint/no-explicit-any
  read(size?: number, sendStatus?: boolean): any;

  /** As `socket.bytesRead`: bytes that the stream has had from the peer, be they read or not. */
  readonly bytesRead: number;
  /** As `socket.bytesWritten`: bytes that the stream was given, be they gone or not. */
  readonly bytesWritten: number;
  /** As `socket.readyState`: which of its sides are open. */
  readonly readyState: 'open' | 'readOnly' | 'writeOnly' | 'closed';
  /** For those who expect a socket. Always `false`: a channel takes bytes from the start. */
  readonly connecting: boolean;
  /** For those who expect a socket. Always `false`, as `connecting`. */
  readonly pending: boolean;

  /** Milliseconds without bytes after which `'timeout'` is emitted, as set last; `undefined` or 0: never. */
  readonly timeout: number | undefined;

  /**
   * As `socket.setTimeout()`: when no bytes have come or gone for `ms` milliseconds, `'timeout'` is emitted, and nothing else
   * happens. 0 turns it off; more than 2147483647 is that. The timer runs on the mux's `scheduler`; no process waits for it.
   *
   * @param callback - hears the next `'timeout'`
   * @throws TypeError or RangeError where it cannot take `ms`
   */
  setTimeout(ms: number, callback?: () => void): this;

  /** For those who expect a socket. Does nothing: set it on the carrier's socket. */
  setNoDelay(noDelay?: boolean): this;
  /** For those who expect a socket. Does nothing: the mux has `keepAlive`. */
  setKeepAlive(enable?: boolean, initialDelay?: number): this;
  /** For those who expect a socket. Does nothing: it is the carrier that a process waits for. */
  ref(): this;
  /** For those who expect a socket. Does nothing: it is the carrier that a process waits for. */
  unref(): this;

  /** As `socket.destroySoon()`: ends the stream, and destroys it when all that was written has left. */
  destroySoon(): void;

  /** As `writable.end()`, but the peer's stream fails with "peer error" when it has had everything before. */
  peerErrorThenEnd(callback?: () => void): this;
  peerErrorThenEnd(chunk: unknown, callback?: () => void): this;
  peerErrorThenEnd(chunk: unknown, encoding: Encoding, callback?: () => void): this;
}

/**
 * A channel as a Node `Duplex`, for pipes.
 *
 * - Bytes are granted to the peer again as they leave the stream's read buffer.
 * - `write()` returns `false`, and pipes pause, while the channel's send queue and the stream's own buffer are full.
 *   As with `outbound$`, the bytes must not be changed afterwards: a callback says that there is room, not that they are gone.
 * - `end()` sends END; `finish` comes when it has been handed to the carrier.
 * - `destroy(error)` destroys the channel: the peer fails with "peer error". `destroy()` sends END, or, where written
 *   bytes are lost by it, ERROR_END. So does a `for await` that has read to the end; to leave one before that is an error.
 * - `end`, and with it `close`, needs somebody who reads, though the peer sends nothing, as of any Node stream but a socket,
 *   which emits `end` by itself where nothing is left to read: who only writes calls `resume()`.
 * - It stays, and with it the channel, until it has been ended, too: who only reads says `allowHalfOpen: false`, which a socket
 *   has by default, or calls `end()`. A `pipeline` out of it does neither.
 * - What breaks the channel is the stream's `error`; mind to listen to it. It comes at once, and a write, an `end()` or a
 *   pipeline that waits fails with it.
 * - The peer's error comes as {@link PeerError} when the bytes before it have been read; where nobody reads, as soon as
 *   there are bytes to send.
 * - Where somebody else ends the channel's half, the stream ends, too: `finish` comes, and what is written later fails,
 *   with {@link StoppedError} or as after any end. A stream that something is piped into is destroyed with
 *   {@link StoppedError} instead.
 * - Where the peer gives up reading (`cancel()`, or its stream is destroyed), a write fails with {@link StoppedError}, which
 *   destroys the stream, as of a socket whose far end is closed. Where nothing is being written, what the peer has said
 *   before can still be read, though nobody reads yet; then the stream ends, unless somebody listens to `drain` and so may
 *   write again. Who listens to `drain` and does not read hears at once. Where bytes could not leave, who reads at once (`data`,
 *   `readable`) gets what has come of an answer by then: whoever wants the whole in any case uses `outbound$` and `inbound$`, or
 *   `toWebStream`, whose halves are apart.
 * - It has what is expected of a socket (`setTimeout`, `setNoDelay`, `remoteAddress`, `readyState` and so on), so that Node's `http`
 *   and other libraries take it for one.
 *
 * A channel should have one consumer: the stream takes its bytes as a subscriber of `deliveries$` does.
 *
 * @param channel - a channel of a {@link Mux}
 * @param options - see {@link DuplexOptions}
 * @throws TypeError where `channel` is no channel of a mux, and for an option that does not exist or that it cannot take
 *
 * @example
 * ```ts
 * import { createWriteStream } from 'node:fs';
 * import { pipeline } from 'node:stream';
 * import { type Mux, toDuplex } from 'rxmux';
 *
 * const saveAll = (mux: Mux) =>
 *   mux.channels$.subscribe((channel) => {
 *     const duplex = toDuplex(channel, { allowHalfOpen: false }); // nothing is said on it: it ends when the peer has
 *     pipeline(duplex, createWriteStream(`${channel.id}.bin`), (error) => console.log(error ?? 'saved'));
 *   });
 * ```
 */
export function toDuplex<H>(channel: Channel<H>, options?: DuplexOptions): ChannelDuplex<H> {
  return new DuplexAdapter<H>(adaptable(channel), options);
}

/** Bytes that a piece in a stream's read buffer takes up besides its own. */
const SIZE_OF_PIECE = 256;

class DuplexAdapter<H> extends SocketDuplex implements ChannelDuplex<H>, ChannelListener, Taker {
  readonly channel: Adaptable<H>;
  /** Whether it takes the channel's bytes now. */
  #isTaking = false;
  /** Whether Node has asked for more than has been pushed. */
  #isWanted = false;
  /** Pieces in the read buffer at most. */
  #pieces = 0;
  bytesRead = 0;
  /** Bytes that the channel has been given. */
  #given = 0;
  /** Bytes that have been pushed and not yet been acknowledged. */
  #unacknowledged = 0;
  /** Bytes of the write whose callback is outstanding: the channel has them already. */
  #writing = 0;
  #onWritten: ((error?: Error | null) => void) | undefined;
  #onFinal: ((error?: Error | null) => void) | undefined;
  /** Whether it was this stream that ended the channel's outbound half. */
  #hasEnded = false;
  #endsWithError = false;
  /** Whether it fails in the next turn. */
  #isFailing = false;
  /** What the peer's half has failed with: to be told when the bytes before it have been read. */
  #failure: { readonly error: Error } | undefined;
  /** The same as soon as it has come. */
  #peerError: Error | undefined;
  /** Whether anybody has called `read()`. */
  #isRead = false;
  #isInboundOver = false;

  constructor(channel: Adaptable<H>, options: DuplexOptions | undefined) {
    // One literal. After a spread of the options, V8 would make a hidden class for each stream, which is costly and lives long.
    const { allowHalfOpen, autoDestroy, defaultEncoding, encoding, signal, writableHighWaterMark } = object(
      'options',
      options,
      DEFAULTS,
    );
    // Node sees to the others, and takes anything for these.
    flag('options.allowHalfOpen', allowHalfOpen);
    flag('options.autoDestroy', autoDestroy);
    super({
      allowHalfOpen,
      autoDestroy,
      defaultEncoding,
      encoding,
      signal: signal?.aborted === true ? undefined : signal, // Node would destroy what is not made yet
      writableHighWaterMark,
      objectMode: false,
      decodeStrings: true,
    });
    this.channel = channel;
    this.#takeBytes();
    channel.listen(this);
    if (signal?.aborted === true) {
      addAbortSignal(signal, this);
    }
  }

  /** A name of its own: what has none is data to Vue, which makes proxies of that. Private members are unknown to them. */
  // eslint-disable-next-line @typescript-eslint/class-literal-property-style -- a field would be one more in each object
  get [Symbol.toStringTag](): string {
    return 'Duplex';
  }

  get bytesWritten(): number {
    return this.#given + this.writableLength - this.#writing;
  }

  protected get connection(): Adaptable<H> {
    return this.channel;
  }

  override read(size?: number, sendStatus = true): unknown {
    this.#isRead ||= size !== 0;
    let chunk: unknown;
    try {
      chunk = super.read(size);
    } finally {
      // Where a listener of `data` has thrown, too: else nothing would come any more.
      const isTooLittle = chunk === null && size !== undefined && size > this.readableLength;
      if (isTooLittle) {
        this.#widen();
      }
      if (sendStatus) {
        this.#acknowledge();
      }
      this.#takeIfUsed(isTooLittle);
      this.#failIfRead();
    }
    return chunk;
  }

  override _read(): void {
    this.#isWanted = true;
    this.#takeIfUsed(false);
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, callback: (error?: Error | null) => void): void {
    const { channel } = this;
    if (channel.outboundEnd !== undefined) {
      this.#onWritten = callback;
      this.#writeLate(new StoppedError({ channelId: channel.id })); // somebody else has ended it
      return;
    }
    if (this.#peerError !== undefined && !this.#hasReader) {
      callback(this.#peerError);
      return;
    }
    try {
      channel.give(chunk);
    } catch (error) {
      callback(error as Error); // the memory was transferred while Node kept it
      return;
    }
    this.#given += chunk.length;
    this.active();
    if (channel.isWritable) {
      callback();
    } else {
      this.#writing = chunk.length;
      this.#onWritten = callback;
    }
  }

  override _final(callback: (error?: Error | null) => void): void {
    const { channel } = this;
    this.#hasEnded = true;
    this.#onFinal = callback;
    if (this.#endsWithError) {
      channel.finish({ error: new PeerError({ channelId: channel.id }) });
    } else {
      channel.finish({});
    }
    if (channel.isEndSent && !this.#isFailing) {
      this.#finished(); // long ago, since somebody else has ended it
    }
  }

  override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    this.stopTimer();
    this.#takeNoMore();
    this.channel.unlisten(this);
    if (this.writableLength > this.#writing) {
      // Bytes that `write()` took will never be sent: the peer must not take what it gets for the whole.
      this.channel.finish({ error: error ?? new MuxClosedError({ channelId: this.channel.id }) });
    }
    this.channel.destroy(error === null || this.#isLoopOver(error) ? undefined : error);
    this.#written(error);
    callback(error);
  }

  /**
   * Whether a `for await` has read to the end. Node destroys a stream for that, and one that could still be written to with
   * an error of its own, though nothing has failed. One that a signal has made has a cause.
   */
  #isLoopOver(error: Error): boolean {
    return (
      this.readableEnded && (error as NodeJS.ErrnoException).code === 'ABORT_ERR' && error.cause === undefined
    );
  }

  onTaken(): void {
    this.active();
    if (this.#onWritten !== undefined && this.channel.isWritable) {
      this.#written(null);
    }
  }

  onStopped(end: HalfEnd): void {
    if ('error' in end) {
      this.#failed(end.error);
      return;
    }
    if (this.#isFailing) {
      return; // a write under way fails with it
    }
    this.#written(null);
    if (!this.#hasEnded) {
      // By then, a source that has ended just now has ended this stream.
      queueMicrotask(() => {
        this.#endedByOthers();
      });
    }
  }

  onEndSent(end: HalfEnd): void {
    if ('error' in end) {
      this.#fail(end.error); // bytes are lost
    } else {
      this.#finished();
    }
  }

  onPeerError(error: unknown): void {
    this.#peerError = error as Error;
    const hasBytes = this.writableLength > 0 || this.channel.bufferedAmount > 0;
    if (hasBytes && !this.#hasReader) {
      this.destroy(this.#peerError); // else nobody would hear of it while bytes of the peer's wait
    }
  }

  onInboundOver(): void {
    this.#isInboundOver = true;
  }

  onCut(error: unknown): void {
    this.destroy(this.#errorOf(error)); // bytes that wait may be lost by this
  }

  /** An error of the channel's as a stream can fail with it: to Node `undefined`, `null` and the like are none. */
  #errorOf(error: unknown): Error {
    return error ? (error as Error) : new StoppedError({ channelId: this.channel.id, cause: error });
  }

  /** The write under way is over: its bytes are on their way, or never will be. */
  #written(error: Error | null): void {
    const onWritten = this.#onWritten;
    this.#onWritten = undefined;
    this.#writing = 0;
    onWritten?.(error);
  }

  /**
   * The half has ended with an error. Where that is the peer, who reads no more, somebody may still read what it has said
   * before: as with a socket, that is not lost by it, unless bytes are.
   *
   * @param isLater - whether this is the turn after that: what was said in one turn with STOP may come behind it
   */
  #failed(reason: unknown, isLater = false): void {
    if (this.#hasEnded || this.#isFailing) {
      return;
    }
    const isWritten = this.writableLength > 0 || this.listenerCount('unpipe') > 0;
    const isPeer = hasCode(reason, 'ERR_RXMUX_STOPPED');
    if (!isPeer || isWritten || (isLater && !this.#mayBeRead)) {
      this.#fail(reason);
    } else if (isLater || this.#hasReader) {
      this.#whenRead(() => {
        if (!this.#isDrainAwaited) {
          this.end();
        }
      });
    } else {
      nextTurn$.subscribe(() => {
        this.#failed(reason, true);
      });
    }
  }

  #fail(reason: unknown): void {
    if (hasCode(reason, 'ERR_RXMUX_STOPPED') && this.#isBeingRead) {
      this.#failNextTurn(reason);
    } else {
      this.destroy(this.#errorOf(reason));
    }
  }

  /** Something is written where nothing is taken any more. */
  #writeLate(error: StoppedError): void {
    if (this.#isBeingRead) {
      this.#failNextTurn(error);
    } else {
      this.#written(error);
    }
  }

  #failNextTurn(reason: unknown): void {
    this.#isFailing = true;
    nextTurn$.subscribe(() => {
      this.destroy(this.#errorOf(reason));
    });
  }

  /**
   * Whether what the peer has said just before it stopped the stream may still be on its way to somebody, and would be lost
   * where the stream failed: Node tells whoever waits for `readable` a tick later. Whoever gets `data` may pass it on a tick
   * later, and pause the stream until then, as Node's `http` does with an answer.
   */
  get #isBeingRead(): boolean {
    return (
      this.readableFlowing === true ||
      this.listenerCount('data') > 0 ||
      (this.readableLength > 0 && this.#isLookedAt)
    );
  }

  /** Calls when all that the peer has said has been read: now, or later. */
  #whenRead(next: () => void): void {
    if (this.readableEnded) {
      next();
    } else {
      this.once('end', next);
    }
  }

  /**
   * Somebody may go on writing. A `pipeline` from an iterable does, and nothing else shows it. Where a stream finishes and closes
   * under it, it waits for ever with what it writes next.
   */
  get #isDrainAwaited(): boolean {
    return this.listenerCount('drain') > 0 && !this.writableEnded;
  }

  /** END has left. */
  #finished(): void {
    const onFinal = this.#onFinal;
    this.#onFinal = undefined;
    onFinal?.();
  }

  /**
   * Somebody else has ended the half, well. This stream ends, too: what is written from now on fails, as after any end.
   * But a stream that finishes lets go of what is piped into it, and a pipeline would never hear of it. Where the inbound
   * half has ended, too, it hears when the stream closes, which needs somebody who reads.
   */
  #endedByOthers(): void {
    const isPipedInto = this.listenerCount('unpipe') > 0 && !this.writableEnded;
    if (isPipedInto && !this.#isInboundOver) {
      this.destroy(new StoppedError({ channelId: this.channel.id }));
      return;
    }
    if (this.#isInboundOver && this.#isDrainAwaited) {
      if (this.#hasReader) {
        this.#whenRead(() => {
          this.destroy();
        });
        return;
      }
      if (!isPipedInto) {
        this.destroy();
        return;
      }
    }
    if (isPipedInto) {
      this.once('finish', () => {
        if (!this.#hasReader) {
          this.destroy();
        }
      });
    }
    this.end();
  }

  /** Somebody reads, or has begun to. */
  get #hasReader(): boolean {
    return this.#isRead || this.readableFlowing !== null;
  }

  /** Somebody reads, or may begin to: there are bytes, or the end of them. Who listens to `drain` only writes. */
  get #mayBeRead(): boolean {
    const { channel } = this;
    return this.#hasReader || (!this.#isDrainAwaited && (channel.hasPeerEnded || channel.stats().unread > 0));
  }

  peerErrorThenEnd(...args: unknown[]): this {
    this.#endsWithError = true;
    return this.end(...(args as []));
  }

  /**
   * Takes what Node has asked for, where somebody uses it.
   *
   * @param isTooLittle - whether somebody has asked for more than there is in the read buffer
   */
  #takeIfUsed(isTooLittle: boolean): void {
    if (this.#isWanted && (isTooLittle || this.#isUsed) && !this.#isTaking) {
      this.#takeBytes();
    }
  }

  /**
   * Whether somebody uses what is pushed now. Node fills the read buffer of a stream that nobody reads, too. What is left in
   * the channel instead takes less memory.
   */
  get #isUsed(): boolean {
    return this.readableLength === 0 || this.readableFlowing === true || this.#isLookedAt;
  }

  /** Whether somebody may wait for the read buffer to have some length. */
  get #isLookedAt(): boolean {
    return this.listenerCount('readable') > 0 && this.listenerCount('data') === 0;
  }

  /**
   * Pushes bytes as they come until the read buffer is full, or one piece where nobody looks at it. What comes then waits
   * in the channel, where many small chunks are joined.
   */
  #takeBytes(): void {
    this.#isWanted = false;
    this.#isTaking = true;
    this.channel.take(this);
  }

  #takeNoMore(): void {
    this.#isTaking = false;
    this.channel.leave(this);
  }

  onBytes(chunk: Bytes): void {
    this.active();
    this.bytesRead += chunk.length;
    this.#unacknowledged += chunk.length;
    const flows = this.readableFlowing === true;
    let hasRoom: boolean;
    try {
      hasRoom = this.push(flows ? chunk : compact(chunk));
    } finally {
      if (flows) {
        this.#acknowledge(); // it may have gone straight through, without `read()`, to a listener that throws
      }
    }
    if (!hasRoom || !this.#isUsed) {
      this.#takeNoMore();
    } else if (!flows) {
      this.#joinPieces(chunk.length);
    }
  }

  onEnd(end: HalfEnd): void {
    this.#isTaking = false;
    if ('error' in end) {
      this.#failure = { error: this.#errorOf(end.error) };
      this.#failIfRead();
    } else {
      // It may be in `read()`, and Node may emit `readable` for it: who reads then would have later bytes first.
      queueMicrotask(() => this.push(null));
    }
  }

  /** Joins the pieces in the read buffer where their objects take more memory than their bytes, and a KiB. */
  #joinPieces(last: number): void {
    this.#pieces = this.readableLength > last ? this.#pieces + 1 : 1;
    if (this.#pieces * SIZE_OF_PIECE > this.readableLength + 1024) {
      this.#pieces = 1;
      // All of it, which `read()` alone is not everywhere. Emits `data`, which has no listener now.
      const all = super.read(this.readableLength) as Buffer | string;
      const encoding = this.readableEncoding;
      if (encoding === null) {
        this.unshift(compact(all as Buffer));
      } else {
        this.unshift(all, encoding);
      }
    }
  }

  /** Grants the peer what has left the read buffer. (With an encoding, Node counts its length in characters.) */
  #acknowledge(): void {
    const bytes = this.#unacknowledged - this.readableLength;
    if (bytes > 0) {
      this.#unacknowledged -= bytes;
      this.channel.acknowledge(bytes);
    }
  }

  /**
   * More was asked for at once than is there. Where the peer has used up the window it could never come: Node raises a
   * stream's mark for such a read, and the window follows.
   */
  #widen(): void {
    if (this.#unacknowledged > 0 && this.channel.receiveWindow$.value === 0) {
      this.channel.acknowledge(this.#unacknowledged);
      this.#unacknowledged = 0;
    }
  }

  #failIfRead(): void {
    if (this.#failure !== undefined && this.readableLength === 0) {
      this.destroy(this.#failure.error);
    }
  }
}
