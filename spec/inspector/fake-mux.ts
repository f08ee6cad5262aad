import { Subject } from 'rxjs';
import type { ChannelStats } from '../../src/channel/channel-stats.js';
import type { MuxError } from '../../src/errors.js';
import type { InspectedChannel, InspectedMux } from '../../src/inspector/mux-list.js';
import type { MuxStats } from '../../src/mux/mux-stats.js';
import { channelStats, muxStats } from './stats.js';

/** A channel whose figures are what the test says. */
export class FakeChannel implements InspectedChannel {
  constructor(public now: Partial<ChannelStats> = {}) {}

  stats(): ChannelStats {
    return channelStats(this.now);
  }
}

/** A mux whose figures are what the test says. */
export class FakeMux implements InspectedMux {
  now: Partial<MuxStats> = {};
  readonly openChannels = new Map<number, FakeChannel>();
  readonly errors$ = new Subject<MuxError>();
  readonly removed$ = new Subject<{ readonly closed$: Subject<void> }>();
  readonly closed$ = new Subject<void>();

  constructor(...channels: readonly FakeChannel[]) {
    channels.forEach((channel, index) => this.openChannels.set(index, channel));
  }

  stats(): MuxStats {
    return muxStats(this.now);
  }
}
