import type { Observable } from 'rxjs';
import { CLAIM, OWN_STREAMS } from '../brands.js';
import type { Bytes } from '../bytes.js';
import type { Carrier } from '../carrier/carrier.js';
import { toCarrier } from '../carrier/to-carrier.js';
import type { Channel } from '../channel/channel.js';
import { Faults } from '../channel/faults.js';
import { INSPECT, type Inspect, inspected } from '../channel/inspected.js';
import type { HandshakeSent } from '../channel/handshake-sent.js';
import { MuxChannel } from '../channel/mux-channel.js';
import { share, type Shared } from '../channel/shared.js';
import { type MuxError, MuxFullError } from '../errors.js';
import type { Traffic } from '../framing/traffic.js';
import type { NodeDuplex } from '../node-duplex.js';
import {
  type ChannelOptions,
  type ChannelSettings,
  channelSettings,
  type CloseOptions,
  closeSettings,
  handshakeData,
  type MuxOptions,
  type MuxSettings,
  muxSettings,
  type ParsingMuxOptions,
} from '../options.js';
import { backgroundTimer } from '../reactive/background-timer.js';
import { clockOf } from '../reactive/clock-of.js';
import type { StateObservable } from '../reactive/state-observable.js';
import { Sender } from '../sender/sender.js';
import { AbsentNumbers } from './absent-numbers.js';
import { Arrivals } from './arrivals.js';
import { channelNumbers } from './channel-numbers.js';
import { ChannelRegistry } from './channel-registry.js';
import { type Claim, Claims } from './claims.js';
import { Diagnostics } from './diagnostics.js';
import { Ending } from './ending.js';
import { sendKeepAlives } from './keep-alive.js';
import { Life } from './life.js';
import { messagesFrom } from './messages-from.js';
import type { MuxStats } from './mux-stats.js';
import { observe } from './observe.js';
import { onFirst } from './on-first.js';
import { firstWindow, Peer } from './peer.js';
import type { PeerInfo } from './peer-info.js';
import { GOING_AWAY } from '../protocol/own-reasons.js';
import { routeTo } from './route-to.js';
import { Unclaimed } from './unclaimed.js';

/**
 * Many independent byte channels over one connection, each with back-pressure of its own.
 *
 * Channels come out of {@link channels$} where the peer opens them, and out of {@link open} where this side does. Every
 * Observable of it is hot, and completes when the mux is closed; only `channels$` can error, and {@link capacity$} where the
 * carrier's does. Those of {@link observe} are cold.
 *
 * @typeParam H - what the option `parseHandshake` makes of handshake data; without it the bytes themselves
 *
 * @example
 * ```ts
 * import { connect } from 'node:net';
 * import { Mux } from 'rxmux';
 *
 * const mux = new Mux(connect({ port: 7000, noDelay: true }));
 * mux.channels$.subscribe({
 *   next: (channel) => channel.inbound$.subscribe(channel.outbound$), // echo
 *   error: (error) => console.error('connection lost:', error),
 * });
 * const { inbound$, outbound$ } = mux.open('who are you?');
 * inbound$.subscribe({ next: (chunk) => console.log(chunk.toString()), error: console.error });
 * outbound$.next('hello');
 * ```
 */
export class Mux<H = Bytes> {
  readonly #carrier: Carrier;
  readonly #settings: MuxSettings<H>;
  readonly #sender: Sender;
  readonly #shared: Shared<H>;

  readonly #registry: ChannelRegistry<H>;
  readonly #arrivals: Arrivals<H, MuxChannel<H>>;
  readonly #claims = new Claims<H>();
  readonly #absent: AbsentNumbers;
  readonly #peer: Peer;
  readonly #unclaimed: Unclaimed<H>;
  readonly #ending: Ending<H>;

  readonly #life = new Life();

  readonly #diagnostics = new Diagnostics<H>(this);
  readonly #errors$ = new Faults(this.#diagnostics);
  readonly #received: Traffic = { bytes: 0, frames: 0 };

  /**
   * @param carrier - the connection: a Node `Duplex` of bytes, or a {@link Carrier}. The mux reads it from now on, and
   *   ends or destroys it at its own end
   * @param options - see {@link MuxOptions}. Where `H` is not {@link Bytes} they must have `parseHandshake`
   * @throws TypeError or RangeError that names the option which it cannot take
   */
  constructor(carrier: NodeDuplex | Carrier, options: ParsingMuxOptions<H>);
  constructor(
    carrier: NodeDuplex | Carrier,
    ...options: Bytes extends H ? [options?: MuxOptions<H>] : [never]
  );
  constructor(carrier: NodeDuplex | Carrier, options?: MuxOptions<H>) {
    const settings = muxSettings(options);
    const { highChannels, keepAlive, scheduler } = settings;
    this.#settings = settings;
    this.#carrier = toCarrier(carrier);
    this.#registry = new ChannelRegistry(settings.maxOpen, channelNumbers(highChannels));
    const now = (): number => clockOf(scheduler).now();
    this.#sender = new Sender(this.#carrier, settings);
    this.#arrivals = new Arrivals(settings.acceptBacklog);
    this.#peer = new Peer(this.#sender, this.#errors$, {
      window: settings.extensions ? firstWindow(settings.peerChannel) : undefined,
      now,
      onKnown: () => {
        this.#registry.peerIsKnown();
        if (!(OWN_STREAMS in this.#carrier)) {
          this.#sender.watchLine({
            now,
            received: () => this.#received.bytes,
            scheduler,
            probe: (writer) => this.#peer.writeProbe(writer),
          });
        }
      },
    });
    this.#absent = new AbsentNumbers(this.#sender, this.#errors$, this.#peer, settings.rememberedNumbers);
    this.#shared = share(this.#sender, this.#peer, settings, this.#errors$, this.#carrier, (id, error) => {
      this.#ending.remove(id, error);
    });
    this.#unclaimed = new Unclaimed(this.#shared, {
      life: this.#life,
      registry: this.#registry,
      arrivals: this.#arrivals,
      claims: this.#claims,
      absent: this.#absent,
      peer: this.#peer,
      open: (id, own = settings.peerChannel) => this.#add(id, 'peer', own),
      diagnostics: this.#diagnostics,
    });
    this.#ending = new Ending({
      carrier: this.#carrier,
      registry: this.#registry,
      arrivals: this.#arrivals,
      absent: this.#absent,
      peer: this.#peer,
      shared: this.#shared,
      unclaimed: this.#unclaimed,
      life: this.#life,
      diagnostics: this.#diagnostics,
    });
    this.#diagnostics.muxOpened();
    this.#life.closed$.subscribe(() => {
      const { failure } = this.#life;
      if ('error' in failure) {
        this.#diagnostics.saw(failure.error);
      }
    });
    this.#absent.allTold$.subscribe(() => {
      this.#ending.endIfIdle();
    });
    if (keepAlive !== false) {
      this.#ending.sending.add(sendKeepAlives(this.#sender, keepAlive, scheduler));
    }
    this.#ending.receiving.add(
      this.#sender.done$.subscribe({
        error: (error: unknown) => {
          this.#ending.fail(error);
        },
        complete: () => {
          this.#ending.carrierFinished();
        },
      }),
    );
    this.#ending.receiving.add(
      this.#sender.framingError$.subscribe({
        error: (error: unknown) => {
          this.destroy(error);
        },
      }),
    );
    this.#ending.receiving.add(
      messagesFrom(this.#carrier, this.#sender, this.#peer, this.#received, settings as MuxSettings<unknown>)
        .pipe(
          onFirst((message) => {
            this.#peer.first(message);
          }),
          routeTo(this.#registry.channels),
        )
        .subscribe({
          next: (message) => {
            this.#unclaimed.receive(message);
          },
          error: (error: unknown) => {
            this.#ending.fail(error);
          },
          complete: () => {
            this.#ending.carrierEnded();
          },
        }),
    );
  }

  /**
   * The channels that the peer opens, each when its HANDSHAKE has come. Those that come while nobody subscribes wait,
   * unanswered, for the first subscriber, `acceptBacklog` of them at most; the next is refused. A channel is answered
   * when the `next` of every subscriber has returned, unless one has called `accept`, `reject` or `delayHandshake`.
   *
   * Completes when the carrier has ended or the mux has been destroyed; errors with the carrier's error, or with what
   * else the mux failed with: {@link ProtocolError} where frames are out of step, {@link KeepAliveTimeoutError}, the
   * error given to `destroy()`.
   */
  get channels$(): Observable<Channel<H>> {
    return this.#arrivals.channels$;
  }

  /** All channels that are not yet removed, by number. */
  get openChannels(): ReadonlyMap<number, Channel<H>> {
    return this.#registry.channels;
  }

  /** Bytes that the carrier takes now before it is full. Completes when it will take no more. */
  get capacity$(): StateObservable<number> {
    return this.#carrier.capacity$;
  }

  /** Emits after each HANDSHAKE and PRE_HANDSHAKE that this side has sent. */
  get handshakeSent$(): Observable<HandshakeSent<H>> {
    return this.#shared.handshakeSent$;
  }

  /** Emits when the carrier has room again after it was full. */
  get drain$(): Observable<void> {
    return this.#sender.drain$;
  }

  /**
   * Emits when `maxOpen` channels are open, and again each time either side wants one more. Also when a channel of the
   * peer's is refused since there is no memory for its handshake data.
   */
  get full$(): Observable<void> {
    return this.#registry.full$;
  }

  /** Emits each channel when it has ended both ways, or the mux has failed, and it is gone from `openChannels`. */
  get removed$(): Observable<Channel<H>> {
    return this.#registry.removed$;
  }

  /** Emits when a keep-alive of the peer's has come. */
  get keepAlive$(): Observable<void> {
    return this.#unclaimed.keepAlive$;
  }

  /**
   * What the peer has done against the protocol, and exceptions of `parseHandshake`: faults after which the mux carries
   * on. To have no subscriber is no error.
   */
  get errors$(): Observable<MuxError> {
    return this.#errors$;
  }

  /** The carrier will deliver no more. Emits once and completes, for late subscribers too. */
  get ended$(): Observable<void> {
    return this.#life.ended$;
  }

  /** The carrier will take no more. Emits once and completes, for late subscribers too. */
  get finished$(): Observable<void> {
    return this.#life.finished$;
  }

  /** The carrier will neither deliver nor take any more. Emits once and completes, for late subscribers too. */
  get closed$(): Observable<void> {
    return this.#life.closed$;
  }

  /**
   * Opens a channel. Returns at once: the HANDSHAKE leaves at the end of the turn, with as many bytes as a peer with
   * `extensions` takes at once; the rest waits until it has answered. With the number of an open channel, returns that channel
   * as it is: `data` and the other options are checked, and change nothing. But if it is a channel of the peer's which still
   * waits for a subscriber of `channels$`, it is answered with `data` and no longer emitted there; its options are the mux's
   * `peerChannelOptions`.
   *
   * @param data - what the peer finds in `channel.handshake`; a string is sent as UTF-8. Default: nothing
   * @param options - see {@link ChannelOptions}
   * @throws {@link MuxFullError} where `maxOpen` channels are open;
   *   {@link CarrierFinishedError} and {@link CarrierEndedError} where the carrier takes or delivers no more;
   *   {@link MuxClosedError} after `close()` or `destroy()`, and where the peer accepts no more channels; RangeError for a number that is out of range or that the
   *   peer still uses for a channel which was refused; TypeError or RangeError for other bad options or data
   */
  open(data?: Uint8Array | string, options?: ChannelOptions): Channel<H> {
    const settings = channelSettings(options);
    const handshake = handshakeData(data, this.#settings.framing);
    this.#life.assertOpen();
    this.#peer.assertOpen();
    const existing =
      settings.channel === undefined ? undefined : this.#registry.channels.get(settings.channel);
    if (existing !== undefined) {
      if (this.#arrivals.delete(existing) && existing.isUndecided) {
        existing.answer(handshake); // it waited for a subscriber, and has found its user
      }
      return existing;
    }
    if (settings.channel !== undefined && this.#absent.isRefused(settings.channel)) {
      throw new RangeError(
        `options.channel must be a free number, got ${settings.channel}, which the peer still uses`,
      );
    }
    if (this.#registry.isFull) {
      this.#registry.full$.next();
      throw new MuxFullError();
    }
    const channel = this.#add(
      settings.channel ?? this.#registry.freeNumber((number) => this.#absent.isRefused(number)),
      'local',
      settings,
    );
    channel.nameAfter(typeof data === 'string' ? data : handshake);
    this.#diagnostics.opened(channel);
    channel.answer(handshake);
    return channel;
  }

  /**
   * The bytes that the peer sends on a channel of their own, as a cold Observable: each subscription opens a channel, ends
   * this side's half at once, and emits the peer's bytes. A chunk counts as consumed when `next` has returned.
   *
   * Completes and errors as `inbound$` of the channel does, and errors with what {@link open} throws. Unsubscribing destroys
   * the channel.
   *
   * @param data - what the peer finds in `channel.handshake`; a string is sent as UTF-8. Default: nothing
   * @param options - see {@link ChannelOptions}
   *
   * @example
   * ```ts
   * import { switchMap, type Observable } from 'rxjs';
   * import type { Mux } from 'rxmux';
   *
   * // Always the feed of the symbol that was chosen last.
   * const chosen = (mux: Mux, symbol$: Observable<string>) =>
   *   symbol$.pipe(switchMap((symbol) => mux.observe(symbol)));
   * ```
   */
  observe(data?: Uint8Array | string, options?: ChannelOptions): Observable<Bytes> {
    return observe(() => this.open(data, options));
  }

  /**
   * Asks the peer for an answer.
   *
   * @returns a promise of the milliseconds there and back. Rejected with a {@link MuxError} of the code
   *   `ERR_RXMUX_NO_PING` where the peer does not know it, as bpmux and all peers with `extensions: false`, as soon as that
   *   peer has said anything; and with what ends the mux: what it fails with, {@link CarrierFinishedError} where the carrier
   *   takes no more, {@link MuxClosedError} after `close()` or `destroy()`
   */
  ping(): Promise<number> {
    return this.#peer.ping();
  }

  /**
   * What the peer has said of itself; `undefined` until it has, for ever with bpmux. Over `Http2Sessions` these speak for
   * it. Completes when the mux is closed, or its carrier takes no more.
   */
  get peer$(): StateObservable<PeerInfo | undefined> {
    return this.#peer.peer$;
  }

  /**
   * The peer accepts no more channels: {@link open} throws. Emits once and completes, for late subscribers too. A bpmux never
   * says so: then it completes when the mux is closed, or its carrier takes no more.
   */
  get goingAway$(): Observable<void> {
    return this.#peer.goingAway$;
  }

  /** How the mux is at this moment. Cheap, and changes nothing. For the channels see `stats()` of each in {@link openChannels}. */
  stats(): MuxStats {
    const { bytes: bytesIn, frames: framesIn } = this.#received;
    const { bytes: bytesOut, frames: framesOut } = this.#sender.sent;
    const { opened, removed } = this.#registry;
    const { memory } = this.#shared.windowGrowth.loans;
    return {
      bytesIn,
      bytesOut,
      framesIn,
      framesOut,
      channels: {
        open: opened - removed,
        opened,
        removed,
        refused: this.#absent.refusals + this.#shared.counts.rejected,
      },
      capacity: this.#life.hasFinished ? 0 : this.#carrier.capacity$.value, // which throws where it has failed
      windowBytes: { granted: memory.grown, budget: memory.growth },
      roundTrip: this.#sender.roundTrip ?? this.#peer.roundTrip,
      errors: this.#errors$.count,
    };
  }

  /** A name of its own: what has none is data to Vue, which makes proxies of that. Private members are unknown to them. */
  // eslint-disable-next-line @typescript-eslint/class-literal-property-style -- a field would be one more in each object
  get [Symbol.toStringTag](): string {
    return 'Mux';
  }

  /** What `util.inspect` shows. */
  [INSPECT](depth: number, options: object, inspect: Inspect): string {
    return inspected('Mux', { state: this.#life.state, ...this.stats() }, depth, options, inspect);
  }

  /**
   * Closes the mux when its channels have finished: from now on `open` throws, and channels that the peer opens, or that
   * still wait for a subscriber, are refused. When the last channel is gone the carrier is ended.
   *
   * @param options - `timeout`: milliseconds after which {@link destroy} is called. Each call may bring its own
   * @returns a promise that is fulfilled when the carrier is closed both ways (so when the peer has ended it too, or what
   *   was left has been destroyed), and rejected where the mux fails before. Nobody has to handle it.
   * @throws TypeError or RangeError that names the option which it cannot take
   */
  close(options?: CloseOptions): Promise<void> {
    const { timeout } = closeSettings(options);
    if (this.#life.close()) {
      this.#peer.goAway();
      for (const channel of this.#arrivals.takeAll()) {
        if (channel.isUndecided) {
          channel.reject(GOING_AWAY);
        }
      }
      this.#ending.endIfIdle();
    }
    if (timeout !== false && !this.#life.isDown) {
      this.#ending.receiving.add(
        backgroundTimer(timeout, this.#settings.scheduler).subscribe(() => {
          this.destroy();
        }),
      );
    }
    return this.#life.closing;
  }

  /**
   * Ends everything at once: every channel fails with `error`, or with {@link MuxClosedError}, and the carrier is
   * destroyed. Bytes that wait are dropped.
   *
   * @param error - also what `channels$` errors with; without it, `channels$` completes
   */
  destroy(error?: unknown): void {
    this.#life.close();
    this.#ending.destroy(error);
  }

  /**
   * From now on, channels of the peer's that `claim` takes do not go to {@link channels$}, nor do those that already wait
   * there. Returns what ends that.
   *
   * @internal
   */
  [CLAIM](claim: Claim<H>): () => void {
    this.#claims.add(claim);
    this.#claims.giveLater(this.#arrivals.take(claim));
    return () => {
      this.#claims.delete(claim);
    };
  }

  #add(id: number, openedBy: 'local' | 'peer', settings: ChannelSettings): MuxChannel<H> {
    const channel = new MuxChannel<H>(id, openedBy, settings, this.#shared);
    const earlyEnd = this.#absent.takeEarlyEnd(id);
    if (earlyEnd !== undefined) {
      channel.receiveEarlyEnd(earlyEnd);
    }
    this.#registry.add(channel);
    return channel;
  }
}
