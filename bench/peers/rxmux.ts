import { filter } from 'rxjs';
import type { Peer } from '../peer.js';
import { connectRxmux } from './connect-rxmux.js';

/** rxmux through a channel's Subjects. */
export const rxmux: Peer = {
  connect: () =>
    connectRxmux(({ outbound$, inbound$, writable$ }) => ({
      write: (chunk) => {
        outbound$.next(chunk);
        return writable$.value;
      },
      onWritable: (listener) => {
        writable$.pipe(filter(Boolean)).subscribe(listener);
      },
      onBytes: (listener) => {
        inbound$.subscribe((chunk) => {
          listener(chunk.length);
        });
      },
    })),
};
