import { once } from 'node:events';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { JsonSerializers, type Payload, RSocketClient, RSocketServer } from 'rsocket-core';
import { Flowable, Single } from 'rsocket-flowable';
import rsocketTcpClient from 'rsocket-tcp-client';
import rsocketTcpServer from 'rsocket-tcp-server';
import { type Caller, type Order, orders } from '../caller.js';

/** Values that are asked for at a time: its streams have credit by values, which their consumer has to give. */
const AT_A_TIME = 128;

const setup = {
  keepAlive: 60_000,
  lifetime: 180_000,
  dataMimeType: 'application/json',
  metadataMimeType: 'application/json',
};

/** RSocket over TCP, in JSON. */
export const rsocket: Caller = {
  async connect() {
    const port = await serve();
    const socket = await new RSocketClient({
      serializers: JsonSerializers,
      setup,
      transport: new rsocketTcpClient.default({ host: '127.0.0.1', port, noDelay: true }),
    }).connect();
    return {
      echo: async (given) => (await socket.requestResponse({ data: given })).data as Order,
      values: (count, onValue) =>
        new Promise((resolve, reject) => {
          let subscription: { request(values: number): void };
          let taken = 0;
          socket.requestStream({ data: count }).subscribe({
            onSubscribe: (given) => {
              subscription = given;
              subscription.request(2 * AT_A_TIME);
            },
            onNext: ({ data }) => {
              onValue(data as Order);
              taken += 1;
              if (taken % AT_A_TIME === 0) {
                subscription.request(AT_A_TIME);
              }
            },
            onComplete: resolve,
            onError: reject,
          });
        }),
    };
  },
};

/** Serves at a port, which it returns. */
async function serve(): Promise<number> {
  let server: Server | undefined;
  const transport = new rsocketTcpServer.default({
    host: '127.0.0.1',
    port: 0,
    serverFactory: (onConnect) => (server = createServer({ noDelay: true }, onConnect)),
  });
  new RSocketServer({
    serializers: JsonSerializers,
    transport,
    getRequestHandler: () => ({
      requestResponse: (payload) => Single.of(payload),
      requestStream: ({ data }) => streamOf(data as number),
    }),
  }).start();
  if (server === undefined) {
    throw new Error('it does not listen');
  }
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

/** So many orders, given as they are asked for. */
function streamOf(count: number): Flowable<Payload> {
  return new Flowable((subscriber) => {
    const source = orders(count);
    subscriber.onSubscribe({
      cancel: () => source.return(),
      request: (values) => {
        for (let left = values; left > 0; left -= 1) {
          const { done, value } = source.next();
          if (done === true) {
            subscriber.onComplete();
            return;
          }
          subscriber.onNext({ data: value });
        }
      },
    });
  });
}
