// The far end of muxes: one over what the worker and its page say to each other, and one over each port that it gets.
import { Mux } from 'rxmux';
import { MessagePortCarrier } from 'rxmux/message-port';
import { serve } from '../shared/serve.js';

declare const self: DedicatedWorkerGlobalScope;

const [OPENS = NaN, isLate = 0] = self.name.split(' ').map(Number);

/** One mux after the other. */
function serveSelf(): void {
  const mux = new Mux(new MessagePortCarrier(self));
  serve(mux, OPENS);
  mux.closed$.subscribe(serveSelf);
}

if (!isLate) {
  serveSelf();
}

self.addEventListener('message', ({ data }: MessageEvent<unknown>) => {
  if (data === 'listen') {
    serveSelf();
  }
  if (data instanceof MessagePort) {
    serve(new Mux(new MessagePortCarrier(data)), OPENS);
  }
});
