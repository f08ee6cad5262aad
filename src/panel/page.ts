// The page that inspect() serves: it asks for pictures over a mux of its own, and shows them.
import { catchError, defer, finalize, type Observable, of, repeat, tap, timer } from 'rxjs';
import { WebSocketCarrier } from '../carrier/web-socket-carrier.js';
import type { Picture } from '../inspector/picture.js';
import type { Request } from '../inspector/request.js';
import { json } from '../messages/json.js';
import { toMessages } from '../messages/to-messages.js';
import { Mux } from '../mux/mux.js';
import { View } from './view.js';

/** ms until it tries again to connect. */
const AGAIN = 1000;

const style = new CSSStyleSheet();
style.replaceSync('html, body { height: 100%; margin: 0 } body > div { height: 100% }');
document.adoptedStyleSheets = [style];
const host = document.createElement('div');
document.body.append(host);
const view = new View(host.attachShadow({ mode: 'open' }));

document.addEventListener('keydown', (event) => {
  if (view.key(event)) {
    event.preventDefault();
  }
});

/** Pictures, for as long as the connection lasts. */
const picture$: Observable<Picture> = defer(() => {
  const address = new URL('live', location.href);
  address.protocol = 'ws:';
  const mux = new Mux(new WebSocketCarrier(new WebSocket(address)));
  const { inbound$, outbound$ } = toMessages<Picture, Request>(mux.open(), json());
  const requests = view.request$.subscribe((request) => {
    outbound$.next(request);
  });
  return inbound$.pipe(
    tap(() => {
      view.tell('');
    }),
    finalize(() => {
      requests.unsubscribe();
      mux.destroy();
    }),
  );
});

picture$
  .pipe(
    catchError(() => of(undefined)),
    repeat({
      delay: () => {
        view.tell(
          'The process that was inspected is gone, or cannot be reached. What is seen is the last there was.',
        );
        return timer(AGAIN);
      },
    }),
  )
  .subscribe((picture) => {
    if (picture !== undefined) {
      view.show(picture);
    }
  });
