import { CHANNEL } from '../brands.js';
import type { Channel } from './channel.js';
import type { MuxChannel } from './mux-channel.js';

/** What adapters and `send` use of a channel, besides what everybody may. The channel may be of another copy of this package. */
export type Adaptable<H> = Channel<H> &
  Pick<
    MuxChannel<H>,
    | 'abort'
    | 'acknowledge'
    | 'addresses'
    | 'broken'
    | 'credit'
    | 'finish'
    | 'give'
    | 'giveReason'
    | 'hasPeerEnded'
    | 'inboundCredit'
    | 'isCut'
    | 'isEndSent'
    | 'isInboundCancelled'
    | 'isTurnedAway'
    | 'isWritable'
    | 'leave'
    | 'listen'
    | 'outboundEnd'
    | 'putBack'
    | 'refuseUnanswered'
    | 'scheduler'
    | 'sendHighWaterMark'
    | 'take'
    | 'unlisten'
  >;

/** Grows with every change of {@link Adaptable}, and of what a `ChannelListener` is told, that another version could stumble over. */
export const ADAPTABLE_VERSION = 1;

/**
 * A channel, for adapters.
 *
 * @throws TypeError where it is none, or one of a version of this package that is too different
 */
export function adaptable<H>(channel: Channel<H>): Adaptable<H> {
  const version = (channel as { readonly [CHANNEL]?: unknown } | null | undefined)?.[CHANNEL];
  if (version === ADAPTABLE_VERSION) {
    return channel as Adaptable<H>;
  }
  throw new TypeError(
    version === undefined
      ? 'channel must be a channel of a Mux'
      : 'channel is one of another version of rxmux: have one version of it in the program',
  );
}
