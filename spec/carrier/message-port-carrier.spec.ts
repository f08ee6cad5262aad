import { once } from 'node:events';
import { runInNewContext } from 'node:vm';
import { MessageChannel, Worker } from 'node:worker_threads';
import { MessagePortCarrier, type MessagePortCarrierOptions } from '../../src/message-port.js';
import { listen } from '../support/listen.js';
import { EventSource } from './event-source.js';

/** A worker in a browser: it can neither be started nor closed. */
class TestWorker extends EventSource {
  readonly posted: unknown[] = [];
  readonly transferred: ArrayBuffer[] = [];

  postMessage(message: unknown, transfer: ArrayBuffer[]): void {
    this.posted.push(message);
    this.transferred.push(...transfer);
  }

  receive(rxmux: unknown): void {
    this.dispatch('message', { data: { rxmux } });
  }
}

/** A `MessagePort` in a browser. */
class TestPort extends TestWorker {
  isStarted = false;
  isClosed = false;

  start(): void {
    this.isStarted = true;
  }

  close(): void {
    this.isClosed = true;
  }
}

function start<P extends TestWorker>(port: P, highWaterMark?: number) {
  const carrier = new MessagePortCarrier(port, highWaterMark === undefined ? {} : { highWaterMark });
  return { port, carrier, inbound: listen(carrier.inbound$), capacity: listen(carrier.capacity$) };
}

const buffer = (text: string): ArrayBuffer => Uint8Array.from(Buffer.from(text)).buffer;

describe('MessagePortCarrier', () => {
  it('starts the port', () => {
    expect(start(new TestPort()).port.isStarted).toBe(true);
  });

  it('transfers each write as one message', () => {
    const { port, carrier } = start(new TestPort());
    carrier.write([Buffer.from('to '), Buffer.from('fro')]);
    expect(port.posted).toEqual([{ rxmux: buffer('to fro') }]);
    expect(port.transferred).toEqual([buffer('to fro')]);
  });

  it('acknowledges what comes, before it is delivered', () => {
    const { port, inbound } = start(new TestPort());
    port.receive(buffer('bytes'));
    expect(port.posted).toEqual([{ rxmux: 5 }]);
    expect(inbound).toEqual([new Uint8Array(buffer('bytes'))]);
  });

  it('takes bytes of another realm', () => {
    const { port, inbound } = start(new TestPort());
    port.receive(runInNewContext('Uint8Array.of(1, 2).buffer'));
    expect(port.posted).toEqual([{ rxmux: 2 }]);
    expect(inbound).toEqual([Uint8Array.of(1, 2)]);
  });

  it('has room for what has been acknowledged', () => {
    const { port, carrier, capacity } = start(new TestPort(), 100);
    carrier.write([Buffer.alloc(120)]);
    port.receive(30);
    expect(capacity).toEqual([100, 0, 10]);
    expect(start(new TestPort()).capacity).toEqual([1_048_576]);
  });

  it.each([11, 0, -1, NaN])('fails where %p bytes are acknowledged of 10', (bytes) => {
    const { port, carrier, inbound, capacity } = start(new TestPort(), 100);
    carrier.write([Buffer.alloc(10)]);
    port.receive(bytes);
    expect(inbound).toEqual([new Error('the far end has acknowledged what it was not sent')]);
    expect(capacity).toEqual([100, 90, 'complete']);
    expect(port.isClosed).toBe(true);
  });

  it('leaves alone what is not of its making', () => {
    const { port, inbound, capacity } = start(new TestPort());
    for (const data of [undefined, null, 'text', 7, {}, { rxmux: 'text' }, new ArrayBuffer(3)]) {
      port.dispatch('message', { data });
    }
    expect([inbound, capacity]).toEqual([[], [1_048_576]]);
  });

  it('ends with an empty message each way, and then the port is closed', () => {
    const { port, carrier, inbound, capacity } = start(new TestPort(), 100);
    carrier.write([Buffer.alloc(40)]);
    carrier.end();
    expect(port.posted.at(-1)).toEqual({ rxmux: new ArrayBuffer(0) });
    expect(capacity).toEqual([100, 60]);
    port.receive(40);
    expect(capacity).toEqual([100, 60, 100, 'complete']);
    expect(port.isClosed).toBe(false);
    port.receive(new ArrayBuffer(0));
    expect(inbound).toEqual(['complete']);
    expect(port.isClosed).toBe(true);
    expect(port.posted).toHaveLength(2); // nothing is acknowledged that has no bytes
  });

  it('leaves a worker running at its end', () => {
    const { port, carrier, inbound, capacity } = start(Object.assign(new TestWorker(), { close: jest.fn() }));
    carrier.end();
    port.receive(new ArrayBuffer(0));
    carrier.destroy();
    expect([inbound, capacity]).toEqual([['complete'], [1_048_576, 'complete']]);
    expect(port.close).not.toHaveBeenCalled();
  });

  it('tells the far end when it is destroyed, which fails', () => {
    const { port, carrier, inbound, capacity } = start(new TestPort());
    carrier.destroy();
    expect(port.posted).toEqual([{ rxmux: null }]);
    expect(port.isClosed).toBe(true);
    expect([inbound, capacity]).toEqual([['complete'], [1_048_576, 'complete']]);
    const far = start(new TestPort());
    far.port.receive(null);
    expect(far.inbound).toEqual([new Error('the far end has been destroyed')]);
    expect(far.port.isClosed).toBe(true);
    expect(far.capacity).toEqual([1_048_576, 'complete']);
  });

  it.each(['messageerror', 'error'])('fails with the port (%s)', (type) => {
    const { port, inbound } = start(new TestPort());
    port.dispatch(type);
    expect(inbound).toEqual([new Error('the port has failed')]);
    expect(port.posted).toEqual([{ rxmux: null }]);
    expect(port.isClosed).toBe(true);
    const worker = start(new TestWorker());
    worker.port.dispatch(type, { message: 'Uncaught Error: in the worker' });
    expect(worker.inbound).toEqual([new Error('Uncaught Error: in the worker')]);
  });

  it('fails where the port is closed before its end', () => {
    const { port, inbound, capacity } = start(new TestPort());
    port.dispatch('close');
    expect(inbound).toEqual([new Error('the port has been closed')]);
    expect(capacity).toEqual([1_048_576, 'complete']);
  });

  it('refuses an option that does not exist', () => {
    const options = { highWatermark: 5 } as MessagePortCarrierOptions;
    expect(() => new MessagePortCarrier(new TestPort(), options)).toThrow(
      new TypeError('options.highWatermark is not an option (did you mean highWaterMark?)'),
    );
  });

  it('refuses a high-water mark that makes no sense', () => {
    expect(() => start(new TestPort(), 0)).toThrow(
      new RangeError('options.highWaterMark must be a whole number from 1, got 0'),
    );
  });

  describe('of worker_threads', () => {
    it('fails with what the thread throws', async () => {
      const carrier = new MessagePortCarrier(new Worker('throw new Error("in the thread")', { eval: true }));
      const inbound = listen(carrier.inbound$);
      await new Promise((resolve) =>
        carrier.capacity$.subscribe({
          complete: () => {
            resolve(undefined);
          },
        }),
      );
      expect(inbound).toEqual([new Error('in the thread')]);
    });

    it('fails where the thread exits before its end', async () => {
      const worker = new Worker('setInterval(() => {}, 1000)', { eval: true });
      const inbound = listen(new MessagePortCarrier(worker).inbound$);
      await worker.terminate();
      expect(inbound).toEqual([new Error('the port has been closed')]);
    });

    it('fails where the other port is closed before its end', async () => {
      const { port1, port2 } = new MessageChannel();
      const inbound = listen(new MessagePortCarrier(port1).inbound$);
      const closed = once(port1, 'close');
      port2.close();
      await closed;
      expect(inbound).toEqual([new Error('the port has been closed')]);
    });
  });
});
