import { type Subscription, VirtualAction, VirtualTimeScheduler } from 'rxjs';
import { type Channel, Mux } from '../../src/index.js';
import type { ChannelUser } from './channel-user.js';
import type { LinkEnd, Side } from './link.js';
import type { Answer, Setup } from './operations.js';

/** One side of the connection: its mux, its clock, and those who use its channels. */
export class Station {
  readonly mux: Mux;
  readonly scheduler = new VirtualTimeScheduler(VirtualAction, 0);
  readonly users: ChannelUser[] = [];
  /** Channels that its mux has said are gone. */
  readonly removed: Channel[] = [];
  /** How it answers the peer's channels. */
  answer: Answer = 'by returning';
  /** What became of each `ping()`. */
  readonly pings: ('pending' | 'answered' | { readonly error: unknown })[] = [];
  readonly isExtended: boolean;
  closing: 'not asked for' | 'pending' | 'fulfilled' | 'rejected' = 'not asked for';
  /** The windows of channels that the peer opens. */
  readonly peerWindows: { readonly window: number; readonly maxWindow: number };
  #listening: Subscription | undefined;

  /** @param problem - called with what is wrong */
  constructor(side: Side, end: LinkEnd, setup: Setup, problem: (message: string) => void) {
    const { maxWindow, maxBufferedBytes, maxOpen, acceptBacklog, coalesceWrites } = setup;
    const window = side === 'left' ? setup.leftWindow : setup.rightWindow;
    this.peerWindows = { window, maxWindow };
    this.isExtended = side === 'left' ? setup.leftExtensions : setup.rightExtensions;
    this.mux = new Mux(end, {
      highChannels: side === 'right',
      peerChannelOptions: { highWaterMark: window, maxHighWaterMark: maxWindow },
      maxBufferedBytes,
      keepAlive: 1_000,
      maxOpen,
      acceptBacklog,
      coalesceWrites,
      extensions: this.isExtended,
      scheduler: this.scheduler,
    });
    this.mux.removed$.subscribe((channel) => this.removed.push(channel));
    this.mux.errors$.subscribe((error) => {
      problem(`errors$ of ${side} says: ${error.message} (${error.channelId})`);
    });
  }

  /** Takes the channels that the peer opens, from now on. */
  listen(arrived: (channel: Channel) => void): void {
    this.#listening ??= this.mux.channels$.subscribe({ next: arrived, error: () => undefined });
  }

  stopListening(): void {
    this.#listening?.unsubscribe();
    this.#listening = undefined;
  }

  timePasses(ms: number): void {
    const { scheduler } = this;
    scheduler.maxFrames += ms;
    scheduler.flush();
    scheduler.frame = scheduler.maxFrames;
  }

  ping(): void {
    const index = this.pings.push('pending') - 1;
    this.mux.ping().then(
      () => (this.pings[index] = 'answered'),
      (error: unknown) => (this.pings[index] = { error }),
    );
  }

  close(): void {
    if (this.closing === 'not asked for') {
      this.closing = 'pending';
      this.mux.close().then(
        () => (this.closing = 'fulfilled'),
        () => (this.closing = 'rejected'),
      );
    }
  }
}
