import { create, createFileRegistry, type DescService } from '@bufbuild/protobuf';
import {
  FieldDescriptorProto_Label,
  FieldDescriptorProto_Type,
  type FileDescriptorProto,
  FileDescriptorProtoSchema,
} from '@bufbuild/protobuf/wkt';
import { createClient } from '@connectrpc/connect';
import { connectNodeAdapter, createConnectTransport } from '@connectrpc/connect-node';
import { once } from 'node:events';
import { createServer } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { type Caller, type Order, ordersAsync } from '../caller.js';

/** Connect over HTTP/2, in Protobuf: its methods are described here, and no code is generated. */
export const connect: Caller = {
  async connect() {
    const server = createServer(
      connectNodeAdapter({
        routes: (router) =>
          router.service(shopService, {
            echo: (given: object) => given,
            values: ({ count }: { readonly count: number }) => ordersAsync(count),
          } as never),
      }),
    );
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const shop = createClient(
      shopService,
      createConnectTransport({ baseUrl, httpVersion: '2' }),
    ) as unknown as Shop;
    return {
      echo: (given) => shop.echo(given),
      values: async (count, onValue) => {
        for await (const value of shop.values({ count })) {
          onValue(value);
        }
      },
    };
  },
};

/** What a client has for the methods that are described below. */
interface Shop {
  echo(given: Order): Promise<Order>;
  values(given: { readonly count: number }): AsyncIterable<Order>;
}

const shopService = serviceOf(
  create(FileDescriptorProtoSchema, {
    name: 'shop.proto',
    package: 'bench',
    syntax: 'proto3',
    messageType: [
      {
        name: 'Order',
        field: [
          field('id', 1, FieldDescriptorProto_Type.INT32),
          field('symbol', 2, FieldDescriptorProto_Type.STRING),
          field('amount', 3, FieldDescriptorProto_Type.INT32),
          field('price', 4, FieldDescriptorProto_Type.DOUBLE),
        ],
      },
      { name: 'Count', field: [field('count', 1, FieldDescriptorProto_Type.INT32)] },
    ],
    service: [
      {
        name: 'Shop',
        method: [
          { name: 'Echo', inputType: '.bench.Order', outputType: '.bench.Order' },
          { name: 'Values', inputType: '.bench.Count', outputType: '.bench.Order', serverStreaming: true },
        ],
      },
    ],
  }),
);

function field(name: string, number: number, type: FieldDescriptorProto_Type) {
  return { name, jsonName: name, number, type, label: FieldDescriptorProto_Label.OPTIONAL };
}

function serviceOf(file: FileDescriptorProto): DescService {
  const service = createFileRegistry(file, () => undefined).getService('bench.Shop');
  if (service === undefined) {
    throw new Error('the description has no service');
  }
  return service;
}
