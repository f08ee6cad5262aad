import { constants, type Http2Stream, type IncomingHttpHeaders } from 'node:http2';
import { type HandshakeMessage, MessageType } from '../protocol/message.js';
import { FULL, GOING_AWAY } from '../protocol/own-reasons.js';
import type { Reason } from '../protocol/reason.js';
import { nextTurn$ } from '../reactive/next-turn.js';
import { handshakeOf, hasVersion, isErrorIn, reasonOf } from './headers.js';
import { MuxBytes } from './mux-bytes.js';
import type { MuxChannelMessage, MuxSide } from '../carrier/mux-side.js';
import { PeerBytes } from './peer-bytes.js';

/** What a {@link ChannelStream} needs of those around it. */
export interface StreamOwner {
  /** The peer is to be told that its bytes are not wanted. */
  stop(stream: ChannelStream): void;
  /** The stream is gone, and both sides of the channel have ended. */
  over(stream: ChannelStream): void;
  /** The stream is gone with its session, before both sides had ended. */
  lost(error: Error | null): void;
}

/**
 * Codes of streams for which there is no room: opened before the peer had said how many it takes; or a session's other streams
 * have all the memory that Node lets it have.
 */
const NO_ROOM: readonly (number | undefined)[] = [
  constants.NGHTTP2_REFUSED_STREAM,
  constants.NGHTTP2_ENHANCE_YOUR_CALM,
];

/** How a channel that the peer has opened is answered. */
export interface Reply {
  accept(data: Uint8Array): void;
  refuse(reason: Reason | undefined): void;
}

/**
 * A channel as an HTTP/2 stream: translates between the mux's messages and the stream.
 *
 * The stream may go at any moment: reset by the peer, or with its session. It is `closed` from then on, and not yet
 * `destroyed` while bytes of it wait to be read. Headers and trailers throw on it, all else does nothing.
 */
export class ChannelStream {
  readonly channel: number;
  readonly #stream: Http2Stream;
  /** Where its stream is, or was. */
  readonly session: Http2Stream['session'];
  readonly #mux: MuxSide;
  readonly #owner: StreamOwner;
  readonly #reply: Reply | undefined;
  readonly #peerBytes: PeerBytes;
  readonly #muxBytes: MuxBytes;
  /** Whether the mux can still refuse the peer's channel. */
  #mayRefuse: boolean;
  #isPeerExtended = false;
  #trailers: IncomingHttpHeaders | undefined;
  #isStopDue = false;

  /** @param reply - where the peer has opened the channel */
  constructor(channel: number, stream: Http2Stream, mux: MuxSide, owner: StreamOwner, reply?: Reply) {
    this.channel = channel;
    this.#stream = stream;
    this.session = stream.session;
    this.#mux = mux;
    this.#owner = owner;
    this.#reply = reply;
    this.#mayRefuse = reply !== undefined;
    this.#peerBytes = new PeerBytes(channel, stream, mux);
    this.#muxBytes = new MuxBytes(channel, stream, mux, this.#peerBytes);
    stream.on('readable', this.#read);
    stream.on('trailers', (headers: IncomingHttpHeaders) => {
      this.#trailers = headers;
    });
    stream.on('end', () => {
      this.#peerEnded();
      if (stream.closed) {
        stream.destroy(); // Node would wait for what has been written, which nobody takes any more
      }
    });
    // What has gone wrong is said at `close`: the stream has not come to its end.
    stream.on('error', () => undefined);
    stream.on('close', () => {
      this.#closed();
    });
  }

  /**
   * The stream's number, below 0 where the peer has made it: so each stream of both sessions has its own. It is 0 where there is
   * no such number: before there is a connection, and where the session had none left.
   */
  get key(): number {
    const { id = 0 } = this.#stream;
    return this.#reply === undefined ? id : -id;
  }

  /** Whether both sides have ended, so that the number is free for the mux. */
  get isOver(): boolean {
    return this.#muxBytes.hasEnded && this.#peerBytes.isEndSaid;
  }

  /** Whether the number is free for the peer: both ends are on the line, though the mux may not have heard of the peer's. */
  get isOverForPeer(): boolean {
    return this.#muxBytes.hasEnded && this.#stream.closed;
  }

  /** Begins a channel of the mux's: the stream takes bytes at once. */
  begin(free: number): void {
    this.#peerBytes.grant(free, 0);
    this.#muxBytes.sayWindow();
  }

  /** The peer has opened the channel, or accepted it. */
  handshake(headers: IncomingHttpHeaders): void {
    this.#isPeerExtended = hasVersion(headers);
    this.#muxBytes.sayHandshake(handshakeOf(headers));
    this.#peerBytes.open();
    this.#sayStop();
  }

  /** The peer has refused the channel. */
  refused(reason: Reason | undefined): void {
    this.#muxBytes.sayRefusal(reason);
    this.#peerBytes.discard();
    // Not reset: a server that has many streams reset in a short time takes that for an attack, and ends the session.
    this.#stream.off('readable', this.#read).resume().end();
  }

  /** The peer takes no more bytes. */
  stopped(): void {
    this.#mux.tell({ type: 'stop', channel: this.channel, reason: undefined });
  }

  /** The mux says something about the channel. */
  receive(message: MuxChannelMessage): void {
    switch (message.type) {
      case MessageType.data:
        this.#muxBytes.write(message.bytes);
        break;
      case MessageType.handshake:
        this.#answer(message);
        break;
      case MessageType.end:
      case MessageType.errorEnd:
        this.#muxBytes.end(message.type);
        this.#tellIfOver();
        break;
      case 'reason':
        this.#muxBytes.because(message.reason);
        break;
      case 'refuse':
        this.#refuse(message.reason);
        break;
      case 'stop':
        this.#isStopDue = true;
        this.#sayStop();
        break;
      default:
        this.#mayRefuse = false; // the peer may send: what comes now is no refusal
        this.#peerBytes.grant(message.free, message.seq);
        this.#tellIfOver();
    }
  }

  #answer({ free, data }: HandshakeMessage): void {
    if (free === 0 && this.#mayRefuse) {
      this.#refuse(undefined);
      return;
    }
    if (!this.#stream.closed) {
      this.#reply?.accept(data);
    }
    if (!this.#peerBytes.hasBegun) {
      this.#peerBytes.grant(free, 0);
    }
  }

  #refuse(reason: Reason | undefined): void {
    this.#stream.off('readable', this.#read);
    this.#reply?.refuse(reason);
    this.#peerBytes.refuse();
    this.#owner.over(this);
  }

  readonly #read = (): void => {
    this.#peerBytes.read();
  };

  /** The peer's bytes have been read, to their end or as far as the stream got. */
  #peerEnded(): void {
    // An rxmux says in trailers that this is its end. bpmux sends none with its responses.
    const isError = this.#trailers === undefined ? this.#isPeerExtended : isErrorIn(this.#trailers);
    const reason = isError && this.#trailers !== undefined ? reasonOf(this.#trailers) : undefined;
    if (reason !== undefined && this.#mux.isExtended) {
      this.#mux.tell({ type: 'reason', channel: this.channel, reason });
    }
    this.#peerBytes.end(isError ? MessageType.errorEnd : MessageType.end);
    this.#tellIfOver();
  }

  #closed(): void {
    if (!this.isOver && this.session?.destroyed === true) {
      this.#owner.lost(this.#stream.errored);
      return;
    }
    if (!this.#muxBytes.isHandshakeSaid) {
      this.#failed();
    }
    this.#peerBytes.end(MessageType.errorEnd); // unless it has come to its end
    this.#tellIfOver();
  }

  /** The stream was reset before it was answered. */
  #failed(): void {
    if (this.session?.closed === true) {
      this.refused(GOING_AWAY);
    } else if (NO_ROOM.includes(this.#stream.rstCode)) {
      this.refused(FULL);
    } else {
      this.#muxBytes.sayFailure();
      this.#peerBytes.discard();
    }
  }

  /** Tells the peer that its bytes are not wanted, where it knows that word and still sends some. */
  #sayStop(): void {
    if (this.#isStopDue && this.#isPeerExtended && !this.#peerBytes.isEndSaid) {
      this.#isStopDue = false;
      // HTTP/2 has a PING overtake the bytes of streams that have not left, and they leave in this turn where there is room.
      nextTurn$.subscribe(() => {
        if (!this.#peerBytes.isEndSaid) {
          this.#owner.stop(this);
        }
      });
    }
  }

  /** While the mux goes on, its bytes have to go somewhere. */
  #tellIfOver(): void {
    if (this.isOver && this.#stream.destroyed) {
      this.#owner.over(this);
    }
  }
}
