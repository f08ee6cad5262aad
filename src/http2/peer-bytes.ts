import type { Http2Stream } from 'node:http2';
import { SendWindow } from '../flow/send-window.js';
import { endMessage, type EndType, MessageType } from '../protocol/message.js';
import type { MuxSide } from '../carrier/mux-side.js';

/**
 * The peer's bytes on a stream, on their way to the mux, as far as it has given credit for them. The end follows the last
 * of them: also that of a stream which has been reset, since Node keeps what had come of it.
 */
export class PeerBytes {
  readonly #channel: number;
  readonly #stream: Http2Stream;
  readonly #mux: MuxSide;
  /** What the mux takes. */
  readonly #window = new SendWindow();
  #isOpen = false;
  #end: EndType | undefined;
  #isEndSaid = false;

  constructor(channel: number, stream: Http2Stream, mux: MuxSide) {
    this.#channel = channel;
    this.#stream = stream;
    this.#mux = mux;
  }

  /** Whether the mux has been given any. */
  get hasBegun(): boolean {
    return this.#window.total > 0;
  }

  /** Whether the mux has been told that there are no more. */
  get isEndSaid(): boolean {
    return this.#isEndSaid;
  }

  /** The mux knows the peer's handshake. Not every engine tells of a response before its bytes. */
  open(): void {
    this.#isOpen = true;
    this.read();
  }

  /** The mux takes more of them. */
  grant(free: number, seq: number): void {
    this.#window.grant(free, seq);
    this.read();
  }

  /** Gives the mux what it takes of those that have come. */
  read(): void {
    if (!this.#isOpen) {
      return;
    }
    while (!this.#isEndSaid) {
      const bytes = Math.min(this.#window.credit, this.#stream.readableLength);
      const chunk = bytes > 0 ? (this.#stream.read(bytes) as Buffer | null) : null;
      if (chunk === null) {
        break;
      }
      this.#window.sent(chunk.length);
      this.#mux.tellData(this.#channel, this.#window.seq, chunk);
    }
    if (this.#stream.readableLength === 0) {
      this.#sayEnd();
      this.#stream.read(0); // lets the end come
    }
  }

  /** No more will come. */
  end(type: EndType): void {
    this.#end ??= type;
    this.read();
  }

  /** The mux refuses the channel: the number is free when it has heard of the end. */
  refuse(): void {
    this.#end = MessageType.end;
    this.#sayEnd();
  }

  /** There is no channel: the mux takes no more, and knows that. */
  discard(): void {
    this.#isEndSaid = true;
  }

  #sayEnd(): void {
    if (this.#end !== undefined && !this.#isEndSaid) {
      this.#isEndSaid = true;
      this.#mux.tell(endMessage(this.#end, this.#channel));
    }
  }
}
