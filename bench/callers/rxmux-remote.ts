import { lastValueFrom, type Observable } from 'rxjs';
import { type Carrier, Mux } from 'rxmux';
import { MessagePortCarrier } from 'rxmux/message-port';
import { remote, serve } from 'rxmux/remote';
import { WebSocketCarrier } from 'rxmux/websocket';
import { MessageChannel } from 'node:worker_threads';
import { type Caller, type Calls, type Order, order, orders } from '../caller.js';
import { loopback } from '../loopback.js';
import { webSocketPair } from './web-socket-pair.js';

/** No answer to any order. */
const NO_ORDER = order(-1);

interface Shop {
  echo(given: Order): Promise<Order>;
  values(count: number): Observable<Order>;
}

export const overTcp: Caller = {
  connect: async () => {
    const { near, far } = await loopback();
    return calls(new Mux(near), new Mux(far));
  },
};

export const overWebSocket: Caller = {
  connect: async () => {
    const { near, far } = await webSocketPair();
    return calls(over(new WebSocketCarrier(near)), over(new WebSocketCarrier(far)));
  },
};

export const overPort: Caller = {
  connect: () => {
    const { port1, port2 } = new MessageChannel();
    return Promise.resolve(calls(over(new MessagePortCarrier(port1)), over(new MessagePortCarrier(port2))));
  },
};

const over = (carrier: Carrier): Mux => new Mux(carrier);

function calls(near: Mux, far: Mux): Calls {
  serve<Shop>(far, { echo: (given) => Promise.resolve(given), values: (count) => orders(count) });
  const shop = remote<Shop>(near);
  return {
    echo: (given) => lastValueFrom(shop.echo(given), { defaultValue: NO_ORDER }),
    values: (count, onValue) => shop.values(count).forEach(onValue),
  };
}
