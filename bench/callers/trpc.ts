import { createTRPCClient, createWSClient, wsLink } from '@trpc/client';
import { initTRPC } from '@trpc/server';
import { applyWSSHandler } from '@trpc/server/adapters/ws';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { WebSocket, WebSocketServer } from 'ws';
import { type Caller, type Order, ordersAsync } from '../caller.js';

const t = initTRPC.create();
// Nothing is checked: the others do not check, either.
const anOrder = (given: unknown) => given as Order;
const aCount = (given: unknown) => given as number;

const router = t.router({
  echo: t.procedure.input(anOrder).query(({ input: given }) => given),
  values: t.procedure.input(aCount).subscription(({ input: count }) => ordersAsync(count)),
});

/** tRPC over a WebSocket. */
export const trpc: Caller = {
  async connect() {
    const wss = new WebSocketServer({ host: '127.0.0.1', port: 0 });
    await once(wss, 'listening');
    applyWSSHandler({ wss, router });
    const client = createWSClient({
      url: `ws://127.0.0.1:${(wss.address() as AddressInfo).port}`,
      WebSocket: WebSocket as never,
    });
    const shop = createTRPCClient<typeof router>({ links: [wsLink({ client })] });
    return {
      echo: (given) => shop.echo.query(given),
      values: (count, onValue) =>
        new Promise((resolve, reject) => {
          shop.values.subscribe(count, { onData: onValue, onComplete: resolve, onError: reject });
        }),
    };
  },
};
