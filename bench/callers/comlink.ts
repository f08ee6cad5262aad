import { expose, proxy, wrap } from 'comlink';
import nodeEndpoint from 'comlink/dist/esm/node-adapter.mjs';
import { MessageChannel } from 'node:worker_threads';
import { type Caller, type Order, orders } from '../caller.js';

/** It has no streams: values go to a callback of the caller's, each when the one before has been taken. */
const shop = {
  echo: (given: Order): Order => given,
  values: async (count: number, onValue: (value: Order) => unknown): Promise<void> => {
    for (const value of orders(count)) {
      await onValue(value);
    }
  },
};

/** Comlink over a MessagePort. */
export const comlink: Caller = {
  connect: () => {
    const { port1, port2 } = new MessageChannel();
    expose(shop, nodeEndpoint(port2));
    const wrapped = wrap<typeof shop>(nodeEndpoint(port1));
    return Promise.resolve({
      echo: (given) => wrapped.echo(given),
      values: (count, onValue) => wrapped.values(count, proxy(onValue)),
    });
  },
};
