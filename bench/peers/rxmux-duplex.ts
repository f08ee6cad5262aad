import { toDuplex } from 'rxmux';
import type { Peer } from '../peer.js';
import { StreamEnd } from '../stream-end.js';
import { connectRxmux } from './connect-rxmux.js';

/** rxmux through Node streams. */
export const rxmuxDuplex: Peer = {
  connect: (carrier) => connectRxmux(carrier, (channel) => new StreamEnd(toDuplex(channel))),
};
