import { once } from 'node:events';
import { join } from 'node:path';
import { lastValueFrom, toArray } from 'rxjs';
import { MessageChannel, type MessagePort, receiveMessageOnPort, Worker } from 'node:worker_threads';
import { Mux } from '../../src/index.js';
import { MessagePortCarrier } from '../../src/message-port.js';

const CJS = join(__dirname, '../../dist/cjs');

/** What a thread begins with: an echo over each channel of a port. */
const THREAD = `
const { parentPort } = require('node:worker_threads');
const { Mux } = require(${JSON.stringify(join(CJS, 'index.js'))});
const { MessagePortCarrier } = require(${JSON.stringify(join(CJS, 'message-port.js'))});
const serve = (port) => {
  const mux = new Mux(new MessagePortCarrier(port));
  mux.channels$.subscribe({ next: ({ inbound$, outbound$ }) => inbound$.subscribe(outbound$), error: () => undefined });
  return mux;
};
`;

const thread = (code: string): Worker => new Worker(THREAD + code, { eval: true });

/** Has a text sent back through a channel of a new mux, and closes that. */
async function echo(port: Worker | MessagePort, text: string): Promise<string> {
  const mux = new Mux(new MessagePortCarrier(port));
  const { inbound$, outbound$ } = mux.open();
  outbound$.next(text);
  outbound$.complete();
  const chunks = await lastValueFrom(inbound$.pipe(toArray()));
  await mux.close();
  return Buffer.concat(chunks).toString();
}

describe('a worker thread', () => {
  it('has any number of muxes, one after the other, and ends by itself when it wants no more', async () => {
    const worker = thread(`
      let left = 3;
      const next = () => { if (left-- > 0) serve(parentPort).closed$.subscribe(next); };
      next();
    `);
    const exit = once(worker, 'exit');
    for (const text of ['first', 'second', 'third']) {
      await expect(echo(worker, text)).resolves.toBe(text);
    }
    expect(await exit).toEqual([0]); // no listener is left, and no port was closed under it
    expect(worker.listenerCount('message')).toBe(0);
  });

  it('goes on, and hears its parent, after its mux has been closed', async () => {
    const worker = thread(`
      parentPort.on('message', (message) => { if (message === 'ping') parentPort.postMessage('pong'); });
      serve(parentPort);
    `);
    await expect(echo(worker, 'bytes')).resolves.toBe('bytes');
    const answer = once(worker, 'message');
    worker.postMessage('ping');
    expect(await answer).toEqual(['pong']);
    await worker.terminate();
  });

  it('may be there long before its parent', async () => {
    const worker = thread(`
      serve(parentPort);
      parentPort.postMessage('listening');
    `);
    await once(worker, 'message');
    await expect(echo(worker, 'bytes')).resolves.toBe('bytes');
    await worker.terminate();
  });

  it('may wait for something before it listens, and what was said meanwhile may be lost', async () => {
    const worker = thread(`
      const hold = () => undefined;
      parentPort.on('message', hold); // takes what comes, as a page does where nobody listens
      parentPort.once('message', () => setImmediate(() => { serve(parentPort); parentPort.off('message', hold); }));
    `);
    await expect(echo(worker, 'bytes')).resolves.toBe('bytes');
    await worker.terminate();
  });

  it('may get a port that has been passed on twice, with what was said meanwhile', async () => {
    const [{ port1, port2 }, between] = [new MessageChannel(), new MessageChannel()];
    const echoed = echo(port1, 'bytes');
    between.port1.postMessage(port2, [port2]);
    const passedOn = receiveMessageOnPort(between.port2)?.message as MessagePort;
    const worker = thread(`parentPort.once('message', (port) => serve(port));`);
    const exit = once(worker, 'exit');
    worker.postMessage(passedOn, [passedOn]);
    await expect(echoed).resolves.toBe('bytes');
    between.port1.close();
    expect(await exit).toEqual([0]); // the port has been closed at both ends
  });
});
