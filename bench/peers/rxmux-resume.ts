import { mergeMap } from 'rxjs';
import { type Channel, Mux } from 'rxmux';
import { ResumableCarrier, ResumableSessions } from 'rxmux/resume';
import { AcceptQueue } from '../accept-queue.js';
import type { Peer } from '../peer.js';
import { SubjectsEnd } from './rxmux.js';

/** rxmux over a session that would survive the connection: what `rxmux`, over the connection itself, is to be compared with. */
export const rxmuxResume: Peer = {
  connect: ({ near, far }) => {
    const accepting = new AcceptQueue<Channel>();
    const sessions = new ResumableSessions();
    sessions.carriers$.pipe(mergeMap((carrier) => new Mux(carrier).channels$)).subscribe(accepting.accept);
    sessions.accept(far);
    const mux = new Mux(new ResumableCarrier(() => near));
    return {
      open: async (onNear) => {
        const nearEnd = new SubjectsEnd(mux.open());
        const accepted = accepting.next();
        onNear?.(nearEnd);
        return { near: nearEnd, far: new SubjectsEnd(await accepted) };
      },
    };
  },
};
