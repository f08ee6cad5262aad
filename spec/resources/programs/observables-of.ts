import type { Observable } from 'rxjs';
import type { Channel } from 'rxmux';

/** All Observables of a channel, but for those that ask for its bytes. */
export const observablesOf = (channel: Channel): readonly Observable<unknown>[] => [
  channel.outbound$,
  channel.handshake$,
  channel.sendWindow$,
  channel.receiveWindow$,
  channel.acknowledged$,
  channel.writable$,
  channel.stopped$,
  channel.closed$,
];
