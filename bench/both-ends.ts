import type { Channel, ChannelEnd } from './peer.js';

/**
 * Both ends of a channel.
 *
 * A class, not a literal: where literals that are made in one place have lived for a while, V8 makes them in the old
 * generation from then on, and all that a dead one holds is garbage that is moved and moved again until the next major
 * collection. Whether it did was chance, and channels per second were then half as many.
 */
export class BothEnds implements Channel {
  constructor(
    readonly near: ChannelEnd,
    readonly far: ChannelEnd,
  ) {}
}
