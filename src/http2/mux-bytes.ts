import type { Http2Stream } from 'node:http2';
import { ReceiveWindow } from '../flow/receive-window.js';
import {
  type CreditMessage,
  creditMessage,
  endMessage,
  type EndType,
  handshakeMessage,
  MessageType,
} from '../protocol/message.js';
import type { Reason } from '../protocol/reason.js';
import { advance } from '../protocol/sequence.js';
import { errorTrailer, reasonHeader } from './headers.js';
import type { MuxSide } from '../carrier/mux-side.js';
import type { PeerBytes } from './peer-bytes.js';

/** Bytes that may wait in a stream's write buffer. */
const WINDOW = 65_536;

const NO_DATA = new Uint8Array();

/** The mux's bytes on a channel, on their way to the stream, which says how many it takes. */
export class MuxBytes {
  readonly #channel: number;
  readonly #stream: Http2Stream;
  readonly #mux: MuxSide;
  readonly #peerBytes: Pick<PeerBytes, 'isEndSaid'>;
  /** What the stream takes. */
  readonly #window = new ReceiveWindow(WINDOW);
  #seq = 0;
  #isWindowSaid = false;
  #isHandshakeSaid = false;
  #end: EndType | undefined;
  #reason: Reason | undefined;

  constructor(channel: number, stream: Http2Stream, mux: MuxSide, peerBytes: Pick<PeerBytes, 'isEndSaid'>) {
    this.#channel = channel;
    this.#stream = stream;
    this.#mux = mux;
    this.#peerBytes = peerBytes;
    // Trailers are sent once. A server with a `request` listener would have Node send none at all.
    stream.removeAllListeners('wantTrailers').on('wantTrailers', () => {
      if (!stream.closed) {
        stream.sendTrailers(this.#trailers);
      }
    });
  }

  /** Whether the peer's handshake has been said. */
  get isHandshakeSaid(): boolean {
    return this.#isHandshakeSaid;
  }

  /** Whether the mux has said that there are no more. */
  get hasEnded(): boolean {
    return this.#end !== undefined;
  }

  /** The peer's handshake has come. */
  sayHandshake(data: Uint8Array): void {
    // Where the window is known already this is no grant: a mux that has sent leaves its credit as it is.
    const free = this.#isWindowSaid ? this.#window.remaining : this.#window.grant();
    this.#sayHandshake(free, data);
  }

  /** The peer has refused the channel. */
  sayRefusal(reason: Reason | undefined): void {
    if (this.#mux.isExtended) {
      this.#isHandshakeSaid = true;
      this.#mux.tell({ type: 'refuse', channel: this.#channel, reason });
    } else {
      this.sayFailure();
    }
  }

  /** The channel has failed before it was answered. */
  sayFailure(): void {
    if (this.#window.total === 0) {
      // Takes back the credit that was given before the answer: the mux then knows a refusal.
      this.#mux.tell(creditMessage(MessageType.preHandshake, this.#channel, 0, 0));
    }
    this.#sayHandshake(0, NO_DATA);
    this.#mux.tell(endMessage(MessageType.errorEnd, this.#channel));
  }

  /** Tells the mux how many the stream takes. Once it has ended, it does not ask any more. */
  sayWindow(): void {
    if (!this.hasEnded) {
      this.#isWindowSaid = true;
      const free = this.#window.grant();
      this.#mux.tell(creditMessage(this.#creditType, this.#channel, free, this.#seq));
    }
  }

  /** The mux sends some. */
  write(bytes: Buffer): void {
    this.#seq = advance(this.#seq, bytes.length);
    this.#window.received(bytes.length);
    if (this.#stream.writable) {
      this.#stream.write(bytes, () => {
        this.#window.consumed(bytes.length);
        if (this.#window.isGrantDue) {
          this.sayWindow();
        }
      });
    } else {
      this.#window.consumed(bytes.length);
      this.sayWindow(); // the stream is gone: so that the mux can finish
    }
  }

  /** The mux says why its end is an error. */
  because(reason: Reason | undefined): void {
    this.#reason = reason;
  }

  /** The mux sends no more. */
  end(type: EndType): void {
    this.#end = type;
    this.#stream.end();
  }

  get #creditType(): CreditMessage['type'] {
    if (!this.#isHandshakeSaid) {
      return MessageType.preHandshake;
    }
    return this.#peerBytes.isEndSaid ? MessageType.finishedStatus : MessageType.status;
  }

  get #trailers() {
    const isError = this.#end === MessageType.errorEnd;
    return { ...errorTrailer(isError), ...(isError && reasonHeader(this.#reason)) };
  }

  #sayHandshake(free: number, data: Uint8Array): void {
    this.#isWindowSaid = true;
    this.#isHandshakeSaid = true;
    this.#mux.tell(handshakeMessage(this.#channel, free, data));
  }
}
