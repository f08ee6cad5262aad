import type { Carrier } from '../carrier/carrier.js';
import { encodeHeader, headerSize } from '../protocol/codec.js';
import { dataMessage, type Message } from '../protocol/message.js';
import { type FrameLengths, frameLengths } from './frame-lengths.js';
import type { Framing } from './framing.js';
import { WriteBatch } from './write-batch.js';

/** Payloads up to this size are copied behind their header, so that many small ones leave in one piece. */
const SMALL = 4096;

const NOTHING: readonly Buffer[] = [];

/** Settings of {@link MessageWriter}. */
export interface MessageWriterOptions {
  readonly framing: Framing;
  /** Whether what is written waits for {@link MessageWriter.flush}, or is passed on at once. */
  readonly coalesceWrites: boolean;
  /** Called when something waits for {@link MessageWriter.flush} and nothing did before. */
  readonly onWaiting?: () => void;
  /** Called when the carrier has been given what had been written. */
  readonly onFlushed?: () => void;
  /** Called with what the option `framing.setLength` throws. Frames are out of step from then on. */
  readonly onError?: (error: unknown) => void;
  /** Called with what the carrier throws. It is of no use from then on. */
  readonly onCarrierError?: (error: unknown) => void;
}

/** What a {@link MessageWriter} needs of a carrier. */
export type WrittenCarrier = Pick<Carrier, 'capacity$' | 'write' | 'end'>;

/** Messages out: as frames, to the carrier. */
export class MessageWriter {
  readonly #carrier: WrittenCarrier;
  readonly #lengths: FrameLengths;
  readonly #options: MessageWriterOptions;
  readonly #batch = new WriteBatch();
  #passedOn = 0;
  #frames = 0;
  #isEnded = false;

  constructor(carrier: WrittenCarrier, options: MessageWriterOptions) {
    this.#carrier = carrier;
    this.#lengths = frameLengths(options.framing);
    this.#options = options;
  }

  /** What the carrier takes beyond what waits here. Negative if too much waits; 0 after the end. */
  get room(): number {
    return this.#isEnded ? 0 : this.#carrier.capacity$.value - this.#batch.length;
  }

  /** Whether something more may be written: there is room, or what is written leaves together with something else. */
  get canWrite(): boolean {
    return this.#batch.length > 0 || this.room > 0;
  }

  /** Bytes that have been written so far. */
  get position(): number {
    return this.#passedOn + this.#batch.length;
  }

  /** Frames that have been written so far. */
  get frames(): number {
    return this.#frames;
  }

  /** Writes a control message. */
  write(message: Message): void {
    this.#write(message);
  }

  /**
   * Writes a DATA message with its payload.
   *
   * @param seq - bytes sent on the channel, this payload included, modulo 2^32
   * @param payload - must not be changed any more, since the carrier may be given it as it is
   * @param more - the rest of the payload, where it is in several pieces
   */
  writeData(channel: number, seq: number, payload: Buffer, more?: readonly Buffer[]): void {
    this.#write(dataMessage(channel, seq), payload, more);
  }

  /** What is written from now on goes to the carrier as pieces of its own: some deliver a piece only as a whole. */
  endPiece(): void {
    this.#batch.seal();
  }

  /** Gives the carrier what has been written and not yet passed on. */
  flush(): void {
    // After the end, the rest of a message may be here: `setLength` ended the writer while it was being written.
    if (this.#batch.length > 0 && !this.#isEnded) {
      this.#passedOn += this.#batch.length;
      try {
        this.#carrier.write(this.#batch.take());
      } catch (error) {
        this.#carrierFailed(error);
        return;
      }
      this.#options.onFlushed?.();
    }
  }

  /** Flushes, and ends the carrier. What is written from now on is dropped. */
  end(): void {
    if (!this.#isEnded) {
      this.flush();
      this.#isEnded = true;
      try {
        this.#carrier.end();
      } catch (error) {
        this.#carrierFailed(error);
      }
    }
  }

  /** Drops what has been written and not yet passed on, and what is written from now on. */
  discard(): void {
    this.#isEnded = true;
    this.#batch.take();
  }

  #carrierFailed(error: unknown): void {
    this.discard();
    this.#options.onCarrierError?.(error);
  }

  #write(message: Message, payload?: Buffer, more: readonly Buffer[] = NOTHING): void {
    if (this.#isEnded) {
      return;
    }
    const wasEmpty = this.#batch.length === 0;
    try {
      this.#encode(message, payload, more);
    } catch (error) {
      this.discard();
      this.#options.onError?.(error);
      return;
    }
    if (!this.#options.coalesceWrites) {
      this.flush();
    } else if (wasEmpty) {
      this.#options.onWaiting?.();
    }
  }

  /** Adds a header frame, and with a payload another one that must follow it. Throws what `setLength` throws. */
  #encode(message: Message, payload: Buffer | undefined, more: readonly Buffer[]): void {
    const lengths = this.#lengths;
    const size = headerSize(message);
    const isJoined = payload !== undefined && payload.length <= SMALL;
    const sizeOfPayload = payload === undefined ? 0 : lengths.size + (isJoined ? payload.length : 0);
    const at = this.#batch.reserve(lengths.size + size + sizeOfPayload);
    const { memory } = this.#batch;
    lengths.write(memory, at, size);
    this.#frames += 1;
    encodeHeader(message, memory, at + lengths.size);
    if (payload !== undefined) {
      const end = at + lengths.size + size;
      lengths.write(memory, end, lengthOf(payload, more));
      this.#frames += 1;
      if (isJoined) {
        memory.set(payload, end + lengths.size);
      } else {
        this.#batch.append(payload);
      }
      for (const piece of more) {
        this.#add(piece);
      }
    }
  }

  #add(piece: Buffer): void {
    if (piece.length <= SMALL) {
      const at = this.#batch.reserve(piece.length);
      this.#batch.memory.set(piece, at);
    } else {
      this.#batch.append(piece);
    }
  }
}

function lengthOf(payload: Buffer, more: readonly Buffer[]): number {
  return more.reduce((sum, { length }) => sum + length, payload.length);
}
