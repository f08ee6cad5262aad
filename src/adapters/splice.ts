import { Observable, type Subscriber, Subscription } from 'rxjs';
import { CHANNEL_ERROR, hasCode } from '../brands.js';
import type { Bytes } from '../bytes.js';
import { type Adaptable, adaptable } from '../channel/adaptable.js';
import type { Channel } from '../channel/channel.js';
import type { ChannelListener } from '../channel/channel-listener.js';
import type { HalfEnd } from '../channel/half-end.js';
import { ChannelError, MuxClosedError, type MuxErrorCode } from '../errors.js';
import { compact } from '../flow/compact.js';

type Reason = Parameters<Adaptable<unknown>['giveReason']>[0];

/**
 * Joins two channels, of two muxes as a rule: what comes on one leaves on the other, both ways, as if their far ends were
 * connected with each other. For gateways and proxies.
 *
 * **Back-pressure goes through.** Bytes count as consumed on one channel when the other's carrier has taken them. So a far end
 * that does not read stops the other one, and what lies here are two receive windows at most, one for each way. Bytes are not
 * copied where they can leave at once; what has to wait is copied where it would keep a larger chunk alive.
 *
 * **Ends go through**, each way for itself:
 *
 * | one far end | the other far end gets |
 * | --- | --- |
 * | completes | all bytes, then its END |
 * | ends with an error, or refuses its channel | all bytes before, then ERROR_END, with the same `reason`; or, before its channel has been answered, a refusal |
 * | stops (`cancel()`, `destroy()`) | STOP, with the same `reason`: its `outbound$` errors with {@link StoppedError} |
 * | is lost with its connection | ERROR_END and STOP, with that error's `code` as the code of the `reason` |
 *
 * Reasons and STOP need the option `extensions` on all sides; a bpmux gets what it knows of that.
 *
 * **Priority.** `b` has the priority and the weight of `a`, also where these change later.
 *
 * **Cold**, as `send`: nothing happens before it is subscribed to, and the subscription is what holds the two together. That is why
 * it returns an Observable and not a Subscription: whoever joins a thousand channels wants to hear how each of them ended. It
 * emits nothing, and completes when both channels have come to their ends, or one far end wanted no more; it errors then with
 * the first thing that broke one of them. To unsubscribe destroys both: their peers get ERROR_END.
 *
 * A channel should have one user: while they are joined, nobody else should read or write them. Handshakes are not passed on:
 * open `b` with what `a.handshake` says, and answer `a` when `b.handshake$` emits. Where that errors, `splice`
 * refuses `a`, unless you have answered it.
 *
 * @param a - a channel of a {@link Mux}
 * @param b - another one
 * @returns an Observable that emits nothing, and completes or errors as above
 * @throws TypeError where `a` or `b` is no channel of a mux, or both are the same one
 *
 * @example
 * ```ts
 * import { EMPTY, catchError, defer, mergeMap } from 'rxjs';
 * import { type Mux, splice } from 'rxmux';
 *
 * // Each channel of the clients' goes on to the service.
 * const gateway = (clients: Mux, service: Mux) =>
 *   clients.channels$
 *     .pipe(
 *       mergeMap((channel) =>
 *         defer(() => splice(channel, service.open(channel.handshake))).pipe(
 *           catchError((error: unknown) => {
 *             console.error(`channel ${channel.id} failed:`, error);
 *             channel.destroy(error); // where the service could not be asked
 *             return EMPTY;
 *           }),
 *         ),
 *       ),
 *     )
 *     .subscribe({ error: (error) => console.error('connection lost:', error) });
 * ```
 */
export function splice(a: Channel<unknown>, b: Channel<unknown>): Observable<never> {
  const [one, other] = [adaptable(a), adaptable(b)];
  if (one === other) {
    throw new TypeError('a and b must be two channels');
  }
  return new Observable<never>((subscriber) => {
    new Splice(one, other, subscriber).start();
  });
}

/** Two channels that are joined. */
class Splice {
  readonly #channels: readonly Adaptable<unknown>[];
  readonly #ways: readonly Way[];
  readonly #subscriber: Subscriber<never>;
  /** What broke one of them first. */
  #failure: HalfEnd = {};

  constructor(a: Adaptable<unknown>, b: Adaptable<unknown>, subscriber: Subscriber<never>) {
    this.#channels = [a, b];
    this.#subscriber = subscriber;
    const onEnd = (end: HalfEnd): void => {
      this.#wayEnded(end);
    };
    const follow = (): void => {
      // Each by itself: to set one calls this again.
      if (b.priority !== a.priority) {
        b.priority = a.priority;
      }
      if (b.weight !== a.weight) {
        b.weight = a.weight;
      }
    };
    this.#ways = [new Way(a, b, follow, onEnd), new Way(b, a, follow, onEnd)];
  }

  start(): void {
    this.#subscriber.add(() => {
      for (const way of this.#ways) {
        way.stop();
      }
      if (!this.#isOver) {
        for (const channel of this.#channels) {
          channel.destroy(
            new MuxClosedError({ channelId: channel.id, message: 'the splice was let go before its end' }),
          );
        }
      }
    });
    for (const way of this.#ways) {
      way.start();
    }
  }

  get #isOver(): boolean {
    return this.#ways.every(({ isOver }) => isOver);
  }

  #wayEnded(end: HalfEnd): void {
    if ('error' in end && !hasCode(end.error, 'ERR_RXMUX_STOPPED')) {
      this.#failure = { ...end, ...this.#failure };
    }
    if (!this.#isOver) {
      return;
    }
    if ('error' in this.#failure) {
      this.#subscriber.error(this.#failure.error);
    } else {
      this.#subscriber.complete();
    }
  }
}

/** One way: the bytes of `from`, and its end, go to `to`. */
class Way implements ChannelListener {
  readonly #from: Adaptable<unknown>;
  readonly #to: Adaptable<unknown>;
  readonly onOrder: () => void;
  readonly #onEnd: (end: HalfEnd) => void;
  readonly #subscription = new Subscription();
  /** Bytes that `to` has been given and that have not been acknowledged to `from`. */
  #given = 0;
  #isFromOver = false;
  #isToOver = false;

  /**
   * @param onOrder - called at the start, and when the priority or the weight of `to` has been set
   * @param onEnd - called with how each of the two halves has ended
   */
  constructor(
    from: Adaptable<unknown>,
    to: Adaptable<unknown>,
    onOrder: () => void,
    onEnd: (end: HalfEnd) => void,
  ) {
    this.#from = from;
    this.#to = to;
    this.onOrder = onOrder;
    this.#onEnd = onEnd;
  }

  /** Whether both halves have ended. */
  get isOver(): boolean {
    return this.#isFromOver && this.#isToOver;
  }

  start(): void {
    this.onOrder();
    this.#to.listen(this);
    this.#subscription.add(
      this.#from.deliveries$.subscribe({
        next: ({ chunk }) => {
          this.#pass(chunk);
        },
        error: (error: unknown) => {
          this.#fromEnded({ error });
        },
        complete: () => {
          this.#fromEnded({});
        },
      }),
    );
    this.#subscription.add(
      this.#from.handshake$.subscribe({
        error: (error: unknown) => {
          this.#to.refuseUnanswered(reasonOf({ error })); // else its end would wait for an answer that never comes
        },
      }),
    );
  }

  stop(): void {
    this.#to.unlisten(this);
    this.#subscription.unsubscribe();
  }

  #pass(chunk: Bytes): void {
    const hasToWait = this.#to.bufferedAmount > 0 || this.#to.credit < chunk.length;
    this.#given += chunk.length;
    this.#to.give(hasToWait ? compact(chunk) : chunk);
  }

  onTaken(): void {
    const taken = this.#given - this.#to.bufferedAmount; // what was in there before leaves first
    if (taken > 0) {
      this.#given -= taken;
      this.#from.acknowledge(taken);
    }
  }

  /** `to` takes no more: `from` is to send no more, unless it was its own end. */
  onStopped(end: HalfEnd): void {
    if (!this.#isFromOver) {
      const reason = reasonOf(end);
      if (reason !== undefined) {
        this.#from.giveReason(reason);
      }
      this.#from.cancel();
    }
  }

  onEndSent(end: HalfEnd): void {
    this.#isToOver = true;
    this.#onEnd(end);
  }

  #fromEnded(end: HalfEnd): void {
    this.#isFromOver = true;
    const reason = reasonOf(end);
    this.#to.finish(reason === undefined ? end : { error: new ChannelError(reason.code, reason.message) });
    this.#onEnd(end);
  }
}

/** Errors that tell nothing but that a connection has gone. */
const LOSSES: readonly MuxErrorCode[] = [
  'ERR_RXMUX_CARRIER_ENDED',
  'ERR_RXMUX_CARRIER_FINISHED',
  'ERR_RXMUX_CLOSED',
  'ERR_RXMUX_KEEP_ALIVE_TIMEOUT',
  'ERR_RXMUX_SESSION_LOST',
];

/** What the other far end may know of how a half has ended. */
function reasonOf({ error }: HalfEnd): Reason | undefined {
  if (typeof error !== 'object' || error === null) {
    return undefined;
  }
  if (CHANNEL_ERROR in error) {
    return error as unknown as Reason;
  }
  if (hasCode(error, ...LOSSES)) {
    return {
      code: String((error as Partial<Reason>).code),
      message: 'the connection behind the gateway is lost',
    };
  }
  return (error as { readonly reason?: Reason | undefined }).reason;
}
