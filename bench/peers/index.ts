import type { Peer } from '../peer.js';
import { bpmux } from './bpmux.js';
import { frameStream } from './frame-stream.js';
import { http2 } from './http2.js';
import { multiplex } from './multiplex.js';
import { nerdbankStreams } from './nerdbank-streams.js';
import { raw } from './raw.js';
import { rxmux } from './rxmux.js';
import { rxmuxDuplex } from './rxmux-duplex.js';
import { yamux } from './yamux.js';

/** All that can be compared, by the name that the command line and the report use. */
export const peers: ReadonlyMap<string, Peer> = new Map(
  Object.entries({
    raw,
    'frame-stream': frameStream,
    http2,
    multiplex,
    bpmux,
    yamux,
    'nerdbank-streams': nerdbankStreams,
    rxmux,
    'rxmux-duplex': rxmuxDuplex,
  }),
);
