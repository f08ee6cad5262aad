import {
  asyncScheduler,
  AsyncSubject,
  firstValueFrom,
  mergeMap,
  type Observable,
  of,
  Subject,
  Subscription,
  throwError,
  timeout,
} from 'rxjs';
import type { Duplex } from 'node:stream';
import type { Carrier } from '../carrier/carrier.js';
import { toCarrier } from '../carrier/to-carrier.js';
import { ChannelNumbers, NUMBERS_PER_SIDE } from './channel-numbers.js';
import type { Channel } from '../channel/channel.js';
import { type ChannelLink, MuxChannel } from '../channel/mux-channel.js';
import type { HalfEnd } from '../channel/half-end.js';
import { DemandSubject } from '../reactive/demand-subject.js';
import { EarlyEnds } from './early-ends.js';
import {
  CarrierEndedError,
  CarrierFinishedError,
  HeaderTooBigError,
  KeepAliveTimeoutError,
  MuxClosedError,
  MuxError,
  MuxFullError,
  ProtocolError,
  ReadOverflowError,
} from '../errors.js';
import { TurnTask } from '../reactive/turn-task.js';
import { HandshakeMemory } from '../flow/handshake-memory.js';
import { WindowGrowth } from '../flow/window-growth.js';
import { WindowMemory } from '../flow/window-memory.js';
import { decodeMessages } from '../framing/decode-messages.js';
import { maxFrameLength } from '../framing/framing.js';
import type { InvalidMessage, PayloadMessage, ReceivedMessage } from '../framing/message-reader.js';
import {
  type ChannelOptions,
  type ChannelSettings,
  channelSettings,
  handshakeData,
  type MuxOptions,
  type MuxSettings,
  muxSettings,
} from '../options.js';
import {
  type CreditMessage,
  type EndMessage,
  type HandshakeMessage,
  MessageType,
} from '../protocol/message.js';
import { type HandshakeSent, Sender } from '../sender/sender.js';
import type { StateObservable } from '../reactive/state-observable.js';

/**
 * Many independent byte channels over one connection, each with back-pressure of its own.
 *
 * Channels come out of {@link channels$} where the peer opens them, and out of {@link open} where this side does. Every
 * Observable is hot. All of them complete when the mux is closed; only `channels$` can error.
 *
 * @typeParam H - what the option `parseHandshake` makes of handshake data; without it the bytes themselves
 *
 * @example
 * ```ts
 * import { connect, createServer } from 'node:net';
 * import { Mux } from 'rxmux';
 *
 * const server = createServer((socket) => {
 *   new Mux(socket).channels$.subscribe({
 *     next: (channel) => channel.inbound$.subscribe(channel.outbound$), // echo
 *     error: (error) => console.error('connection lost:', error),
 *   });
 * });
 * server.listen(0, () => {
 *   const mux = new Mux(connect((server.address() as { port: number }).port));
 *   const { inbound$, outbound$ } = mux.open('who are you?');
 *   inbound$.subscribe({
 *     next: (chunk) => console.log(chunk.toString()),
 *     error: (error) => console.error('channel failed:', error),
 *     complete: () => void mux.close().then(() => server.close()),
 *   });
 *   outbound$.next('hello');
 *   outbound$.complete();
 * });
 * ```
 */
export class Mux<H = Buffer> {
  readonly #carrier: Carrier;
  readonly #settings: MuxSettings<H>;
  readonly #sender: Sender<H>;
  readonly #subscriptions = new Subscription();

  readonly #channels = new Map<number, MuxChannel<H>>();
  readonly #arrivals = new Set<MuxChannel<H>>();
  readonly #earlyEnds: EarlyEnds;
  readonly #handshakeMemory: HandshakeMemory;
  /** Numbers of the peer's channels that were refused, until the peer has ended them too. */
  readonly #refused = new Set<number>();
  readonly #numbers: ChannelNumbers;

  #isClosing = false;
  #hasEnded = false;
  #hasFinished = false;
  /** Nothing comes in or goes out any more. */
  #isDown = false;
  #failure: HalfEnd = {};
  #closing: Promise<void> | undefined;

  readonly #channels$ = new DemandSubject<Channel<H>>({
    onDemand: () => {
      this.#offering.schedule();
    },
  });
  readonly #full$ = new Subject<void>();
  readonly #removed$ = new Subject<Channel<H>>();
  readonly #keepAlive$ = new Subject<void>();
  readonly #errors$ = new Subject<MuxError>();
  readonly #ended$ = new AsyncSubject<void>();
  readonly #finished$ = new AsyncSubject<void>();
  readonly #closed$ = new AsyncSubject<void>();

  readonly #offering = new TurnTask(() => {
    this.#offerArrivals();
  });
  readonly #link: ChannelLink<H>;

  /**
   * @param carrier - the connection: a Node `Duplex` of bytes, or a {@link Carrier}. The mux reads it from now on, and
   *   ends or destroys it at its own end
   * @param options - see {@link MuxOptions}
   * @throws TypeError or RangeError that names the option which it cannot take
   */
  constructor(carrier: Duplex | Carrier, options?: MuxOptions<H>) {
    const settings = muxSettings(options);
    this.#settings = settings;
    this.#carrier = toCarrier(carrier);
    this.#numbers = new ChannelNumbers(settings.highChannels ? NUMBERS_PER_SIDE : 0);
    this.#earlyEnds = new EarlyEnds(settings.rememberedNumbers);
    this.#handshakeMemory = new HandshakeMemory(settings.handshakeBytes);
    this.#sender = new Sender<H>(this.#carrier, {
      ...settings,
      onControlWritten: () => {
        this.#endIfIdle();
      },
      onError: (error) => {
        this.destroy(error);
      },
    });
    this.#link = {
      maxFrameLength: maxFrameLength(settings.framing),
      // The clock of `asyncScheduler` counts whole ms, which is too coarse for short ways.
      windowGrowth: new WindowGrowth(
        new WindowMemory(settings.firstWindowBytes, settings.maxBufferedBytes),
        settings.scheduler === asyncScheduler ? performance : settings.scheduler,
      ),
      handshakeData: (data) => handshakeData(data, settings.framing),
      requestControl: (channel) => {
        this.#sender.requestControl(channel);
      },
      requestGrant: (channel) => {
        this.#sender.requestGrant(channel);
      },
      requestTurn: (channel) => {
        this.#sender.requestTurn(channel);
      },
      watch: (channel) => {
        this.#sender.watch(channel);
      },
      handshakeWritten: (channel, pre) => {
        this.#sender.handshakeWritten(channel, pre);
      },
      bothEnded: (channel) => {
        this.#remove(channel);
      },
      starved: (channel) => {
        this.#remove(channel, new CarrierEndedError({ channelId: channel.id }));
      },
    };
    this.#subscriptions.add(
      this.#carrier.capacity$.subscribe({
        complete: () => {
          this.#carrierFinished();
        },
      }),
    );
    this.#startReceiving();
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
    return this.#channels$;
  }

  /** All channels that are not yet removed, by number. */
  get openChannels(): ReadonlyMap<number, Channel<H>> {
    return this.#channels;
  }

  /** Bytes that the carrier takes now before it is full. Completes when it will take no more. */
  get capacity$(): StateObservable<number> {
    return this.#carrier.capacity$;
  }

  /** Emits after each HANDSHAKE and PRE_HANDSHAKE that this side has sent. */
  get handshakeSent$(): Observable<HandshakeSent<H>> {
    return this.#sender.handshakeSent$;
  }

  /** Emits when the carrier has room again after it was full. */
  get drain$(): Observable<void> {
    return this.#sender.drain$;
  }

  /**
   * Emits when the number of channels has reached `maxOpen`, and when one more is wanted, by either side, while it stands
   * there. Also when one of the peer's has been refused since there is no memory for its handshake data.
   */
  get full$(): Observable<void> {
    return this.#full$;
  }

  /** Emits each channel when it has ended both ways, or the mux has failed, and it is gone from `openChannels`. */
  get removed$(): Observable<Channel<H>> {
    return this.#removed$;
  }

  /** Emits when a keep-alive of the peer's has come. */
  get keepAlive$(): Observable<void> {
    return this.#keepAlive$;
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
    return this.#ended$;
  }

  /** The carrier will take no more. Emits once and completes, for late subscribers too. */
  get finished$(): Observable<void> {
    return this.#finished$;
  }

  /** The carrier will neither deliver nor take any more. Emits once and completes, for late subscribers too. */
  get closed$(): Observable<void> {
    return this.#closed$;
  }

  /**
   * Opens a channel. Returns at once: the HANDSHAKE leaves at the end of the turn, and what is sent before the peer has
   * answered waits. With the number of a channel that is open, returns that channel; where that is one of the peer's
   * that still waits for a subscriber of `channels$`, it is answered with `data` and not emitted there any more.
   *
   * @param data - what the peer finds in `channel.handshake`; a string is sent as UTF-8. Default: nothing
   * @param options - see {@link ChannelOptions}
   * @throws {@link MuxFullError} where `maxOpen` channels are open;
   *   {@link CarrierFinishedError} and {@link CarrierEndedError} where the carrier takes or delivers no more;
   *   {@link MuxClosedError} after `close()` or `destroy()`; RangeError for a number that is out of range or that the
   *   peer still uses for a channel which was refused; TypeError or RangeError for other bad options or data
   */
  open(data?: Uint8Array | string, options?: ChannelOptions): Channel<H> {
    const settings = channelSettings(options);
    const handshake = handshakeData(data, this.#settings.framing);
    this.#assertOpen();
    const existing = settings.channel === undefined ? undefined : this.#channels.get(settings.channel);
    if (existing !== undefined) {
      if (this.#arrivals.delete(existing) && existing.isUndecided) {
        existing.sendHandshake(handshake); // it waited for a subscriber, and has found its user
      }
      return existing;
    }
    if (settings.channel !== undefined && this.#refused.has(settings.channel)) {
      throw new RangeError(
        `options.channel must be a free number, got ${settings.channel}, which the peer still uses`,
      );
    }
    if (this.#hasMaxOpen) {
      this.#full$.next();
      throw new MuxFullError();
    }
    const channel = this.#add(settings.channel ?? this.#freeNumber(), 'local', settings);
    channel.sendHandshake(handshake);
    return channel;
  }

  /**
   * Closes the mux when its channels have finished: from now on `open` throws, and channels that the peer opens, or that
   * still wait for a subscriber, are refused. When the last channel is gone the carrier is ended.
   *
   * @returns a promise that is fulfilled when the carrier is closed both ways (so when the peer has ended it too), and
   *   rejected where the mux fails before. Nobody has to handle it.
   */
  close(): Promise<void> {
    if (this.#closing === undefined) {
      this.#isClosing = true;
      const outcome$ = this.#closed$.pipe(
        mergeMap(() => ('error' in this.#failure ? throwError(() => this.#failure.error) : of(undefined))),
      );
      this.#closing = firstValueFrom(outcome$, { defaultValue: undefined });
      this.#closing.catch(() => undefined);
      for (const channel of this.#arrivals) {
        if (channel.isUndecided) {
          channel.reject();
        }
      }
      this.#arrivals.clear();
      this.#endIfIdle();
    }
    return this.#closing;
  }

  /**
   * Ends everything at once: every channel fails with `error`, or with {@link MuxClosedError}, and the carrier is
   * destroyed. Bytes that wait are dropped.
   *
   * @param error - also what `channels$` errors with; without it, `channels$` completes
   */
  destroy(error?: unknown): void {
    this.#isClosing = true;
    this.#shutDown(error === undefined ? {} : { error }, error ?? new MuxClosedError(), 'now');
  }

  // Receiving

  #startReceiving(): void {
    const { framing, maxHeaderSize, keepAliveTimeout, scheduler } = this.#settings;
    let bytes$ = this.#carrier.inbound$;
    if (keepAliveTimeout !== false) {
      const fail$ = throwError(() => new KeepAliveTimeoutError(keepAliveTimeout));
      bytes$ = bytes$.pipe(timeout({ each: keepAliveTimeout, with: () => fail$, scheduler }));
    }
    const messages$ = bytes$.pipe(this.#sender.turnPerChunk(), decodeMessages(framing, maxHeaderSize));
    this.#subscriptions.add(
      messages$.subscribe({
        next: (message) => {
          this.#receive(message);
        },
        error: (error: unknown) => {
          this.#fail(error);
        },
        complete: () => {
          this.#carrierEnded();
        },
      }),
    );
  }

  #receive(message: ReceivedMessage): void {
    if (this.#hasFinished && 'channel' in message && !this.#channels.has(message.channel)) {
      return; // it cannot be answered any more, and the peer may not know yet that this side is through with it
    }
    switch (message.type) {
      case MessageType.data:
        this.#receiveData(message);
        break;
      case MessageType.status:
      case MessageType.finishedStatus:
      case MessageType.preHandshake:
        this.#receiveCredit(message);
        break;
      case MessageType.handshake:
        this.#receiveHandshake(message);
        break;
      case MessageType.end:
      case MessageType.errorEnd:
        this.#receiveEnd(message);
        break;
      case MessageType.keepAlive:
        this.#keepAlive$.next();
        break;
      case 'invalid':
        this.#receiveInvalid(message);
        break;
    }
  }

  #receiveData({ channel: id, seq, bytes, isFirst }: PayloadMessage): void {
    const channel = this.#channels.get(id);
    if (channel === undefined) {
      if (isFirst && !this.#refused.has(id)) {
        this.#violation('data for no channel', id);
      }
    } else if (!channel.hasPeerHandshake) {
      if (isFirst) {
        this.#breakChannel(channel, new ProtocolError('data before handshake', { channelId: id }));
      }
    } else if (channel.hasPeerEnded) {
      if (isFirst) {
        this.#violation('data after end', id);
      }
    } else if (!channel.receiveData(bytes, seq)) {
      this.#breakChannel(channel, new ReadOverflowError({ channelId: id }));
    }
  }

  #receiveCredit(message: CreditMessage): void {
    const { type, channel: id } = message;
    const channel = this.#channels.get(id);
    if (channel?.hasPeerHandshake === (type !== MessageType.preHandshake)) {
      channel.receiveCredit(message);
    } else if (type === MessageType.finishedStatus || this.#refused.has(id)) {
      // A late FINISHED_STATUS is in order: its sender did not know yet that both sides had ended.
    } else if (channel === undefined) {
      this.#violation('status for no channel', id);
    } else {
      this.#violation(
        channel.hasPeerHandshake ? 'pre-handshake after handshake' : 'status before handshake',
        id,
      );
    }
  }

  #receiveHandshake(message: HandshakeMessage): void {
    const id = message.channel;
    const channel = this.#channels.get(id);
    if (channel !== undefined) {
      if (channel.hasPeerHandshake) {
        this.#violation('second handshake', id);
      } else if (this.#handshakeMemory.take(message.data.length)) {
        this.#handshakeArrived(channel, message);
      } else {
        const error = new HeaderTooBigError({ channelId: id });
        this.#errors$.next(error);
        channel.receiveBadHandshake(error);
      }
    } else if (this.#refused.has(id)) {
      this.#violation('second handshake', id);
    } else if (
      this.#isClosing ||
      this.#hasMaxOpen ||
      this.#isBacklogFull ||
      !this.#handshakeMemory.take(message.data.length)
    ) {
      if (!this.#isClosing && (this.#hasMaxOpen || !this.#isBacklogFull)) {
        this.#full$.next();
      }
      this.#refuse(id);
    } else {
      this.#receiveChannel(message);
    }
  }

  /** The peer has opened a channel. */
  #receiveChannel(message: HandshakeMessage): void {
    const channel = this.#add(message.channel, 'peer', this.#settings.peerChannel);
    this.#handshakeArrived(channel, message);
    this.#arrivals.add(channel);
    if (this.#arrivals.size === 1) {
      this.#offerArrivals();
    }
  }

  #handshakeArrived(channel: MuxChannel<H>, message: HandshakeMessage): void {
    const problem = channel.receiveHandshake(message, this.#settings.parseHandshake);
    if (problem !== undefined) {
      this.#errors$.next(problem);
    }
  }

  #receiveEnd({ type, channel: id }: EndMessage): void {
    const channel = this.#channels.get(id);
    if (channel === undefined) {
      if (!this.#refused.delete(id)) {
        this.#earlyEnds.remember(id, type);
      }
    } else if (!channel.hasPeerHandshake) {
      channel.receiveEarlyEnd(type);
    } else if (channel.hasPeerEnded) {
      this.#violation('second end', id);
    } else {
      channel.receiveEnd(type);
    }
  }

  #receiveInvalid({ error, start }: InvalidMessage): void {
    this.#errors$.next(error);
    const id = error.channelId;
    if (start?.[0] === MessageType.handshake && id !== undefined) {
      // Whoever waits for this handshake to have an effect is told that it has none.
      const channel = this.#channels.get(id);
      if (channel === undefined) {
        this.#refuse(id);
      } else if (!channel.hasPeerHandshake) {
        channel.receiveBadHandshake(error);
      }
    }
  }

  #violation(message: string, channelId: number): void {
    if (this.#errors$.observed) {
      this.#errors$.next(new ProtocolError(message, { channelId })); // costly, and a peer may send many
    }
  }

  #breakChannel(channel: MuxChannel<H>, error: MuxError): void {
    channel.destroy(error);
    this.#errors$.next(error);
  }

  /** Tells the peer that its channel will not be. Its END for that number is then no early one. */
  #refuse(id: number): void {
    if (Math.max(this.#refused.size, this.#sender.refusals) >= this.#settings.rememberedNumbers) {
      this.#violation('too many refused channels', id);
      return;
    }
    if (this.#earlyEnds.take(id) === undefined) {
      this.#refused.add(id);
    }
    this.#sender.refuse(id);
  }

  // Channels

  #offerArrivals(): void {
    for (const channel of this.#arrivals) {
      if (!this.#channels$.observed) {
        break;
      }
      this.#arrivals.delete(channel);
      this.#channels$.next(channel);
      channel.offered();
    }
  }

  get #isBacklogFull(): boolean {
    return !this.#channels$.observed && this.#arrivals.size >= this.#settings.acceptBacklog;
  }

  get #hasMaxOpen(): boolean {
    const { maxOpen } = this.#settings;
    return maxOpen > 0 && this.#channels.size >= maxOpen;
  }

  #assertOpen(): void {
    if (this.#isClosing) {
      throw new MuxClosedError();
    }
    if (this.#hasFinished) {
      throw new CarrierFinishedError();
    }
    if (this.#hasEnded) {
      throw new CarrierEndedError();
    }
  }

  /**
   * The next number of this side's that neither a channel nor a refused one of the peer's has. There is always one: a
   * Map cannot hold 2^31 channels.
   */
  #freeNumber(): number {
    return this.#numbers.take((number) => this.#channels.has(number) || this.#refused.has(number));
  }

  #add(id: number, openedBy: 'local' | 'peer', settings: ChannelSettings): MuxChannel<H> {
    const channel = new MuxChannel<H>(id, openedBy, settings, this.#link);
    this.#channels.set(id, channel);
    const earlyEnd = this.#earlyEnds.take(id);
    if (earlyEnd !== undefined) {
      channel.receiveEarlyEnd(earlyEnd);
    }
    if (this.#hasMaxOpen) {
      this.#full$.next();
    }
    return channel;
  }

  #remove(channel: MuxChannel<H>, error?: unknown, when?: 'now' | 'after-waiting'): void {
    if (this.#channels.delete(channel.id)) {
      this.#arrivals.delete(channel);
      this.#handshakeMemory.giveBack(channel.handshakeLength);
      this.#sender.forget(channel);
      channel.remove(error, when);
      this.#removed$.next(channel);
      this.#endIfIdle();
    }
  }

  // The carrier's end

  #carrierEnded(): void {
    this.#hasEnded = true;
    for (const channel of this.#channels.values()) {
      // Nobody will get hold of a channel that still waits for a subscriber.
      if (channel.hasPeerEnded && !this.#arrivals.has(channel)) {
        channel.creditIsFinal();
      } else {
        this.#remove(channel, new CarrierEndedError({ channelId: channel.id }));
      }
    }
    this.#arrivals.clear();
    this.#channels$.complete();
    emit(this.#ended$);
    this.#endIfIdle();
    this.#closeIfDone();
  }

  #carrierFinished(): void {
    this.#hasFinished = true;
    this.#sender.stop();
    for (const channel of this.#channels.values()) {
      if (!channel.isEndSent) {
        this.#remove(channel, new CarrierFinishedError({ channelId: channel.id }));
      }
    }
    this.#arrivals.clear();
    emit(this.#finished$);
    this.#closeIfDone();
  }

  #endIfIdle(): void {
    const isWanted = !this.#isClosing && !this.#hasEnded;
    if (!isWanted && this.#channels.size === 0 && this.#sender.refusals === 0 && !this.#hasFinished) {
      this.#sender.end();
    }
  }

  #closeIfDone(): void {
    if (!this.#hasEnded || !this.#hasFinished) {
      return;
    }
    this.#isDown = true;
    this.#subscriptions.unsubscribe();
    this.#offering.cancel();
    emit(this.#closed$);
    for (const subject$ of [this.#full$, this.#removed$, this.#keepAlive$, this.#errors$]) {
      subject$.complete();
    }
  }

  /** The carrier has failed, or what it delivers makes no sense any more. */
  #fail(error: unknown): void {
    const channelError = error instanceof MuxError ? error : new CarrierEndedError({ cause: error });
    this.#shutDown({ error }, channelError, 'after-waiting');
  }

  #shutDown(failure: HalfEnd, channelError: unknown, when: 'now' | 'after-waiting'): void {
    if (this.#isDown) {
      return;
    }
    this.#isDown = true;
    this.#failure = failure;
    this.#hasEnded = true;
    this.#hasFinished = true;
    this.#subscriptions.unsubscribe();
    this.#sender.stop();
    this.#arrivals.clear();
    for (const channel of this.#channels.values()) {
      this.#remove(channel, channelError, when);
    }
    if ('error' in failure) {
      this.#channels$.error(failure.error);
    } else {
      this.#channels$.complete();
    }
    this.#carrier.destroy(failure.error instanceof Error ? failure.error : undefined);
    emit(this.#ended$);
    emit(this.#finished$);
    this.#closeIfDone();
  }
}

function emit(subject$: Subject<void>): void {
  subject$.next();
  subject$.complete();
}
