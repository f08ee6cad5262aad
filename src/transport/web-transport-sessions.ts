import { defer, type Observable } from 'rxjs';
import { having, object, whole } from '../arguments.js';
import { OWN_STREAMS } from '../brands.js';
import type { Carrier } from '../carrier/carrier.js';
import { type MuxChannelMessage, type MuxMessage, MuxSide } from '../carrier/mux-side.js';
import type { ByteStreamPair } from '../carrier/web-stream-carrier.js';
import { ProtocolError } from '../errors.js';
import type { ReceivedMessage } from '../framing/message-reader.js';
import { endMessage, MessageType } from '../protocol/message.js';
import { GOING_AWAY } from '../protocol/own-reasons.js';
import { nextTurn$ } from '../reactive/next-turn.js';
import type { StateObservable } from '../reactive/state-observable.js';
import { ChannelStream, type StreamOwner } from './channel-stream.js';
import { ControlStream } from './control-stream.js';
import { HANDSHAKE_SIZE } from '../protocol/codec.js';
import { type Messages, readMessages, type StreamReader } from './read-messages.js';
import { refusalOf } from '../protocol/refusal.js';
import { WebTransportClosedError } from './web-transport-closed-error.js';
import type { WebTransportLike } from './web-transport-like.js';

/** Settings of {@link WebTransportSessions}. */
export interface WebTransportSessionsOptions {
  /** Bytes that may have been written to streams and not yet been taken by them, on all channels together. Default 65 536. */
  readonly highWaterMark?: number | undefined;
  /** Bytes of the largest header that a stream may bring, as for the mux: a larger one fails the session. Default 65 536. */
  readonly maxHeaderSize?: number | undefined;
}

const DEFAULTS = { highWaterMark: 65_536, maxHeaderSize: 65_536 };

/** With which code the session is closed. */
const CloseCode = { done: 0, destroyed: 1, fault: 2 } as const;

/** HTTP/3's own code for the end of a connection, which Deno tells instead of the session's. */
const H3_NO_ERROR = 0x100;

/** "I send no more on any channel": on the control stream, where it can be about none. */
const NO_MORE = endMessage(MessageType.end, 0);

/**
 * A WebTransport session as carrier: each channel is a native bidirectional stream. What is lost on the way holds up the
 * channel that it belongs to, and no other. The far end needs one of these, too; the wire is in docs/carriers.md.
 *
 * A stream carries what the protocol says about its channel, so that channels are as they are over any carrier: their windows
 * and priorities, half-close, reasons. What is about no channel has a stream of each side's own. All bidirectional streams of
 * the session belong to the carrier; unidirectional ones and datagrams are free for other use. The option `framing` of the mux
 * must be left alone.
 *
 * The session is read from when there is a mux. Ending the mux at both ends closes it. Where it is lost, or closed with a
 * code, channels fail.
 *
 * @throws RangeError or TypeError that names the option which it cannot take
 *
 * @example
 * ```ts
 * import { Mux } from 'rxmux';
 * import { type WebTransportLike, WebTransportSessions } from 'rxmux/web-transport';
 *
 * // In the page: muxOver(new WebTransport(url)). In Deno: muxOver(await Deno.upgradeWebTransport(connection)).
 * const muxOver = (session: WebTransportLike) => new Mux(new WebTransportSessions(session));
 * ```
 */
export class WebTransportSessions implements Carrier {
  /** @internal */
  readonly [OWN_STREAMS] = true;
  readonly inbound$: Observable<Uint8Array> = defer(() => {
    this.#accept().catch(ignore); // `closed` tells
    return this.#mux.inbound$;
  });
  readonly #session: WebTransportLike;
  readonly #highWaterMark: number;
  readonly #maxHeaderSize: number;
  readonly #mux: MuxSide;
  readonly #control = new ControlStream();
  /** Of both sides, with the halves that nobody uses: platforms end what is collected as garbage, and the far end hears of it. */
  readonly #controlStreams: ByteStreamPair[] = [];
  readonly #streams = new Map<number, ChannelStream>();
  /** Those of them that wait to be opened, in order. */
  readonly #toOpen: ChannelStream[] = [];
  #isOpening = false;
  /** Those of which the mux has said something in the write that is being read. */
  readonly #spoken = new Set<ChannelStream>();
  /** How many channels have come to their end. */
  #over = 0;
  #waiting = 0;
  #hasSpoken = false;
  /** Fulfilled when the peer has said something on its control stream. */
  readonly #isHeard: Promise<void>;
  #tellHeard: () => void = ignore;
  #hasEnded = false;
  #hasPeerEnded = false;
  #isClosed = false;

  /**
   * @param session - one that nobody has read streams of
   * @param options - see {@link WebTransportSessionsOptions}
   */
  constructor(session: WebTransportLike, options?: WebTransportSessionsOptions) {
    const { highWaterMark, maxHeaderSize } = object('options', options, DEFAULTS);
    this.#session = having('session', session, 'a WebTransport session', [
      'createBidirectionalStream',
      'close',
    ]);
    this.#highWaterMark = whole('options.highWaterMark', highWaterMark, 1);
    this.#maxHeaderSize = whole('options.maxHeaderSize', maxHeaderSize, HANDSHAKE_SIZE);
    this.#mux = new MuxSide(highWaterMark, (message) => {
      this.#say(message);
    });
    this.#isHeard = new Promise((resolve) => {
      this.#tellHeard = resolve;
    });
    session.ready.then(ignore, ignore); // `closed` tells
    session.closed.then(
      (info) => {
        this.#closed(info ?? undefined);
      },
      (error: unknown) => {
        this.#isClosed = true;
        this.#mux.fail(error as Error);
      },
    );
  }

  get capacity$(): StateObservable<number> {
    return this.#mux.capacity$;
  }

  write(chunks: readonly Uint8Array[]): void {
    this.#mux.read(chunks);
    for (const stream of this.#spoken) {
      stream.flush();
    }
    this.#spoken.clear();
  }

  end(): void {
    if (!this.#hasEnded) {
      this.#hasEnded = true;
      this.#begin(NO_MORE);
      this.#control.say(NO_MORE);
      this.#streams.forEach(this.#goAway); // of which the mux has not heard any more
    }
  }

  destroy(): void {
    this.#close(CloseCode.destroyed);
    this.#mux.end();
  }

  readonly #owner: StreamOwner = {
    waits: (bytes) => {
      this.#waiting += bytes;
      this.#mux.capacity$.change(Math.max(0, this.#highWaterMark - this.#waiting));
    },
    stopped: (stream) => {
      this.#unlessLost(() => {
        stream.stopped();
      });
    },
    over: (stream) => {
      this.#streams.delete(stream.channel);
      this.#over += 1;
    },
  };

  /** The mux says something. */
  #say(message: MuxMessage): void {
    this.#begin(message);
    if ('channel' in message) {
      this.#sayOfChannel(message);
    } else {
      this.#control.say(message);
    }
  }

  #sayOfChannel(message: MuxChannelMessage): void {
    const stream = this.#streamOfMux(message);
    if (stream !== undefined) {
      stream.say(message);
      this.#spoken.add(stream);
    }
  }

  /** Sees to it that the control stream begins as it must, with whatever is said first. The peer waits for that. */
  #begin(first: MuxMessage): void {
    if (!this.#hasSpoken && first.type !== 'hello') {
      this.#control.say({ type: MessageType.keepAlive });
    }
    this.#hasSpoken = true;
  }

  /** `undefined` where the channel is over: what the mux still says about it does not matter any more. */
  #streamOfMux({ type, channel }: MuxChannelMessage): ChannelStream | undefined {
    const existing = this.#streams.get(channel);
    if (existing !== undefined || type !== MessageType.handshake) {
      return existing;
    }
    const stream = this.#add(channel);
    this.#toOpen.push(stream);
    this.#open().catch(ignore); // `closed` tells
    return stream;
  }

  #add(channel: number): ChannelStream {
    const stream = new ChannelStream(channel, this.#mux, this.#owner);
    this.#streams.set(channel, stream);
    void stream.over.then(() => {
      this.#open().catch(ignore);
      this.#endIfPeerHas();
    });
    return stream;
  }

  /** Opens streams for the channels that wait for one, as far as the session has any. */
  async #open(): Promise<void> {
    if (this.#isOpening) {
      return;
    }
    this.#isOpening = true;
    await this.#session.ready;
    for (let stream = this.#toOpen[0]; stream !== undefined && !this.#isClosed; stream = this.#toOpen[0]) {
      const over = this.#over;
      const opened = await this.#session
        .createBidirectionalStream({ waitUntilAvailable: true })
        .catch(ignore);
      if (opened !== undefined) {
        this.#toOpen.shift();
        void this.#read(opened, stream);
      } else if (over === this.#over && this.#streams.size > this.#toOpen.length) {
        break; // until one of those that have a stream is over
      } else if (over === this.#over) {
        this.#toOpen.shift();
        stream.refuse();
      }
    }
    this.#isOpening = false;
  }

  /** Opens the control stream, and takes all that the peer opens: there is a mux. */
  async #accept(): Promise<void> {
    await this.#session.ready;
    this.#session.createBidirectionalStream({ waitUntilAvailable: true }).then((stream) => {
      this.#controlStreams.push(stream);
      this.#control.open(stream.writable);
    }, ignore);
    const incoming = this.#session.incomingBidirectionalStreams.getReader();
    for (;;) {
      const { value } = await incoming.read();
      if (value === undefined) {
        return;
      }
      void this.#read(value);
    }
  }

  readonly #controlListener: Listener = {
    hearAll: (messages) => {
      for (const message of messages) {
        this.#hearControl(message);
      }
      this.#tellHeard();
    },
    readOut: ignore,
  };

  #hearControl(message: ReceivedMessage): void {
    switch (message.type) {
      case 'hello':
      case MessageType.keepAlive:
      case 'ping':
      case 'pong':
      case 'goAway':
        this.#mux.tell(message);
        break;
      case 'unknownExtension':
        this.#mux.tell({ type: MessageType.keepAlive });
        break;
      case MessageType.end:
        this.#peerHasEnded();
        break;
      default:
        throw new ProtocolError('a control stream says what does not belong there');
    }
  }

  /**
   * Reads what the peer says on a stream.
   *
   * @param own - where this side has opened it
   */
  async #read(stream: ByteStreamPair, own?: ChannelStream): Promise<void> {
    const reader = stream.readable.getReader();
    own?.carryOver(stream.writable, reader);
    let listener: Listener | undefined = own;
    let listening = own && this.#isHeard; // no answer is told ahead of a HELLO
    try {
      await readMessages(reader, this.#maxHeaderSize, async (messages) => {
        if (listening !== undefined) {
          await listening;
          listening = undefined;
        }
        listener ??= await this.#listenerFor(messages[0], stream, reader);
        listener.hearAll(messages);
      });
    } catch (error) {
      this.#close(CloseCode.fault); // before the mux destroys it
      this.#mux.fail(error as Error);
    }
    this.#unlessLost(() => listener?.readOut());
  }

  /** Who hears a stream of the peer's, by what it begins with. */
  async #listenerFor(
    first: ReceivedMessage,
    opened: ByteStreamPair,
    reader: StreamReader,
  ): Promise<Listener> {
    if (first.type === 'hello' || first.type === MessageType.keepAlive) {
      this.#controlStreams.push(opened);
      return this.#controlListener;
    }
    if (first.type !== MessageType.handshake) {
      throw new ProtocolError('the peer begins a stream with neither HELLO, KEEP_ALIVE nor HANDSHAKE');
    }
    await this.#isHeard; // so the mux has heard of a HELLO first
    let stream = this.#streams.get(first.channel);
    while (stream?.isHeard === true) {
      // The peer knows already that the last channel of that number is over. What it has said last is still on its way.
      await stream.over;
      stream = this.#streams.get(first.channel);
    }
    stream ??= this.#add(first.channel);
    stream.carryOver(opened.writable, reader);
    if (this.#hasEnded) {
      this.#goAway(stream);
    }
    return stream;
  }

  /** Refuses a channel of the peer's: there is no mux any more that could. */
  readonly #goAway = (stream: ChannelStream): void => {
    for (const message of refusalOf(stream.channel, GOING_AWAY, this.#mux.isExtended)) {
      stream.say(message);
    }
    stream.flush();
  };

  /** The peer sends no more on any channel. */
  #peerHasEnded(): void {
    this.#hasPeerEnded = true;
    if (this.#hasEnded) {
      this.#close(CloseCode.done); // both have had everything
      this.#mux.end();
    } else {
      this.#endIfPeerHas();
    }
  }

  #endIfPeerHas(): void {
    if (this.#hasPeerEnded && this.#streams.size === 0) {
      this.end();
      this.#mux.end();
    }
  }

  /** The end of a stream may be that of its session, which is told after it. */
  #unlessLost(action: () => void): void {
    nextTurn$.subscribe(() => {
      if (!this.#isClosed) {
        action();
      }
    });
  }

  #close(closeCode: number): void {
    if (this.#isClosed) {
      return;
    }
    this.#isClosed = true;
    const close = (): void => {
      this.#session.close({ closeCode });
    };
    try {
      close();
    } catch {
      this.#session.ready.then(close).catch(ignore); // Deno closes none that is not connected yet
    }
  }

  #closed({ closeCode = 0, reason = '' }: CloseInfo = {}): void {
    this.#isClosed = true;
    if (closeCode === 0 || closeCode === H3_NO_ERROR) {
      this.#mux.end();
    } else {
      this.#mux.fail(new WebTransportClosedError(closeCode, reason));
    }
  }
}

/** What a session tells of its end. */
interface CloseInfo {
  readonly closeCode?: number;
  readonly reason?: string;
}

/** Who hears what the peer says on a stream. */
interface Listener {
  hearAll(messages: Messages): void;
  /** No more of it will come. */
  readOut(): void;
}

function ignore(): undefined {
  // what has become of the session, `closed` tells
}
