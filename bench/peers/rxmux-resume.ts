import { mergeMap } from 'rxjs';
import { type Channel, Mux } from 'rxmux';
import { ResumableCarrier, ResumableSessions } from 'rxmux/resume';
import { AcceptQueue } from '../accept-queue.js';
import type { CarrierPair, Connection, Peer } from '../peer.js';
import { SubjectsEnd } from './rxmux.js';

/** rxmux over a session that survives the connection: what `rxmux`, over the connection itself, is to be compared with. */
export const rxmuxResume: Peer = {
  connect: (pair) => overSession(() => pair),
  survive: overSession,
};

function overSession(connect: () => CarrierPair): Connection {
  const accepting = new AcceptQueue<Channel>();
  const sessions = new ResumableSessions();
  sessions.carriers$.pipe(mergeMap((carrier) => new Mux(carrier).channels$)).subscribe(accepting.accept);
  const carrier = new ResumableCarrier(
    () => {
      const { near, far } = connect();
      sessions.accept(far);
      return near;
    },
    { retry: { delay: () => 0 } },
  );
  const mux = new Mux(carrier);
  return {
    open: async (onNear) => {
      const nearEnd = new SubjectsEnd(mux.open());
      const accepted = accepting.next();
      onNear?.(nearEnd);
      return { near: nearEnd, far: new SubjectsEnd(await accepted) };
    },
  };
}
