import { BehaviorSubject, Subject } from 'rxjs';
import {
  type ClientHttp2Session,
  type ClientHttp2Stream,
  constants,
  type Http2Stream,
  type IncomingHttpHeaders,
  type IncomingHttpStatusHeader,
  type OutgoingHttpHeaders,
  type ServerHttp2Session,
  type ServerHttp2Stream,
} from 'node:http2';
import { object } from '../arguments.js';
import { ReceiveWindow } from '../flow/receive-window.js';
import { SendWindow } from '../flow/send-window.js';
import { TurnTask } from '../reactive/turn-task.js';
import { decodeMessages } from '../framing/decode-messages.js';
import type { ReasonedMessage } from '../protocol/extension.js';
import type { BadHandshakeMessage, ChannelMessage, ReceivedMessage } from '../framing/message-reader.js';
import { MessageWriter } from '../framing/message-writer.js';
import { type HandshakeMessage, MessageType } from '../protocol/message.js';
import { advance } from '../protocol/sequence.js';
import type { Carrier } from './carrier.js';

/** Settings of {@link Http2Sessions}. */
export interface Http2SessionsOptions {
  /** Headers to send with the requests that open channels, besides the ones that it needs itself. */
  readonly requestHeaders?: OutgoingHttpHeaders | undefined;
  /** Headers to send with the responses that answer channels, besides the ones that it needs itself. */
  readonly responseHeaders?: OutgoingHttpHeaders | undefined;
}

const CHANNEL = 'bpmux-channel';
const HANDSHAKE = 'bpmux-handshake';
const ERROR = 'bpmux-error';

/** Bytes that may wait in a stream's write buffer. */
const WINDOW = 65_536;

const FRAMING = { lengthSize: 4 };
const NO_DATA = new Uint8Array();

const DEFAULTS = { requestHeaders: undefined, responseHeaders: undefined };

/**
 * A pair of HTTP/2 sessions as carrier: each channel is a native HTTP/2 stream, with HTTP/2's own flow control. This side
 * opens channels as requests of its client session, the peer as requests to this side's server session, so two
 * connections are needed, one each way. The peer may be a bpmux `Http2Sessions`: the headers are the same.
 *
 * To the mux it speaks the protocol that any carrier carries; to the sessions it says the same in HTTP/2's terms:
 * HANDSHAKE is a request or its response, END the end of a stream, ERROR_END a trailer, credit what the stream's
 * buffers take, a keep-alive a PING. A channel that is refused gets status 503, and one whose number is in use 409;
 * here, other statuses than 200 are refusals. The option `framing` of the mux must be left alone, and `capacity$`
 * does not change, since each stream has its own.
 *
 * Ending the mux closes both sessions; a session that fails fails the mux.
 *
 * @example
 * ```ts
 * import { connect, createServer } from 'node:http2';
 * import { once } from 'node:events';
 * import type { ServerHttp2Session } from 'node:http2';
 * import { Mux } from 'rxmux';
 * import { Http2Sessions } from 'rxmux/http2';
 *
 * // The side that listens for the first connection, and makes the second.
 * const server = createServer().listen(7000);
 * const [session] = (await once(server, 'session')) as [ServerHttp2Session];
 * const mux = new Mux(new Http2Sessions(connect('http://localhost:8000'), session));
 * mux.channels$.subscribe((channel) => channel.inbound$.subscribe(channel.outbound$)); // echo
 * ```
 */
export class Http2Sessions implements Carrier {
  readonly inbound$ = new Subject<Uint8Array>();
  readonly capacity$ = new BehaviorSubject(WINDOW);
  readonly #client: ClientHttp2Session;
  readonly #server: ServerHttp2Session;
  readonly #options: Http2SessionsOptions;
  readonly #written$ = new Subject<Uint8Array>();
  readonly #writer: MessageWriter;
  readonly #streams = new Map<number, ChannelStream>();

  /**
   * @param client - where this side opens its channels
   * @param server - where the peer opens its channels
   * @param options - see {@link Http2SessionsOptions}
   * @throws TypeError for an option that does not exist
   */
  constructor(client: ClientHttp2Session, server: ServerHttp2Session, options?: Http2SessionsOptions) {
    this.#client = client;
    this.#server = server;
    this.#options = object('options', options, DEFAULTS);
    this.#written$.pipe(decodeMessages(FRAMING, 0, true)).subscribe((message) => {
      this.#receive(message);
    });
    const flushing = new TurnTask(() => {
      this.#writer.flush();
    });
    this.#writer = new MessageWriter(
      {
        capacity$: this.capacity$,
        write: (chunks) => {
          for (const chunk of chunks) {
            this.inbound$.next(chunk);
          }
        },
        end: () => {
          this.inbound$.complete();
        },
      },
      {
        framing: FRAMING,
        coalesceWrites: true,
        onWaiting: () => {
          flushing.schedule();
        },
      },
    );
    server.on('stream', this.#accept);
    let open = 2;
    for (const session of [client, server]) {
      session.on('error', (error: Error) => {
        this.#fail(error);
      });
      session.on('close', () => {
        open -= 1;
        if (open === 0) {
          this.#end();
        }
      });
    }
  }

  write(chunks: readonly Uint8Array[]): void {
    for (const chunk of chunks) {
      this.#written$.next(chunk);
    }
  }

  end(): void {
    this.#client.close();
    this.#server.close();
  }

  destroy(error?: Error): void {
    this.#server.off('stream', this.#accept);
    this.#client.destroy(error);
    this.#server.destroy(error);
    this.#end();
  }

  #end(): void {
    this.#writer.end();
    this.capacity$.complete();
  }

  #fail(error: Error): void {
    this.#writer.flush();
    this.#writer.discard();
    this.inbound$.error(error);
  }

  /** The mux says something. */
  #receive(message: ReceivedMessage): void {
    if (message.type === MessageType.keepAlive) {
      this.#ping();
    } else if (typeof message.type === 'number') {
      const stream = this.#streams.get(message.channel);
      if (stream !== undefined) {
        stream.receive(message);
      } else if (message.type === MessageType.handshake) {
        this.#open(message);
      }
    }
  }

  /** The mux opens a channel. */
  #open({ channel, free, data }: HandshakeMessage): void {
    const number = Buffer.alloc(4);
    number.writeUInt32BE(channel);
    const headers = {
      ...this.#options.requestHeaders,
      [constants.HTTP2_HEADER_PATH]: this.#options.requestHeaders?.[constants.HTTP2_HEADER_PATH] ?? '/',
      [constants.HTTP2_HEADER_METHOD]: constants.HTTP2_METHOD_POST,
      [CHANNEL]: number.toString('base64'),
      [HANDSHAKE]: Buffer.from(data).toString('base64'),
    };
    let request: ClientHttp2Stream;
    try {
      request = this.#client.request(headers, { endStream: false, waitForTrailers: true });
    } catch {
      // A session that closes takes no more: so the peer refuses.
      this.#writer.write({ type: MessageType.handshake, channel, free: 0, data: NO_DATA });
      this.#writer.write({ type: MessageType.errorEnd, channel });
      return;
    }
    const stream = this.#add(channel, request);
    stream.grantRead(free, 0);
    stream.grantWrite();
    request.on('response', (response: IncomingHttpHeaders & IncomingHttpStatusHeader) => {
      if (response[':status'] === constants.HTTP_STATUS_OK) {
        stream.handshake(handshakeOf(response));
      } else {
        stream.refused();
      }
    });
  }

  /** The peer opens a channel. */
  readonly #accept = (request: ServerHttp2Stream, headers: IncomingHttpHeaders): void => {
    const channel = channelOf(headers);
    if (channel === undefined || this.#streams.has(channel)) {
      const status =
        channel === undefined ? constants.HTTP_STATUS_BAD_REQUEST : constants.HTTP_STATUS_CONFLICT;
      refuse(request, status);
      return;
    }
    const stream = this.#add(channel, request);
    stream.answer = (data) => {
      const answer = {
        ...this.#options.responseHeaders,
        [constants.HTTP2_HEADER_STATUS]: constants.HTTP_STATUS_OK,
        [constants.HTTP2_HEADER_CONTENT_TYPE]: 'application/octet-stream',
        [HANDSHAKE]: Buffer.from(data).toString('base64'),
      };
      request.respond(answer, { waitForTrailers: true });
    };
    stream.refuse = () => {
      refuse(request, constants.HTTP_STATUS_SERVICE_UNAVAILABLE);
    };
    stream.handshake(handshakeOf(headers));
  };

  #add(channel: number, http2Stream: Http2Stream): ChannelStream {
    const stream = new ChannelStream(channel, http2Stream, this.#writer, () => {
      this.#streams.delete(channel);
    });
    this.#streams.set(channel, stream);
    return stream;
  }

  /** A keep-alive of the mux's is a PING, and its answer one of the peer's. */
  #ping(): void {
    if (!this.#client.closed && !this.#client.destroyed) {
      this.#client.ping((error) => {
        if (error === null) {
          this.#writer.write({ type: MessageType.keepAlive });
        }
      });
    }
  }
}

/**
 * A channel as an HTTP/2 stream: translates between the mux's messages and the stream.
 *
 * The stream may go at any moment: reset by the peer, or with its session. It is `closed` from then on, and not yet
 * `destroyed` while bytes of it wait to be read. Headers and trailers throw on it, all else does nothing.
 */
class ChannelStream {
  /** For a channel of the peer's that has not been answered: answers it, refuses it. */
  answer: ((data: Uint8Array) => void) | undefined;
  refuse: (() => void) | undefined;

  /** What the mux takes of the peer's bytes. */
  readonly #toMux = new SendWindow();
  /** What the stream takes of the mux's bytes. */
  readonly #fromMux = new ReceiveWindow(WINDOW);
  #fromMuxSeq = 0;
  #isWindowSaid = false;
  #isHandshakeSaid = false;
  #isEndSaid = false;
  #isPeerError = false;
  #hasMuxEnded = false;
  #endsWithError = false;

  constructor(
    private readonly channel: number,
    private readonly stream: Http2Stream,
    private readonly writer: MessageWriter,
    private readonly onOver: () => void,
  ) {
    stream.on('readable', () => {
      this.#read();
    });
    stream.on('trailers', (headers: IncomingHttpHeaders) => {
      this.#isPeerError = headers[ERROR] === 'true';
    });
    stream.on('end', () => {
      this.#sayEnd(this.#isPeerError);
    });
    stream.on('wantTrailers', () => {
      if (!stream.closed) {
        stream.sendTrailers({ [ERROR]: String(this.#endsWithError) });
      }
    });
    // What has gone wrong is said at `close`: the stream has not come to its end.
    stream.on('error', () => undefined);
    stream.on('close', () => {
      this.#closed();
    });
  }

  /** The peer's handshake has come. */
  handshake(data: Uint8Array): void {
    this.#isHandshakeSaid = true;
    // Where the window is known already this is no grant: a mux that has sent leaves its credit as it is.
    const free = this.#isWindowSaid ? this.#fromMux.remaining : this.#fromMux.grant();
    this.#isWindowSaid = true;
    this.writer.write({ type: MessageType.handshake, channel: this.channel, free, data });
  }

  /** The peer has refused the channel. */
  refused(): void {
    if (this.#fromMuxSeq === 0) {
      // Takes back the credit that was given before the answer: the mux then knows a refusal.
      this.writer.write({ type: MessageType.preHandshake, channel: this.channel, free: 0, seq: 0 });
    }
    this.#isHandshakeSaid = true;
    this.writer.write({ type: MessageType.handshake, channel: this.channel, free: 0, data: NO_DATA });
    this.#sayEnd(true);
    this.stream.destroy(); // not `close()`: where trailers are still to be sent, Node 22 and 26 abort on it
  }

  /** The mux says something about the channel. */
  receive(message: Exclude<ChannelMessage, BadHandshakeMessage | ReasonedMessage>): void {
    switch (message.type) {
      case MessageType.data:
        this.#write(message.bytes);
        break;
      case MessageType.handshake:
        this.#answer(message);
        break;
      case MessageType.end:
      case MessageType.errorEnd:
        this.#endsWithError = message.type === MessageType.errorEnd;
        this.#hasMuxEnded = true;
        this.stream.end();
        this.#forgetIfOver();
        break;
      default:
        this.refuse = undefined; // the peer may send: what comes now is no refusal
        this.grantRead(message.free, message.seq);
    }
  }

  /** The mux takes more of the peer's bytes. */
  grantRead(free: number, seq: number): void {
    this.#toMux.grant(free, seq);
    this.#read();
  }

  /** Tells the mux how much the stream takes. */
  grantWrite(): void {
    this.#isWindowSaid = true;
    const type = this.#isHandshakeSaid ? MessageType.status : MessageType.preHandshake;
    this.writer.write({ type, channel: this.channel, free: this.#fromMux.grant(), seq: this.#fromMuxSeq });
  }

  #answer({ free, data }: HandshakeMessage): void {
    if (free === 0 && this.refuse !== undefined) {
      this.refuse();
      this.#sayEnd(false);
      this.onOver();
      return;
    }
    if (!this.stream.closed) {
      this.answer?.(data);
    }
    if (this.#toMux.seq === 0) {
      this.grantRead(free, 0);
    }
  }

  #write(bytes: Buffer): void {
    this.#fromMuxSeq = advance(this.#fromMuxSeq, bytes.length);
    this.#fromMux.received(bytes.length);
    if (this.stream.writable) {
      this.stream.write(bytes, () => {
        this.#fromMux.consumed(bytes.length);
        if (this.#fromMux.isGrantDue) {
          this.grantWrite();
        }
      });
    } else {
      this.#fromMux.consumed(bytes.length);
      this.grantWrite(); // the stream is gone: so that the mux can finish
    }
  }

  #read(): void {
    for (;;) {
      const bytes = Math.min(this.#toMux.credit, this.stream.readableLength);
      const chunk = bytes > 0 ? (this.stream.read(bytes) as Buffer | null) : null;
      if (chunk === null) {
        break;
      }
      this.#toMux.sent(chunk.length);
      this.writer.writeData(this.channel, this.#toMux.seq, chunk);
    }
    if (this.stream.readableLength === 0) {
      this.stream.read(0); // lets the end come
    }
  }

  #sayEnd(isError: boolean): void {
    if (!this.#isEndSaid) {
      this.#isEndSaid = true;
      this.writer.write({ type: isError ? MessageType.errorEnd : MessageType.end, channel: this.channel });
    }
  }

  #closed(): void {
    if (!this.#isHandshakeSaid) {
      this.refused(); // reset before it was answered
    }
    this.#sayEnd(true); // unless it has come to its end
    this.#forgetIfOver();
  }

  /** While the mux goes on, its bytes have to go somewhere. */
  #forgetIfOver(): void {
    if (this.#hasMuxEnded && this.#isEndSaid && this.stream.destroyed) {
      this.onOver();
    }
  }
}

function refuse(request: ServerHttp2Stream, status: number): void {
  request.on('error', () => undefined);
  if (!request.closed) {
    request.respond({ [constants.HTTP2_HEADER_STATUS]: status }, { endStream: true });
  }
  request.resume();
}

function channelOf(headers: IncomingHttpHeaders): number | undefined {
  const bytes = bytesOf(headers[CHANNEL]);
  return bytes.length === 4 ? bytes.readUInt32BE() : undefined;
}

const handshakeOf = (headers: IncomingHttpHeaders): Buffer => bytesOf(headers[HANDSHAKE]);

const bytesOf = (header: string | string[] | undefined): Buffer =>
  Buffer.from(typeof header === 'string' ? header : '', 'base64');
