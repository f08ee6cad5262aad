import { createHash } from 'node:crypto';
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { lastValueFrom, tap } from 'rxjs';
import { Mux } from 'rxmux';
import { type Connected, ResumableCarrier } from 'rxmux/resume';
import { WebSocketCarrier } from 'rxmux/websocket';
import { WebSocket } from 'ws';

// Sends bytes to an echo server until its session has been resumed, and tells what becomes of its connections and bytes.
const [, , kind, host = '', port, deadAfter] = process.argv;

const connectTo = (): Connected =>
  kind === 'tcp'
    ? connect({ port: Number(port), host, noDelay: true })
    : new WebSocketCarrier(new WebSocket(`ws://${host}:${port}`));

const tell = (what: Readonly<Record<string, unknown>>): void => {
  process.send?.(what);
};

const carrier = new ResumableCarrier(connectTo, {
  deadAfter: Number(deadAfter),
  retry: { delay: () => 20 },
});
const mux = new Mux(carrier);
const { inbound$, outbound$ } = mux.open();
let heardAt = 0;
carrier.state$.subscribe((state) => {
  if (state === 'lost') {
    tell({ state, silence: Date.now() - heardAt });
  }
});
carrier.attempts$.subscribe(({ attempt, error }) => {
  if (attempt === 1) {
    tell({ state: 'again', error: (error as { code?: unknown }).code });
  }
});

const [sent, came] = [createHash('sha256'), createHash('sha256')];
const all = lastValueFrom(
  inbound$.pipe(
    tap((chunk) => {
      if (heardAt === 0) {
        tell({ state: 'in use' });
      }
      heardAt = Date.now();
      came.update(chunk);
    }),
  ),
);
tell({ state: 'ready' });
for (let i = 0; carrier.resumptions === 0; i += 1) {
  const chunk = Buffer.alloc(10_000, i);
  sent.update(chunk);
  outbound$.next(chunk);
  await sleep(5);
}
outbound$.complete();
await all;
await mux.close();
tell({ state: 'over', sent: sent.digest('hex'), came: came.digest('hex') });
