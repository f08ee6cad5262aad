import { Duplex, type DuplexOptions as NodeDuplexOptions } from 'node:stream';
import { filter, Subscription } from 'rxjs';
import type { Channel } from '../channel/channel.js';
import { MuxChannel } from '../channel/mux-channel.js';
import { MuxClosedError, PeerError } from '../errors.js';
import { compact } from '../flow/compact.js';

/** Settings of {@link toDuplex}: those of Node's `Duplex` that make sense for a stream of bytes. */
export type DuplexOptions = Pick<
  NodeDuplexOptions,
  'allowHalfOpen' | 'autoDestroy' | 'defaultEncoding' | 'encoding' | 'signal' | 'writableHighWaterMark'
>;

/** A channel as a Node stream. See {@link toDuplex}. */
export interface ChannelDuplex<H = Buffer> extends Duplex {
  /** The channel behind the stream. */
  readonly channel: Channel<H>;

  /**
   * As `readable.read(size)`; with `sendStatus` `false` the bytes read are not yet granted to the peer again: that is
   * left to a later read without it. `read(0)` grants without reading.
   */
  // Node's type for what is read, which also fits streams with an encoding.
  // eslint-disable-next-line @typescript-eslint/no-explicit-any
  read(size?: number, sendStatus?: boolean): any;

  /** As `writable.end()`, but the peer's stream fails with "peer error" when it has had everything before. */
  peerErrorThenEnd(callback?: () => void): this;
  peerErrorThenEnd(chunk: unknown, callback?: () => void): this;
  peerErrorThenEnd(chunk: unknown, encoding: BufferEncoding, callback?: () => void): this;
}

/**
 * A channel as a Node `Duplex`, for pipes.
 *
 * - Bytes are granted to the peer again as they leave the stream's read buffer.
 * - `write()` returns `false`, and pipes pause, while the channel's send queue and the stream's own buffer are full.
 * - `end()` sends END; `finish` comes when it has been handed to the carrier.
 * - `destroy(error)` destroys the channel: the peer fails with "peer error". `destroy()` sends END, or, where written
 *   bytes are lost by it, ERROR_END.
 * - What breaks the channel is the stream's `error`; mind to listen to it.
 *
 * A channel should have one consumer: the stream takes its bytes from `deliveries$`.
 *
 * @param channel - a channel of a {@link Mux}
 * @param options - see {@link DuplexOptions}
 * @throws TypeError where `channel` is not a channel of this package
 *
 * @example
 * ```ts
 * import { createWriteStream } from 'node:fs';
 * import { pipeline } from 'node:stream';
 * import { type Mux, toDuplex } from 'rxmux';
 *
 * const saveAll = (mux: Mux) =>
 *   mux.channels$.subscribe((channel) => {
 *     pipeline(toDuplex(channel), createWriteStream(`${channel.id}.bin`), (error) => console.log(error ?? 'saved'));
 *   });
 * ```
 */
export function toDuplex<H>(channel: Channel<H>, options?: DuplexOptions): ChannelDuplex<H> {
  if (!(channel instanceof MuxChannel)) {
    throw new TypeError('channel must be a channel of a Mux');
  }
  return new DuplexAdapter<H>(channel as MuxChannel<H>, options);
}

/** Bytes that a piece in a stream's read buffer takes up besides its own. */
const SIZE_OF_PIECE = 256;

class DuplexAdapter<H> extends Duplex implements ChannelDuplex<H> {
  readonly channel: MuxChannel<H>;
  readonly #subscriptions = new Subscription();
  #taking = Subscription.EMPTY;
  /** Whether Node has asked for more than has been pushed. */
  #isWanted = false;
  /** Pieces in the read buffer at most. */
  #pieces = 0;
  /** Bytes that have been pushed and not yet been acknowledged. */
  #unacknowledged = 0;
  /** Bytes of the write whose callback is outstanding: the channel has them already. */
  #writing = 0;
  #onWritten: (() => void) | undefined;
  #isWatching = false;
  #hasEnded = false;
  #endsWithError = false;
  /** What the peer's half has failed with: to be told when the bytes before it have been read. */
  #failure: { readonly error: Error } | undefined;

  constructor(channel: MuxChannel<H>, options: DuplexOptions | undefined) {
    super({ ...options, objectMode: false, decodeStrings: true });
    this.channel = channel;
    this.#takeBytes();
    this.#subscriptions.add(
      channel.closed$.subscribe({
        error: (error: unknown) => {
          const { cut } = this.channel;
          if (cut !== undefined) {
            this.destroy(cut.error as Error); // not what broke the channel first: bytes before that may be lost by this
          } else if (!this.#hasEnded) {
            this.destroy(error as Error);
          } // else it is only the peer's half that failed, after bytes that may still be read
        },
      }),
    );
  }

  override read(size?: number, sendStatus = true): unknown {
    const chunk: unknown = super.read(size);
    const isTooLittle = chunk === null && size !== undefined && size > this.readableLength;
    if (isTooLittle) {
      this.#widen();
    }
    if (sendStatus) {
      this.#acknowledge();
    }
    this.#takeIfUsed(isTooLittle);
    this.#failIfRead();
    return chunk;
  }

  override _read(): void {
    this.#isWanted = true;
    this.#takeIfUsed(false);
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, callback: (error?: Error | null) => void): void {
    const { outbound$, writable$ } = this.channel;
    outbound$.next(chunk);
    if (writable$.value) {
      callback();
      return;
    }
    this.#writing = chunk.length;
    this.#onWritten = callback;
    if (this.#isWatching) {
      return;
    }
    this.#isWatching = true; // once for all writes to come
    this.#subscriptions.add(
      writable$.pipe(filter(Boolean)).subscribe(() => {
        const onWritten = this.#onWritten;
        this.#onWritten = undefined;
        this.#writing = 0;
        onWritten?.();
      }),
    );
  }

  override _final(callback: (error?: Error | null) => void): void {
    const { channel } = this;
    this.#hasEnded = true;
    this.#subscriptions.add(channel.endSent$.subscribe({ complete: callback }));
    if (this.#endsWithError) {
      channel.outbound$.error(new PeerError({ channelId: channel.id }));
    } else {
      channel.outbound$.complete();
    }
  }

  override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    this.#taking.unsubscribe();
    this.#subscriptions.unsubscribe();
    if (this.writableLength > this.#writing) {
      // Bytes that `write()` took will never be sent: the peer must not take what it gets for the whole.
      this.channel.outbound$.error(error ?? new MuxClosedError({ channelId: this.channel.id }));
    }
    this.channel.destroy(error ?? undefined);
    callback(error);
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
    if (this.#isWanted && (isTooLittle || this.#isUsed) && this.#taking.closed) {
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
    this.#taking = this.channel.deliveries$.subscribe({
      next: ({ chunk }) => {
        this.#unacknowledged += chunk.length;
        const flows = this.readableFlowing === true;
        const hasRoom = this.push(flows ? chunk : compact(chunk));
        if (flows) {
          this.#acknowledge(); // it may have gone straight through, without `read()`
        }
        if (!hasRoom || !this.#isUsed) {
          this.#taking.unsubscribe();
        } else if (!flows) {
          this.#joinPieces(chunk.length);
        }
      },
      error: (error: unknown) => {
        this.#failure = { error: error as Error };
        this.#failIfRead();
      },
      complete: () => {
        this.push(null);
      },
    });
  }

  /** Joins the pieces in the read buffer where their objects take more memory than their bytes, and a KiB. */
  #joinPieces(last: number): void {
    this.#pieces = this.readableLength > last ? this.#pieces + 1 : 1;
    if (this.#pieces * SIZE_OF_PIECE > this.readableLength + 1024) {
      this.#pieces = 1;
      const all = super.read() as Buffer | string; // emits `data`, which has no listener now
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
