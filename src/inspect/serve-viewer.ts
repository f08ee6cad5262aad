import { asyncScheduler, catchError, EMPTY, mergeMap, type Observable, takeUntil, tap } from 'rxjs';
import { WebSocketCarrier, type WebSocketLike } from '../carrier/web-socket-carrier.js';
import type { Channel } from '../channel/channel.js';
import type { MuxList } from '../inspector/mux-list.js';
import type { Picture } from '../inspector/picture.js';
import { type Request, requestSchema } from '../inspector/request.js';
import { watch } from '../inspector/watch.js';
import { json } from '../messages/json.js';
import { toMessages } from '../messages/to-messages.js';
import { Mux } from '../mux/mux.js';

/** Shows the muxes to whoever is at the other end: on a channel requests come, and pictures go. */
export function serveViewer(socket: WebSocketLike, list: MuxList): void {
  new Mux(new WebSocketCarrier(socket), { maxOpen: 4 }).channels$
    .pipe(mergeMap((channel) => showOn(channel, list)))
    .subscribe({ error: () => undefined }); // the page has gone
}

function showOn(channel: Channel, list: MuxList): Observable<Picture> {
  const { inbound$, outbound$, writable$, stopped$ } = toMessages<Request, Picture>(
    channel,
    json(requestSchema),
  );
  return watch(list, inbound$, () => writable$.value, asyncScheduler).pipe(
    tap((picture) => {
      outbound$.next(picture);
    }),
    catchError((error: unknown) => {
      channel.destroy(error); // the page has gone, or has asked for what is no request; or it hears that all is over
      return EMPTY;
    }),
    takeUntil(stopped$),
  );
}
