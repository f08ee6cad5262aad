import { newWebSocketRpcSession, RpcTarget } from 'capnweb';
import { WebSocket } from 'ws';
import { type Caller, type Order, orders } from '../caller.js';
import { webSocketPair } from './web-socket-pair.js';

/** Its streams of values are WHATWG streams. */
class Shop extends RpcTarget {
  echo(given: Order): Order {
    return given;
  }

  values(count: number): ReadableStream<Order> {
    const source = orders(count);
    return new ReadableStream<Order>({
      pull: (controller) => {
        const { done, value } = source.next();
        if (done === true) {
          controller.close();
        } else {
          controller.enqueue(value);
        }
      },
    });
  }
}

/** Cap'n Web over a WebSocket. Its own example, too, hands it the sockets of `ws`, which the types do not allow. */
export const capnweb: Caller = {
  async connect() {
    const { near, far } = await webSocketPair();
    Object.assign(globalThis, { WebSocket }); // whose constants it reads, and which Node 20 has not
    newWebSocketRpcSession(far as never, new Shop());
    const shop = newWebSocketRpcSession<Shop>(near as never);
    return {
      echo: (given) => shop.echo(given),
      values: async (count, onValue) => {
        for await (const value of (await shop.values(count)) as unknown as AsyncIterable<Order>) {
          onValue(value);
        }
      },
    };
  },
};
