// The far end of muxes: one over what the worker and its page say to each other, and one over each port that it gets.
import { Mux } from 'rxmux';
import { MessagePortCarrier } from 'rxmux/message-port';
import { serve } from '../shared/serve.js';

declare const self: DedicatedWorkerGlobalScope;

const OPENS = Number(self.name);

serve(new Mux(new MessagePortCarrier(self)), OPENS);

self.addEventListener('message', ({ data }: MessageEvent<unknown>) => {
  if (data instanceof MessagePort) {
    serve(new Mux(new MessagePortCarrier(data)), OPENS);
  }
});
