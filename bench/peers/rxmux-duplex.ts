import { toDuplex } from 'rxmux';
import type { Peer } from '../peer.js';
import { streamEnd } from '../stream-end.js';
import { connectRxmux } from './connect-rxmux.js';

/** rxmux through Node streams. */
export const rxmuxDuplex: Peer = {
  connect: () => connectRxmux((channel) => streamEnd(toDuplex(channel))),
};
