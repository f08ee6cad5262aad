/// <reference lib="dom" />
/// <reference lib="dom.iterable" />
import { concatMap, firstValueFrom, map, type Observable, type Subscription, tap, timer } from 'rxjs';
import type { Remote } from 'rxmux/remote';
import { Card } from './card.js';
import { connection$, live } from './connection.js';
import type { Feeds, Point } from './feeds.js';

/** As a page that has much to do for each value: it gets the latest when it comes to the next one. */
function slowly(feeds: Remote<Feeds>, name: string): Observable<Point> {
  return feeds.feed(name).deliveries$.pipe(
    concatMap(({ value, ack }) =>
      timer(1000).pipe(
        map(() => value),
        tap(ack),
      ),
    ),
  );
}

const names = await firstValueFrom(
  live((feeds) => feeds.names()),
  { defaultValue: [] },
);
names.forEach((name, index) => {
  const isSlow = index === 3;
  const points$ = live((feeds) => (isSlow ? slowly(feeds, name) : feeds.feed(name)));
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

connection$.subscribe((words) => {
  document.querySelector('output')?.replaceChildren(words);
});
document.querySelector('#cut')?.addEventListener('click', () => {
  void fetch('/cut', { method: 'POST' });
});
