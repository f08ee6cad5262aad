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
import type { Observable } from 'rxjs';
import { having, object } from '../arguments.js';
import { OWN_STREAMS } from '../brands.js';
import { type HandshakeMessage, type Message, MessageType } from '../protocol/message.js';
import { GOING_AWAY, HANDSHAKE_TOO_LONG } from '../protocol/own-reasons.js';
import type { Reason } from '../protocol/reason.js';
import { refusalOf } from '../protocol/refusal.js';
import { nextTurn$ } from '../reactive/next-turn.js';
import type { StateObservable } from '../reactive/state-observable.js';
import type { Carrier } from '../carrier/carrier.js';
import { ChannelStream, type Reply, type StreamOwner } from './channel-stream.js';
import { ChannelStreams } from './channel-streams.js';
import { GoingAway } from './going-away.js';
import {
  areSendable,
  channelHeader,
  channelOf,
  handshakeHeader,
  reasonOf,
  versionHeader,
} from './headers.js';
import { type MuxMessage, MuxSide } from '../carrier/mux-side.js';
import { OF_REQUESTS, OF_RESPONSES, ownHeaders } from './own-headers.js';
import { Pings } from './pings.js';
import { refuse, replyTo } from './replies.js';
import { type SessionsListener, watchSessions } from './watch-sessions.js';

/**
 * Settings of {@link Http2Sessions}. Refused at once are `content-length`, pseudo-headers that are not for them, the headers
 * that it needs itself, and names that HTTP does not have. Other headers that Node's HTTP/2 does not send, such as `connection`,
 * fail the mux with the first channel that they are for.
 */
export interface Http2SessionsOptions {
  /** Headers to send with the requests that open channels, besides the ones that it needs itself. Default: none. */
  readonly requestHeaders?: OutgoingHttpHeaders | undefined;
  /** Headers to send with the responses that answer channels, besides the ones that it needs itself. Default: none. */
  readonly responseHeaders?: OutgoingHttpHeaders | undefined;
}

/** The capacity that the mux sees. It does not change, since each stream has its own. */
const CAPACITY = 65_536;

/**
 * What HTTP/2 does for the mux as a peer that knows more than bpmux: it answers PINGs and says GOAWAY, whoever is at the
 * far end. A window need not be promised, since streams take bytes before they are answered.
 */
const HELLO = { type: 'hello', version: 1, window: 0 } as const;

const DEFAULTS = { requestHeaders: {}, responseHeaders: {} };

/**
 * A pair of HTTP/2 sessions as carrier: each channel is a native HTTP/2 stream, with HTTP/2's own flow control. This side
 * opens channels as requests of its client session, the peer as requests to this side's server session, so two
 * connections are needed, one each way. The peer may be a bpmux `Http2Sessions`: the headers are the same.
 *
 * To the mux it speaks the protocol that any carrier carries; to the sessions it says the same in HTTP/2's terms:
 * HANDSHAKE is a request or its response, END the end of a stream, ERROR_END a trailer, credit what the stream's
 * buffers take, a keep-alive or `ping()` a PING, `close()` a GOAWAY. A channel that is refused gets status 503, and one
 * whose number is in use 409; here, other statuses than 200 are refusals. Reasons are headers and trailers of their own.
 * Towards the mux the sessions are a peer that knows more than bpmux, whoever is at the far end: docs/carriers.md has the list.
 * More channels than the peer's HTTP/2 takes at a time (`maxConcurrentStreams`) wait for others to be over.
 * The option `framing` of the mux must be left alone, and `capacity$` does not change, since each stream has its own.
 *
 * Ending the mux closes both sessions. A session that fails, or whose connection is lost, fails the mux.
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
  /** @internal */
  readonly [OWN_STREAMS] = true;
  readonly #client: ClientHttp2Session;
  readonly #server: ServerHttp2Session;
  readonly #requestHeaders: OutgoingHttpHeaders;
  readonly #responseHeaders: OutgoingHttpHeaders;
  readonly #streams = new ChannelStreams();
  readonly #mux = new MuxSide(CAPACITY, (message) => {
    this.#receive(message);
  });
  readonly #pings: Pings;
  readonly #goingAway: GoingAway;

  /**
   * @param client - where this side opens its channels
   * @param server - where the peer opens its channels
   * @param options - see {@link Http2SessionsOptions}
   * @throws TypeError that names the argument or the option which it cannot take
   */
  constructor(client: ClientHttp2Session, server: ServerHttp2Session, options?: Http2SessionsOptions) {
    this.#client = having('client', client, 'an HTTP/2 client session', ['on', 'request']);
    this.#server = having('server', server, 'an HTTP/2 server session', ['on', 'close']);
    const { requestHeaders, responseHeaders } = object('options', options, DEFAULTS);
    this.#requestHeaders = ownHeaders('options.requestHeaders', requestHeaders, OF_REQUESTS);
    this.#responseHeaders = ownHeaders('options.responseHeaders', responseHeaders, OF_RESPONSES);
    this.#mux.tell(HELLO);
    this.#goingAway = new GoingAway(server, this.#mux);
    this.#pings = new Pings([client, server], (key) => {
      // What has come on the stream just before is told first: Node tells of it some ticks later.
      nextTurn$.subscribe(() => this.#streams.withKey(-key)?.stopped());
    });
    server.on('stream', this.#accept);
    watchSessions(client, server, this.#listener);
  }

  get inbound$(): Observable<Uint8Array> {
    return this.#mux.inbound$;
  }

  get capacity$(): StateObservable<number> {
    return this.#mux.capacity$;
  }

  write(chunks: readonly Uint8Array[]): void {
    this.#mux.read(chunks);
  }

  end(): void {
    this.#client.close();
    this.#server.close();
  }

  destroy(error?: Error): void {
    this.#server.off('stream', this.#accept);
    this.#client.destroy(error);
    this.#server.destroy(error);
    this.#mux.end();
  }

  readonly #listener: SessionsListener = {
    onError: (error) => {
      this.#mux.fail(error);
    },
    onLost: () => {
      this.#lost(null);
    },
    onGoingAway: () => {
      this.#goingAway.peerIsGoing();
    },
    onClosed: () => {
      this.#mux.end();
    },
  };

  readonly #owner: StreamOwner = {
    stop: (stream) => {
      this.#pings.stop(stream.key, stream.session);
    },
    over: (stream) => {
      this.#pings.forget(stream.key);
      this.#streams.delete(stream);
    },
    lost: (error) => {
      this.#lost(error);
    },
  };

  /** A session has gone, and with it what was on it. */
  #lost(error: Error | null): void {
    // The error of a session comes after the ends of its streams and of its socket.
    nextTurn$.subscribe(() => {
      if (error === null) {
        this.destroy();
      } else {
        this.#mux.fail(error);
      }
    });
  }

  /** The mux says something. */
  #receive(message: MuxMessage): void {
    if (message.type === MessageType.keepAlive) {
      if (!this.#pings.isToAsk) {
        this.#ask({ type: MessageType.keepAlive });
      }
    } else if (message.type === 'ping') {
      this.#ask({ type: 'pong', id: message.id }); // it answers all that were asked before
    } else if (message.type === 'goAway') {
      this.#goingAway.muxIsGoing();
    } else if ('channel' in message) {
      const stream = this.#streams.get(message.channel);
      if (stream?.isOver === true) {
        // It is about the next channel of that number: the peer may not know yet that this one is over.
        this.#streams.whenFree(message.channel, () => {
          this.#receive(message);
        });
      } else if (stream !== undefined) {
        stream.receive(message);
      } else if (message.type === MessageType.handshake) {
        this.#open(message);
      }
    }
  }

  /** Asks the peer whether it is there, and tells the mux when it has answered. */
  #ask(answer: Message): void {
    this.#pings.ask(() => {
      this.#mux.tell(answer);
    });
  }

  /** The mux opens a channel. */
  #open({ channel, free, data }: HandshakeMessage): void {
    const headers = {
      ...this.#requestHeaders,
      [constants.HTTP2_HEADER_PATH]: this.#requestHeaders[constants.HTTP2_HEADER_PATH] ?? '/',
      [constants.HTTP2_HEADER_METHOD]: constants.HTTP2_METHOD_POST,
      ...channelHeader(channel),
      ...handshakeHeader(data),
      ...this.#ownVersion,
    };
    if (!areSendable(headers)) {
      this.#refuseOwn(channel, HANDSHAKE_TOO_LONG);
      return;
    }
    if (this.#client.closed || this.#client.destroyed) {
      this.#goingAway.peerIsGoing();
      this.#refuseOwn(channel, GOING_AWAY); // a session that closes takes no more, which not every Node throws
      return;
    }
    let request: ClientHttp2Stream;
    try {
      request = this.#client.request(headers, { endStream: false, waitForTrailers: true });
    } catch (error) {
      this.#mux.fail(error as Error); // it is for the headers of the options
      return;
    }
    const stream = this.#add(channel, request);
    if (request.pending) {
      request.on('ready', () => {
        this.#streams.identified(stream);
      });
    } else {
      this.#streams.identified(stream);
    }
    request.on('response', (response: IncomingHttpHeaders & IncomingHttpStatusHeader) => {
      if (response[':status'] === constants.HTTP_STATUS_OK) {
        this.#goingAway.heard(response);
        stream.handshake(response);
      } else {
        stream.refused(reasonOf(response));
      }
    });
    stream.begin(free);
  }

  /** The session does not take the request: so the mux's channel is refused here. */
  #refuseOwn(channel: number, reason: Reason): void {
    for (const message of refusalOf(channel, reason, this.#mux.isExtended)) {
      this.#mux.tell(message);
    }
  }

  /** The peer opens a channel. */
  readonly #accept = (request: ServerHttp2Stream, headers: IncomingHttpHeaders): void => {
    const channel = channelOf(headers);
    if (channel === undefined) {
      refuse(request, constants.HTTP_STATUS_BAD_REQUEST);
      return;
    }
    const existing = this.#streams.get(channel);
    if (existing === undefined) {
      this.#goingAway.heard(headers);
      const stream = this.#add(
        channel,
        request,
        replyTo(
          request,
          () => ({ ...this.#responseHeaders, ...this.#ownVersion }),
          (error) => {
            this.#mux.fail(error);
          },
        ),
      );
      this.#streams.identified(stream);
      stream.handshake(headers);
    } else if (existing.isOverForPeer && !this.#streams.isAwaited(channel)) {
      this.#acceptWhenFree(channel, request, headers);
    } else {
      refuse(request, constants.HTTP_STATUS_CONFLICT);
    }
  };

  /** The mux has still to read what the last channel of that number has brought. */
  #acceptWhenFree(channel: number, request: ServerHttp2Stream, headers: IncomingHttpHeaders): void {
    let trailers: IncomingHttpHeaders | undefined;
    request.on('error', () => undefined);
    request.on('trailers', (received: IncomingHttpHeaders) => {
      trailers = received;
    });
    this.#streams.whenFree(channel, () => {
      if (!request.destroyed) {
        this.#accept(request, headers);
        if (trailers !== undefined) {
          request.emit('trailers', trailers); // again, for who listens only now
        }
      }
    });
  }

  #add(channel: number, http2Stream: Http2Stream, reply?: Reply): ChannelStream {
    const stream = new ChannelStream(channel, http2Stream, this.#mux, this.#owner, reply);
    this.#streams.add(stream);
    return stream;
  }

  get #ownVersion(): OutgoingHttpHeaders {
    return this.#mux.isExtended ? versionHeader() : {};
  }
}
