import { Subscription } from 'rxjs';
import { isError } from '../arguments.js';
import type { Carrier } from '../carrier/carrier.js';
import type { HalfEnd } from '../channel/half-end.js';
import type { MuxChannel } from '../channel/mux-channel.js';
import type { Shared } from '../channel/shared.js';
import { CarrierEndedError, CarrierFinishedError, MuxClosedError } from '../errors.js';
import { isolated } from '../reactive/report-error.js';
import type { AbsentNumbers } from './absent-numbers.js';
import type { Arrivals } from './arrivals.js';
import type { ChannelRegistry } from './channel-registry.js';
import type { Diagnostics } from './diagnostics.js';
import { errorOfChannel, type Life } from './life.js';
import type { Peer } from './peer.js';
import type { Unclaimed } from './unclaimed.js';

/** What comes to an end with a mux. */
interface Parts<H> {
  readonly carrier: Carrier;
  readonly registry: ChannelRegistry<H>;
  readonly arrivals: Arrivals<H, MuxChannel<H>>;
  readonly absent: AbsentNumbers;
  readonly peer: Peer;
  readonly shared: Shared<H>;
  readonly unclaimed: Unclaimed<H>;
  readonly life: Life;
  readonly diagnostics: Diagnostics<H>;
}

/** How a mux comes to its end, in each of the ways that {@link Life} shows, and what goes with it. */
export class Ending<H> {
  /** What receives: stopped when nothing comes any more. */
  readonly receiving = new Subscription();
  /** What sends by itself: stopped when nothing leaves any more. */
  readonly sending = new Subscription();
  readonly #parts: Parts<H>;

  constructor(parts: Parts<H>) {
    this.#parts = parts;
  }

  /** The channel is over, where it is still there. With an error it has not come to its end. */
  remove(id: number, error?: unknown, when?: 'now' | 'after-waiting'): void {
    const channel = this.#parts.registry.remove(id, error, when);
    if (channel !== undefined) {
      this.#parts.diagnostics.removed(channel);
      this.#parts.arrivals.delete(channel);
      this.endIfIdle();
    }
  }

  /** The carrier delivers no more. Channels that only send go on. */
  carrierEnded(): void {
    this.#parts.life.end();
    for (const channel of this.#parts.registry.channels.values()) {
      // Nobody will get hold of a channel that still waits for a subscriber.
      if (channel.hasPeerEnded && !this.#parts.arrivals.has(channel)) {
        channel.creditIsFinal();
      } else {
        this.remove(channel.id, new CarrierEndedError({ channelId: channel.id }));
      }
    }
    this.#parts.arrivals.channels$.complete();
    this.#parts.life.ended$.settle();
    this.endIfIdle();
    this.#closeIfOver();
  }

  /** The carrier takes no more. Channels that only receive go on. */
  carrierFinished(): void {
    this.#parts.life.finish();
    this.#stopSending();
    for (const channel of this.#parts.registry.channels.values()) {
      if (!channel.isEndSent) {
        this.remove(channel.id, new CarrierFinishedError({ channelId: channel.id }));
      }
    }
    this.#parts.life.finished$.settle();
    this.#closeIfOver();
  }

  /** Ends the carrier where no more channels are wanted, and none is left. */
  endIfIdle(): void {
    const { isClosing, hasEnded, hasFinished } = this.#parts.life;
    const isWanted = !isClosing && !hasEnded;
    if (
      !isWanted &&
      this.#parts.registry.channels.size === 0 &&
      !this.#parts.absent.hasToTell &&
      !hasFinished
    ) {
      this.#parts.shared.sender.end();
    }
  }

  /** The carrier has failed, or what it delivers makes no sense any more. */
  fail(error: unknown): void {
    this.#shutDown({ error }, (channelId) => errorOfChannel(error, channelId), 'after-waiting');
  }

  /** Ends everything at once, as `Mux.destroy` says. */
  destroy(error?: unknown): void {
    if (error === undefined) {
      this.#shutDown({}, (channelId) => new MuxClosedError({ channelId }), 'now');
    } else {
      this.#shutDown({ error }, () => error, 'now');
    }
  }

  #shutDown(failure: HalfEnd, errorOf: (channelId: number) => unknown, when: 'now' | 'after-waiting'): void {
    if (!this.#parts.life.down(failure)) {
      return;
    }
    this.#stopReceiving();
    this.#stopSending();
    this.#parts.arrivals.stop();
    for (const { id } of this.#parts.registry.channels.values()) {
      this.remove(id, errorOf(id), when);
    }
    try {
      this.#parts.carrier.destroy(isError(failure.error) ? failure.error : undefined);
    } catch (error) {
      this.#parts.life.alsoFailedWith(error);
    }
    if ('error' in this.#parts.life.failure) {
      this.#parts.arrivals.channels$.error(this.#parts.life.failure.error);
    } else {
      this.#parts.arrivals.channels$.complete();
    }
    this.#parts.life.ended$.settle();
    this.#parts.life.finished$.settle();
    this.#closeIfOver();
  }

  #closeIfOver(): void {
    if (!this.#parts.life.isOver) {
      return;
    }
    this.#parts.life.down({});
    this.#stopReceiving();
    this.#parts.life.closed$.settle();
    for (const subject$ of [
      this.#parts.registry.full$,
      this.#parts.registry.removed$,
      this.#parts.unclaimed.keepAlive$,
      this.#parts.shared.faults$,
    ]) {
      subject$.complete();
    }
  }

  #stopReceiving(): void {
    isolated(() => {
      this.receiving.unsubscribe();
    });
  }

  #stopSending(): void {
    const { failure, isClosing } = this.#parts.life;
    isolated(() => {
      this.#parts.shared.sender.stop();
    });
    this.sending.unsubscribe();
    this.#parts.shared.quietWatch.stop();
    this.#parts.shared.handshakeSent$.complete();
    this.#parts.peer.stop(
      failure.error ??
        (isClosing
          ? new MuxClosedError()
          : new CarrierFinishedError({ message: 'the carrier takes no more' })),
    );
  }
}
