import { Encoder } from 'frame-stream';
import type { Carrier } from '../carrier/carrier.js';
import { ByteQueue } from '../flow/byte-queue.js';
import { TurnTask } from '../flow/turn-task.js';
import { encodeHeader } from '../protocol/codec.js';
import { type Message, MessageType } from '../protocol/message.js';
import type { Framing } from './framing.js';
import { quietly } from './quietly.js';

/**
 * frame-stream's encoder, with its output handed on at once and length and frame apart, so that large payloads are not
 * copied, and do not pass through a buffer that the carrier's capacity knows nothing of.
 */
class FrameEncoder extends Encoder {
  constructor(
    { lengthSize, setLength }: Framing,
    private readonly onPieces: (pieces: readonly Buffer[]) => void,
  ) {
    super({
      lengthSize,
      ...(setLength && { setLength: setLength as (bytes: Buffer, length: number) => number }),
    });
  }

  _pushFrameData(pieces: readonly Buffer[]): void {
    this.onPieces(pieces);
  }
}

/** Settings of {@link MessageWriter}. */
export interface MessageWriterOptions {
  readonly framing: Framing;
  /** Whether what one turn produced goes to the carrier in one vectored write, or each frame on its own. */
  readonly coalesceWrites: boolean;
  /** Called when the carrier has been given what had been written. */
  readonly onFlushed?: () => void;
  /** Called with what the option `framing.setLength` throws. Frames are out of step from then on. */
  readonly onError?: (error: unknown) => void;
}

/** What a {@link MessageWriter} needs of a carrier. */
export type WrittenCarrier = Pick<Carrier, 'capacity$' | 'write' | 'end'>;

/** Messages out: as frames, to the carrier. */
export class MessageWriter {
  readonly #carrier: WrittenCarrier;
  readonly #encoder: FrameEncoder;
  readonly #coalesceWrites: boolean;
  readonly #onFlushed: (() => void) | undefined;
  readonly #onError: ((error: unknown) => void) | undefined;
  #isEnded = false;
  readonly #flushing = new TurnTask(() => {
    this.flush();
  });
  /** What the carrier is to be given next. Headers and small payloads are joined, large payloads stay apart. */
  readonly #batch = new ByteQueue();

  constructor(
    carrier: WrittenCarrier,
    { framing, coalesceWrites, onFlushed, onError }: MessageWriterOptions,
  ) {
    this.#carrier = carrier;
    this.#onFlushed = onFlushed;
    this.#onError = onError;
    this.#coalesceWrites = coalesceWrites;
    this.#encoder = quietly(
      () =>
        new FrameEncoder(framing, (pieces) => {
          for (const piece of pieces) {
            this.#batch.push(piece);
          }
        }),
    );
  }

  /** Bytes that the carrier takes besides what waits here for the turn's end. Below 0 where that is too much already. */
  get room(): number {
    return this.#carrier.capacity$.value - this.#batch.length;
  }

  /** Writes a control message. */
  write(message: Message): void {
    this.#encode(encodeHeader(message));
  }

  /**
   * Writes a DATA message with its payload.
   *
   * @param seq - bytes sent on the channel, this payload included, modulo 2^32
   */
  writeData(channel: number, seq: number, payload: Buffer): void {
    this.#encode(encodeHeader({ type: MessageType.data, channel, seq }), payload);
  }

  /** Gives the carrier what has been written and not yet passed on. */
  flush(): void {
    this.#flushing.cancel();
    if (this.#batch.length === 0) {
      return;
    }
    const chunks: Buffer[] = [];
    while (this.#batch.length > 0) {
      chunks.push(this.#batch.take(Infinity));
    }
    this.#carrier.write(chunks);
    this.#onFlushed?.();
  }

  /** Flushes, and ends the carrier. What is written from now on is dropped. */
  end(): void {
    if (!this.#isEnded) {
      this.flush();
      this.#isEnded = true;
      this.#carrier.end();
    }
  }

  /** Drops what has been written and not yet passed on, and what is written from now on. */
  discard(): void {
    this.#isEnded = true;
    this.#flushing.cancel();
    this.#batch.clear();
  }

  /** A frame, or two that must follow each other. */
  #encode(header: Buffer, payload?: Buffer): void {
    if (this.#isEnded) {
      return;
    }
    try {
      this.#encoder.write(header);
      if (payload !== undefined) {
        this.#encoder.write(payload);
      }
    } catch (error) {
      this.discard();
      this.#onError?.(error);
      return;
    }
    if (this.#coalesceWrites) {
      this.#flushing.schedule();
    } else {
      this.flush();
    }
  }
}
