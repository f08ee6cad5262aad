import { BehaviorSubject, Subject, VirtualTimeScheduler } from 'rxjs';
import { type Carrier, type Channel, Mux } from '../../src/index.js';
import { turn } from '../support/test-carrier.js';

const ROOM = 65_536;

/** Bytes that wait from which on `writable$` is false; and the window that the far side grants. */
export const MARK = 8;

/** What waits on the near side: nothing, or bytes, for credit, for room in the carrier, or for the answer. */
export const WAITS = ['nothing', 'credit', 'capacity', 'answer'] as const;
export type Waits = (typeof WAITS)[number];

/** One end of a connection in memory. */
class End implements Carrier {
  readonly inbound$ = new Subject<Uint8Array>();
  readonly capacity$ = new BehaviorSubject(ROOM);
  peer!: End;

  write(chunks: readonly Uint8Array[]): void {
    const bytes = Buffer.concat(chunks);
    queueMicrotask(() => {
      this.peer.inbound$.next(bytes);
    });
  }

  end(): void {
    queueMicrotask(() => {
      this.capacity$.complete();
      this.peer.inbound$.complete();
    });
  }

  destroy(): void {
    for (const { inbound$, capacity$ } of [this, this.peer]) {
      inbound$.complete();
      capacity$.complete();
    }
  }

  /** Whether anybody still listens to it. */
  get observed(): boolean {
    return this.inbound$.observed || this.capacity$.observed;
  }
}

/** Everything that is due has happened, at both ends. */
export async function settled(): Promise<void> {
  for (let i = 0; i < 6; i += 1) {
    await turn();
  }
}

/**
 * Two muxes that are joined, and both ends of a channel. All timers are on a scheduler that nobody runs: what waits for
 * time waits for ever.
 */
export class Joined {
  readonly scheduler = new VirtualTimeScheduler();
  readonly carrier = new End();
  readonly farCarrier = new End();
  readonly near: Mux;
  readonly far: Mux;
  /** The near end of the channel. */
  ours!: Channel;
  /** The far end. Where the answer is awaited, nobody has it yet. */
  theirs!: Channel;

  constructor() {
    const { scheduler, carrier, farCarrier } = this;
    carrier.peer = farCarrier;
    farCarrier.peer = carrier;
    // Neither side can tell the other to stop: ends are as between rxmux and bpmux.
    const options = {
      scheduler,
      extensions: false,
      peerChannelOptions: { highWaterMark: MARK, maxHighWaterMark: MARK },
    };
    this.near = new Mux(carrier, {
      ...options,
      peerChannelOptions: { ...options.peerChannelOptions, sendHighWaterMark: MARK },
    });
    this.far = new Mux(farCarrier, { ...options, highChannels: true });
  }

  /**
   * Opens the channel and gets it to where bytes will have to wait for `waits`.
   *
   * @param opener - where it is the far side, it is this side that owes the answer
   */
  async open(waits: Waits, opener: 'near' | 'far' = 'near'): Promise<void> {
    const [mine, other] = opener === 'near' ? [this.near, this.far] : [this.far, this.near];
    mine.channels$.subscribe({ error: () => undefined });
    const opened = mine.open('', { highWaterMark: 64, sendHighWaterMark: MARK });
    if (opener === 'far') {
      other.channels$.subscribe({ next: (channel) => channel.delayHandshake(), error: () => undefined });
    } else if (waits !== 'answer') {
      other.channels$.subscribe({ error: () => undefined });
    }
    await settled();
    const accepted = other.openChannels.get(opened.id);
    if (accepted === undefined) {
      throw new Error('the channel has not arrived');
    }
    [this.ours, this.theirs] = opener === 'near' ? [opened, accepted] : [accepted, opened];
    if (waits === 'capacity') {
      this.carrier.capacity$.next(0);
    }
  }

  /**
   * The far side takes all there is and ends its half, and the carrier has room again. Then nothing is left of the
   * channel, if the near side has ended its half, too.
   */
  async farEnds(): Promise<void> {
    this.carrier.capacity$.next(ROOM); // unless it is gone
    this.far.channels$.subscribe({ error: () => undefined });
    await settled();
    this.theirs.cancel();
    this.theirs.outbound$.complete();
    await settled();
  }

  /** What is left of the channel; and, with the muxes closed, of these. */
  async leftovers(): Promise<string[]> {
    const left: string[] = [];
    const isLeft = (what: string, is: boolean): void => {
      if (is) {
        left.push(what);
      }
    };
    isLeft('near channel', this.near.openChannels.size > 0);
    isLeft('far channel', this.far.openChannels.size > 0);
    isLeft('near bytes', this.ours.bufferedAmount > 0);
    isLeft('subscriber of inbound$', !this.ours.inbound$.closed && this.ours.inbound$.observed);
    isLeft(
      'subscriber of deliveries$',
      (this.ours.deliveries$ as unknown as { readonly observed: boolean }).observed,
    );
    void this.near.close();
    void this.far.close();
    await settled();
    isLeft('near carrier', this.carrier.observed);
    isLeft('far carrier', this.farCarrier.observed);
    isLeft(
      'timers',
      this.scheduler.actions.some(({ closed }) => !closed),
    );
    return left;
  }
}
