/// <reference lib="dom" />
import {
  BehaviorSubject,
  catchError,
  EMPTY,
  map,
  type Observable,
  shareReplay,
  switchMap,
  throwError,
} from 'rxjs';
import { Mux } from 'rxmux';
import { type Remote, remote } from 'rxmux/remote';
import { connectionLost, reconnecting, ResumableCarrier } from 'rxmux/resume';
import { WebSocketCarrier } from 'rxmux/websocket';
import type { Feeds } from './feeds.js';

/** What is under way to a card that is slow: a few values. */
const channel = { highWaterMark: 128, maxHighWaterMark: 128 };

/** How the connection is, in words. */
export const connection$ = new BehaviorSubject('');

/** A mux that outlives its WebSockets: after a cut, the next one goes on where the last one was. */
function session(): Mux {
  const carrier = new ResumableCarrier(
    () => new WebSocketCarrier(new WebSocket(`ws://${location.host}/feeds`)),
  );
  carrier.state$.subscribe((state) => {
    connection$.next(`${state}, resumptions: ${carrier.resumptions}`);
  });
  return new Mux(carrier);
}

/** Another session where the server does not know the last one any more, as after it was restarted. */
const feeds$ = reconnecting(session).pipe(
  map((mux) => remote<Feeds>(mux, { channel })),
  shareReplay({ bufferSize: 1, refCount: false }),
);

/** What the server gives: in this session, and then in the next one. */
export function live<T>(call: (feeds: Remote<Feeds>) => Observable<T>): Observable<T> {
  return feeds$.pipe(
    switchMap((feeds) =>
      call(feeds).pipe(
        catchError((error: unknown) => (connectionLost(error) ? EMPTY : throwError(() => error))),
      ),
    ),
  );
}
