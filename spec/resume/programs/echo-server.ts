import { createServer } from 'node:net';
import { Mux } from 'rxmux';
import { ResumableSessions } from 'rxmux/resume';
import { WebSocketCarrier } from 'rxmux/websocket';
import { WebSocketServer } from 'ws';

// A server that sends back all that comes on each channel: over TCP or WebSockets.
const [, , kind, port, host = '127.0.0.1'] = process.argv;

const sessions = new ResumableSessions();
sessions.carriers$.subscribe((carrier) => {
  new Mux(carrier).channels$.subscribe({
    next: ({ inbound$, outbound$ }) => inbound$.subscribe(outbound$),
    error: (error: unknown) => {
      console.error(error);
    },
  });
});
const server = createServer({ noDelay: true });
if (kind === 'tcp') {
  server.on('connection', (socket) => {
    sessions.accept(socket);
  });
  server.listen(Number(port), host, () => {
    process.send?.({ state: 'ready' });
  });
} else {
  new WebSocketServer({ port: Number(port), host }, () => {
    process.send?.({ state: 'ready' });
  }).on('connection', (socket) => {
    sessions.accept(new WebSocketCarrier(socket));
  });
}
