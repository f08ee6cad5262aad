import { Buffer } from 'node:buffer';
import { HeaderTooBigError, type MuxError, ProtocolError } from '../errors.js';
import { ByteQueue } from '../flow/byte-queue.js';
import { decodeHeader } from '../protocol/codec.js';
import { decodeExtension, type Extension, type UnknownExtension } from '../protocol/extension.js';
import type { InvalidHeader } from '../protocol/invalid-header.js';
import { type DataMessage, type Message, MessageType } from '../protocol/message.js';
import { advance } from '../protocol/sequence.js';
import { type FrameLengths, frameLengths } from './frame-lengths.js';
import type { Framing } from './framing.js';
import type { Traffic } from './traffic.js';

/** Bytes that have arrived for a channel: a payload, or a part of one. */
export interface PayloadMessage {
  readonly type: typeof MessageType.data;
  readonly channel: number;
  /** Bytes that the peer has sent on the channel up to the end of this part, modulo 2^32. */
  readonly seq: number;
  /** A view of the carrier's chunk. May be empty. */
  readonly bytes: Buffer;
  /** Whether this is the first part of its payload. */
  readonly isFirst: boolean;
}

/** A HANDSHAKE that is too big to be taken. */
export interface BadHandshakeMessage {
  readonly type: 'badHandshake';
  readonly channel: number;
  readonly error: MuxError;
}

/** What the peer says, in order: each DATA header together with the payload frame that follows it. */
export type ReceivedMessage =
  Exclude<Message, DataMessage> | UnknownExtension | PayloadMessage | BadHandshakeMessage | InvalidHeader;

/** What concerns one channel of it. */
export type ChannelMessage = Extract<ReceivedMessage, { readonly channel: number }>;

/** How many bytes of a header that is too big are kept, to see which channel it is about. */
const KEPT_OF_TOO_BIG = 9;

/** What a first header may have at most where nothing else is said, unless its type is known. */
const MAX_FIRST_HEADER = 65_536;

/** Bytes that are shown of what is not this protocol. */
const SHOWN = 16;

/** What `#frameLength` is before a frame has begun. */
const NONE = -1;

const EMPTY = Buffer.alloc(0);

/**
 * Messages in: cuts the carrier's bytes into frames, puts headers together and says what they mean. Payloads pass
 * through uncopied, in the parts in which they come.
 */
export class MessageReader {
  readonly #lengths: FrameLengths;
  readonly #maxHeaderSize: number;
  readonly #extensions: boolean;
  readonly #emit: (message: ReceivedMessage) => void;
  readonly #received: Traffic;
  /** The connection's first bytes, until its first frame has begun. */
  #beginning: Buffer | undefined = EMPTY;
  #isStopped = false;
  #isReading = false;
  /** Chunks that have come while another is being read. */
  #waiting: Buffer[] = [];

  #frameLength = NONE;
  /** Bytes of the present frame that have come. */
  #framePos = 0;
  /** What has come of a frame's length, where a chunk ended within it. */
  #partialLength: Buffer | undefined;
  /** What has come of a header, where a chunk ended within it. */
  readonly #header = new ByteQueue();
  /** The header whose payload comes next. */
  #payloadOf: DataMessage | undefined;

  /**
   * @param framing - how frames are delimited
   * @param maxHeaderSize - bytes; a larger header is skipped without being kept. 0 = no limit
   * @param emit - called for every header frame with one message, or after a DATA header, with one for each part of its
   *   payload
   * @param extensions - whether more is made of an extended keep-alive than a keep-alive
   * @param received - what has come is added to it
   */
  constructor(
    framing: Framing,
    maxHeaderSize: number,
    emit: (message: ReceivedMessage) => void,
    extensions = false,
    received: Traffic = { bytes: 0, frames: 0 },
  ) {
    this.#extensions = extensions;
    this.#received = received;
    this.#lengths = frameLengths(framing);
    this.#maxHeaderSize = maxHeaderSize;
    this.#emit = emit;
  }

  /**
   * Reads a chunk; one that comes while another is being read waits for that.
   *
   * @throws what the framing says of a length that it refuses, and {@link ProtocolError} where the first frame shows that
   *   the peer speaks something else. Nothing more is read then: there are no frames, or they are out of step.
   */
  read(chunk: Buffer): void {
    if (this.#isReading) {
      this.#waiting.push(chunk);
      return;
    }
    this.#isReading = true;
    try {
      this.#readChunk(chunk);
      if (this.#waiting.length > 0) {
        for (const next of this.#waiting) {
          this.#readChunk(next); // others may be added meanwhile
        }
        this.#waiting = [];
      }
    } catch (error) {
      this.stop();
      throw error;
    } finally {
      this.#isReading = false;
    }
  }

  /** Reads nothing more, be it in the middle of a chunk. */
  stop(): void {
    this.#isStopped = true;
  }

  #readChunk(chunk: Buffer): void {
    this.#received.bytes += chunk.length;
    if (this.#beginning !== undefined) {
      this.#beginning = Buffer.concat([this.#beginning, chunk.subarray(0, this.#lengths.size + SHOWN)]);
    }
    const { length } = chunk;
    let at = 0;
    while (at < length && !this.#isStopped) {
      if (this.#frameLength < 0) {
        at = this.#readLength(chunk, at);
        if (at === length && this.#frameLength !== 0) {
          return; // nothing of the frame has come, unless it is empty
        }
      }
      const end = Math.min(length, at + this.#frameLength - this.#framePos);
      if (this.#payloadOf === undefined) {
        this.#readHeader(chunk, at, end);
      } else {
        this.#readPayload(this.#payloadOf, chunk, at, end);
      }
      at = end;
    }
  }

  /** Reads a frame's length, or what the chunk has of it. Returns where it ends. */
  #readLength(chunk: Buffer, at: number): number {
    const { size } = this.#lengths;
    const partial = this.#partialLength;
    if (partial === undefined && chunk.length - at >= size) {
      this.#frameLength = this.#lengths.read(chunk, at);
      return at + size;
    }
    const end = Math.min(chunk.length, at + size - (partial?.length ?? 0));
    const bytes = Buffer.concat([partial ?? EMPTY, chunk.subarray(at, end)]);
    if (bytes.length < size) {
      this.#partialLength = bytes;
    } else {
      this.#partialLength = undefined;
      this.#frameLength = this.#lengths.read(bytes, 0);
    }
    return end;
  }

  /** Counts bytes of the present frame. Returns whether they are its last. */
  #advance(bytes: number): boolean {
    this.#framePos += bytes;
    const isEnd = this.#framePos === this.#frameLength;
    if (isEnd) {
      this.#frameLength = NONE;
      this.#framePos = 0;
      this.#received.frames += 1;
    }
    return isEnd;
  }

  #readPayload({ channel, seq }: DataMessage, chunk: Buffer, start: number, end: number): void {
    const isFirst = this.#framePos === 0;
    const missing = this.#frameLength - this.#framePos - (end - start);
    if (this.#advance(end - start)) {
      this.#payloadOf = undefined;
    }
    this.#emit({
      type: MessageType.data,
      channel,
      seq: advance(seq, -missing),
      bytes: chunk.subarray(start, end),
      isFirst,
    });
  }

  #readHeader(chunk: Buffer, start: number, end: number): void {
    const isTooBig = this.#maxHeaderSize > 0 && this.#frameLength > this.#maxHeaderSize;
    if (this.#beginning !== undefined) {
      this.#checkBeginning(this.#beginning, isTooBig, chunk[start]);
    }
    if (isTooBig) {
      this.#skipHeader(chunk, start, end);
    } else if (end - start === this.#frameLength) {
      this.#advance(end - start); // as it comes nearly always: nothing to keep
      this.#decode(chunk, start, end);
    } else {
      this.#header.pushView(chunk.subarray(start, end));
      if (this.#advance(end - start)) {
        const header = this.#takeHeader();
        this.#decode(header, 0, header.length);
      }
    }
  }

  /** Reads on in a header that is too big, and reports it as soon as it is known whom it concerns. */
  #skipHeader(chunk: Buffer, start: number, end: number): void {
    const missing = Math.min(KEPT_OF_TOO_BIG, this.#frameLength) - this.#framePos;
    this.#advance(end - start);
    if (missing > 0) {
      this.#header.pushView(chunk.subarray(start, Math.min(end, start + missing)));
      if (end - start >= missing) {
        this.#emitTooBig(this.#takeHeader());
      }
    }
  }

  #takeHeader(): Buffer {
    const pieces: Buffer[] = [];
    while (this.#header.length > 0) {
      pieces.push(this.#header.take(Infinity));
    }
    return Buffer.concat(pieces);
  }

  /** Every connection begins with a frame of a known type, and only a HANDSHAKE can be long. */
  #checkBeginning(bytes: Buffer, isTooBig: boolean, type: number | undefined): void {
    this.#beginning = undefined;
    const isForeign =
      this.#maxHeaderSize > 0
        ? isTooBig && type !== MessageType.handshake
        : this.#frameLength > MAX_FIRST_HEADER && Number(type) > MessageType.keepAlive;
    if (isForeign) {
      throw new ProtocolError(`the peer does not speak this protocol: it began with "${printable(bytes)}"`);
    }
  }

  #decode(bytes: Buffer, start: number, end: number): void {
    const message = decodeHeader(bytes, start, end, this.#extensions);
    if (message.type === MessageType.data) {
      this.#payloadOf = message;
    } else {
      this.#emit(message);
    }
  }

  #emitTooBig(start: Buffer): void {
    const hasChannel = start.length >= 5 && start[0] !== MessageType.keepAlive;
    const channelId = hasChannel ? start.readUInt32BE(1) : undefined;
    const error = new HeaderTooBigError({ channelId });
    this.#emit(
      start[0] === MessageType.handshake && channelId !== undefined
        ? { type: 'badHandshake', channel: channelId, error }
        : { type: 'invalid', error },
    );
    if (this.#extensions && start[0] === MessageType.keepAlive) {
      this.#emitWithoutReason(decodeExtension(start, 0, start.length));
    }
  }

  /** What it says holds all the same: a channel that is refused would else wait for ever. */
  #emitWithoutReason(message: Extension | UnknownExtension | InvalidHeader): void {
    if (message.type === 'stop' || message.type === 'refuse' || message.type === 'goAway') {
      this.#emit({ ...message, reason: undefined });
    }
  }
}

/** As text: ASCII as it is, all else in hex. */
function printable(bytes: Buffer): string {
  return bytes
    .toString('latin1', 0, SHOWN)
    .replace(/[^ -~]|["\\]/g, (letter) => `\\x${letter.charCodeAt(0).toString(16).padStart(2, '0')}`);
}
