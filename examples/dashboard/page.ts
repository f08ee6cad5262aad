/// <reference lib="dom" />
/// <reference lib="dom.iterable" />
import { concatMap, firstValueFrom, map, type Observable, type Subscription, tap, timer } from 'rxjs';
import { Mux } from 'rxmux';
import { remote } from 'rxmux/remote';
import { WebSocketCarrier } from 'rxmux/websocket';
import { Card } from './card.js';
import type { Feeds, Point } from './feeds.js';

/** What is under way to a card that is slow: a few values. */
const channel = { highWaterMark: 128, maxHighWaterMark: 128 };
const mux = new Mux(new WebSocketCarrier(new WebSocket(`ws://${location.host}/feeds`)));
const feeds = remote<Feeds>(mux, { channel });

/** As a page that has much to do for each value: it gets the latest when it comes to the next one. */
function slowly(name: string): Observable<Point> {
  return feeds.feed(name).deliveries$.pipe(
    concatMap(({ value, ack }) =>
      timer(1000).pipe(
        map(() => value),
        tap(ack),
      ),
    ),
  );
}

const names = await firstValueFrom(feeds.names(), { defaultValue: [] });
names.forEach((name, index) => {
  const isSlow = index === 3;
  const points$ = isSlow ? slowly(name) : feeds.feed(name);
  const card = new Card(isSlow ? `${name}, slow` : name);
  let subscription: Subscription | undefined;
  card.onToggle = (isOn) => {
    subscription?.unsubscribe(); // and the source at the server stops
    subscription = isOn
      ? points$.subscribe((point) => {
          card.show(point);
        })
      : undefined;
  };
  document.querySelector('main')?.append(card.element);
  card.toggle();
});
