import { once } from 'node:events';
import { type AddressInfo, connect, createServer } from 'node:net';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { interval, map, type Observable, of, take } from 'rxjs';
import { Mux } from '../../src/index.js';
import { MessagePortCarrier } from '../../src/message-port.js';
import { remote, serve } from '../../src/remote.js';
import { all, endless, failure, one } from './support.js';

interface Calculator {
  add(a: number, b: number): Promise<number>;
  count(to: number): Observable<number>;
  double(numbers$: Observable<number>): Observable<number>;
  endless(): Observable<string>;
}

describe('calls over TCP', () => {
  it('carry values both ways, many at a time, and stop the far end', async () => {
    const { values$, letGo } = endless('first');
    const server = createServer({ noDelay: true }, (socket) => {
      const mux = new Mux(socket);
      mux.channels$.subscribe({ error: () => undefined });
      serve<Calculator>(mux, {
        add: (a, b) => a + b,
        count: (to) => interval(1).pipe(take(to)),
        double: (numbers$) => numbers$.pipe(map((n) => 2 * n)),
        endless: () => values$,
      });
    });
    await once(server.listen(0, '127.0.0.1'), 'listening');
    const { port } = server.address() as AddressInfo;
    const mux = new Mux(connect({ port, host: '127.0.0.1', noDelay: true }));
    const api = remote<Calculator>(mux);
    const sums = Array.from({ length: 300 }, (_, n) => one(api.add(n, 1)));
    expect(await Promise.all(sums)).toEqual(Array.from({ length: 300 }, (_, n) => n + 1));
    expect(await all(api.count(3))).toEqual([0, 1, 2]);
    expect(await all(api.double(of(1, 2)))).toEqual([2, 4]);
    expect(await one(api.endless())).toBe('first');
    await letGo.happened;
    await mux.close();
    server.close();
  });
});

describe('calls over the port of a worker', () => {
  const cjs = (name: string): string => JSON.stringify(join(__dirname, '../../dist/cjs', name));
  const CODE = `
    const { parentPort } = require('node:worker_threads');
    const { Mux } = require(${cjs('index.js')});
    const { MessagePortCarrier } = require(${cjs('message-port.js')});
    const { RemoteError, serve } = require(${cjs('remote.js')});
    let given = 0;
    serve(new Mux(new MessagePortCarrier(parentPort)), {
      add: (a, b) => a + b,
      *count(to) { for (given = 0; given < to; given += 1) yield given; },
      given: () => given,
      fail: () => { throw new RemoteError('CODE', 'of another copy', [1]); },
    });
  `;

  it('are Comlink with back-pressure', async () => {
    const worker = new Worker(CODE, { eval: true });
    const mux = new Mux(new MessagePortCarrier(worker));
    const api = remote<{
      add(a: number, b: number): Promise<number>;
      count(to: number): Observable<number>;
      given(): Promise<number>;
      fail(): Promise<void>;
    }>(mux);
    expect(await one(api.add(1, 2))).toBe(3);
    expect(await failure(api.fail())).toMatchObject({ code: 'CODE', message: 'of another copy', data: [1] });
    let sum = 0;
    for await (const n of api.count(1_000_000)) {
      sum += n;
      if (n === 10) {
        expect(await one(api.given())).toBeLessThan(10_000); // held back
        break;
      }
    }
    expect(sum).toBe(55);
    await mux.close();
    await worker.terminate();
  });
});
