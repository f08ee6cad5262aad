import type { ByteStreamPair } from '../carrier/web-stream-carrier.js';
import type { MuxChannelMessage, MuxSide } from '../carrier/mux-side.js';
import { ProtocolError } from '../errors.js';
import type { ReceivedMessage } from '../framing/message-reader.js';
import { endMessage, MessageType } from '../protocol/message.js';
import type { Reason } from '../protocol/reason.js';
import { framesOf } from './frames.js';
import type { StreamReader } from './read-messages.js';
import { refusalOf } from '../protocol/refusal.js';

/** What a {@link ChannelStream} needs of those around it. */
export interface StreamOwner {
  /** So many bytes more wait in streams, or fewer. */
  waits(bytes: number): void;
  /** The peer takes no more of the stream's bytes, or the session is gone. */
  stopped(stream: ChannelStream): void;
  /** Both sides of the channel have ended: its number is free. */
  over(stream: ChannelStream): void;
}

/** Why this side refuses a channel of its own. */
const NO_STREAM: Reason = { code: 'NO_STREAM', message: 'there is no stream for the channel' };

/**
 * A channel, and the stream that carries what both sides say about it. Where both have opened the same number at the same time it
 * has two streams, and each side may speak on its own.
 */
export class ChannelStream {
  readonly channel: number;
  /** Fulfilled when both sides have ended. */
  readonly over: Promise<void>;
  readonly #mux: MuxSide;
  readonly #owner: StreamOwner;
  /** Those of its streams. This side speaks on the first. */
  readonly #writers: ReturnType<ByteStreamPair['writable']['getWriter']>[] = [];
  readonly #readers: StreamReader[] = [];
  /** What the mux has said, and no stream has been given yet. */
  readonly #due: MuxChannelMessage[] = [];
  #isHeard = false;
  /** Whether the mux knows the HANDSHAKE of the peer: without that it takes no end. */
  #isAnswered = false;
  #hasMuxEnded = false;
  #hasPeerEnded = false;
  #readOut = 0;
  #tellOver: () => void = ignore;

  constructor(channel: number, mux: MuxSide, owner: StreamOwner) {
    this.channel = channel;
    this.#mux = mux;
    this.#owner = owner;
    this.over = new Promise((resolve) => {
      this.#tellOver = resolve;
    });
  }

  /** Whether the peer has said something. */
  get isHeard(): boolean {
    return this.#isHeard;
  }

  /** Has a stream for it. */
  carryOver(writable: ByteStreamPair['writable'], reader: StreamReader): void {
    const writer = writable.getWriter();
    writer.closed.catch(() => {
      this.#owner.stopped(this);
    });
    this.#writers.push(writer);
    this.#readers.push(reader);
    if (this.#isOver) {
      this.#endStreams(); // over another one, before this one was there
    } else {
      this.flush();
    }
  }

  /** The mux says something. It leaves with {@link flush}. */
  say(message: MuxChannelMessage): void {
    this.#due.push(message);
    if (isEnd(message)) {
      this.#hasMuxEnded = true;
      this.#finishIfOver();
    }
  }

  /** Writes what the mux has said, in one piece, once there is a stream for it. */
  flush(): void {
    const [writer] = this.#writers;
    if (writer !== undefined && this.#due.length > 0) {
      const frames = framesOf(this.#due.splice(0));
      const written = (): void => {
        this.#owner.waits(-frames.length);
      };
      this.#owner.waits(frames.length);
      writer.write(frames).then(written, written);
    }
  }

  /**
   * What the peer has said on one of its streams.
   *
   * @throws {@link ProtocolError} where something is about no channel, or another one, or makes no sense
   */
  hearAll(messages: readonly ReceivedMessage[]): void {
    for (const message of messages) {
      if (!('channel' in message) || message.type === 'badHandshake' || message.channel !== this.channel) {
        throw new ProtocolError('a stream says what is not about its channel', { channelId: this.channel });
      }
      this.#hear(message);
    }
  }

  /** Nothing more comes of one of its streams: that has come to its end, or was reset. */
  readOut(): void {
    this.#readOut += 1;
    if (this.#hasPeerEnded || this.#readOut < this.#readers.length) {
      return;
    }
    if (this.#isAnswered) {
      this.#hear(endMessage(MessageType.errorEnd, this.channel));
    } else {
      this.refuse();
    }
  }

  /** There is no stream for it, or nobody at the other end of that: the mux is refused. */
  refuse(): void {
    for (const message of refusalOf(this.channel, NO_STREAM, this.#mux.isExtended)) {
      this.#hear(message);
    }
  }

  /** The peer takes no more bytes. */
  stopped(): void {
    if (this.#mux.isExtended && !this.#hasMuxEnded) {
      this.#mux.tell({ type: 'stop', channel: this.channel, reason: undefined });
    }
  }

  #hear(message: MuxChannelMessage): void {
    this.#isHeard = true;
    if (message.type === MessageType.data) {
      this.#mux.tellData(this.channel, message.seq, message.bytes);
      return;
    }
    this.#mux.tell(message);
    this.#isAnswered ||= message.type === MessageType.handshake;
    if (isEnd(message)) {
      this.#hasPeerEnded = true;
      this.#finishIfOver();
    }
  }

  #finishIfOver(): void {
    if (this.#isOver) {
      this.flush();
      this.#owner.over(this);
      this.#tellOver();
      this.#endStreams();
    }
  }

  get #isOver(): boolean {
    return this.#hasMuxEnded && this.#hasPeerEnded;
  }

  #endStreams(): void {
    for (const writer of this.#writers) {
      writer.close().catch(ignore);
    }
    // The far end's platform may not end its side, as Deno's does not.
    for (const reader of this.#readers) {
      reader.cancel().catch(ignore);
    }
  }
}

const isEnd = ({ type }: MuxChannelMessage): boolean =>
  type === MessageType.end || type === MessageType.errorEnd || type === 'refuse';

function ignore(): void {
  // everything has been said
}
