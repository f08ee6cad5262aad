import { EventEmitter, once } from 'node:events';
import { lastValueFrom, toArray } from 'rxjs';
import { runInNewContext } from 'node:vm';
import { MessageChannel, Worker } from 'node:worker_threads';
import { Mux } from '../../src/index.js';
import {
  type BrowserPortLike,
  MessagePortCarrier,
  type MessagePortCarrierOptions,
} from '../../src/message-port.js';
import { connectionLost } from '../../src/resume.js';
import { listen } from '../support/listen.js';
import { EventSource } from './event-source.js';

/** What the far end calls itself. */
const FAR = 7;

interface Posted {
  readonly rxmux: unknown;
  readonly from: number;
  readonly to?: number;
}

/** A worker in a browser: it can neither be started nor closed. */
class TestWorker extends EventSource {
  readonly posted: Posted[] = [];
  readonly transferred: ArrayBuffer[] = [];

  postMessage(message: Posted, transfer: ArrayBuffer[]): void {
    this.posted.push(message);
    this.transferred.push(...transfer);
  }

  /** What has been said, without who says it, since both know each other. */
  get said(): unknown[] {
    return this.posted.map(({ rxmux }) => rxmux).filter((rxmux) => rxmux !== 'hello');
  }

  receive(rxmux: unknown, more: object = {}): void {
    this.dispatch('message', { data: { rxmux, from: FAR, ...more } });
  }

  /** The far end says that it knows the carrier. */
  meet(): void {
    this.receive('hello', { to: this.posted[0]?.from });
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

  override meet(): void {
    this.receive('hello', { to: this.posted[0]?.from, canClose: true });
  }
}

function make<P extends TestWorker>(port: P, highWaterMark?: number) {
  const carrier = new MessagePortCarrier(port, highWaterMark === undefined ? {} : { highWaterMark });
  return { port, carrier, inbound: listen(carrier.inbound$), capacity: listen(carrier.capacity$) };
}

/** One whose far end is there. */
function start<P extends TestWorker>(port: P, highWaterMark?: number) {
  const made = make(port, highWaterMark);
  port.meet();
  return made;
}

const buffer = (text: string): ArrayBuffer => Uint8Array.from(Buffer.from(text)).buffer;

describe('MessagePortCarrier', () => {
  it('starts the port', () => {
    expect(make(new TestPort()).port.isStarted).toBe(true);
  });

  it('transfers each write as one message', () => {
    const { port, carrier } = start(new TestPort());
    carrier.write([Buffer.from('to '), Buffer.from('fro')]);
    expect(port.said).toEqual([buffer('to fro')]);
    expect(port.transferred).toEqual([buffer('to fro')]);
  });

  it('acknowledges what comes, before it is delivered', () => {
    const { port, inbound } = start(new TestPort());
    port.receive(buffer('bytes'));
    expect(port.said).toEqual([5]);
    expect(inbound).toEqual([new Uint8Array(buffer('bytes'))]);
  });

  describe('whose far end says how much it may have under way', () => {
    const TAKEN = 400;

    function start(highWaterMark: unknown) {
      const { port, inbound } = make(new TestPort());
      port.receive('hello', { to: port.posted[0]?.from, highWaterMark });
      return { port, inbound };
    }

    it('acknowledges a quarter of that together', () => {
      const { port } = start(4 * TAKEN);
      for (const bytes of [TAKEN - 1, 1, 10, TAKEN, 5]) {
        port.receive(new ArrayBuffer(bytes));
      }
      expect(port.said).toEqual([TAKEN, TAKEN + 10]);
    });

    it('acknowledges what is left at its end, and then all at once', () => {
      const { port, inbound } = start(4 * TAKEN);
      port.receive(new ArrayBuffer(30));
      port.receive(new ArrayBuffer(20));
      expect(port.said).toEqual([]);
      port.receive(new ArrayBuffer(0));
      expect(port.said).toEqual([50]);
      expect(inbound.at(-1)).toBe('complete');
    });

    it('acknowledges all that is taken after its end', async () => {
      const port = new TestPort();
      const carrier = new MessagePortCarrier(port);
      port.receive('hello', { to: port.posted[0]?.from, highWaterMark: 4 * TAKEN });
      port.receive(new ArrayBuffer(30));
      port.receive(new ArrayBuffer(0));
      expect(port.said).toEqual([]);
      await lastValueFrom(carrier.inbound$);
      expect(port.said).toEqual([30]);
    });

    it.each([undefined, null, 'much', NaN, -4, 0])('acknowledges all at once where that is %p', (much) => {
      const { port } = start(much);
      port.receive(new ArrayBuffer(1));
      expect(port.said).toEqual([1]);
    });
  });

  it('takes bytes of another realm', () => {
    const { port, inbound } = start(new TestPort());
    port.receive(runInNewContext('Uint8Array.of(1, 2).buffer'));
    expect(port.said).toEqual([2]);
    expect(inbound).toEqual([Uint8Array.of(1, 2)]);
  });

  it('has room for what has been acknowledged', () => {
    const { port, carrier, capacity } = start(new TestPort(), 100);
    carrier.write([Buffer.alloc(120)]);
    port.receive(30);
    expect(capacity).toEqual([0, 100, 0, 10]);
    expect(start(new TestPort()).capacity).toEqual([0, 1_048_576]);
  });

  it.each([11, 0, -1, NaN])('fails where %p bytes are acknowledged of 10', (bytes) => {
    const { port, carrier, inbound, capacity } = start(new TestPort(), 100);
    carrier.write([Buffer.alloc(10)]);
    port.receive(bytes);
    expect(inbound).toEqual([new Error('the far end has acknowledged what it was not sent')]);
    expect(capacity).toEqual([0, 100, 90, 'complete']);
    expect(port.isClosed).toBe(true);
  });

  it('leaves alone what is not of its making', () => {
    const { port, inbound, capacity } = start(new TestPort());
    const others = [undefined, null, 'text', 7, {}, { rxmux: 'text' }, new ArrayBuffer(3)];
    for (const data of [...others, { rxmux: 1 }, { rxmux: 'text', from: FAR }, { rxmux: 1, from: 'me' }]) {
      port.dispatch('message', { data });
    }
    expect([inbound, capacity]).toEqual([[], [0, 1_048_576]]);
  });

  it('fails, with a word on why, where the port makes JSON of what is posted, which has no bytes', () => {
    const { port, carrier, inbound } = start(new TestPort());
    port.receive(JSON.parse(JSON.stringify(buffer('bytes'))));
    expect(inbound).toEqual([
      new TypeError(
        'the port has made something else of an ArrayBuffer: it has to pass on clones, and not JSON',
      ),
    ]);
    carrier.destroy();
    expect(port.said).toEqual([null]);
  });

  it('leaves alone what looks like bytes that have become JSON, and is not of the far end', () => {
    const { port, inbound } = start(new TestPort());
    port.receive({}, { from: FAR + 1 });
    expect(inbound).toEqual([]);
    expect(port.said).toEqual([]);
  });

  it('ends with an empty message each way, and then the port is closed', () => {
    const { port, carrier, inbound, capacity } = start(new TestPort(), 100);
    carrier.write([Buffer.alloc(40)]);
    carrier.end();
    expect(port.said.at(-1)).toEqual(new ArrayBuffer(0));
    expect(capacity).toEqual([0, 100, 60]);
    port.receive(40);
    expect(capacity).toEqual([0, 100, 60, 100, 'complete']);
    expect(port.isClosed).toBe(false);
    port.receive(new ArrayBuffer(0));
    expect(inbound).toEqual(['complete']);
    expect(port.isClosed).toBe(true);
    expect(port.said).toHaveLength(2); // nothing is acknowledged that has no bytes
  });

  it('leaves a worker running at its end', () => {
    const { port, carrier, inbound, capacity } = start(Object.assign(new TestWorker(), { close: jest.fn() }));
    carrier.end();
    port.receive(new ArrayBuffer(0));
    carrier.destroy();
    expect([inbound, capacity]).toEqual([['complete'], [0, 1_048_576, 'complete']]);
    expect(port.close).not.toHaveBeenCalled();
  });

  it('leaves open a port whose other side cannot be closed: it is a worker, of which this is the parent port', () => {
    const [ended, destroyed] = [make(new TestPort()), make(new TestPort())];
    for (const { port } of [ended, destroyed]) {
      port.receive('hello', { to: port.posted[0]?.from, canClose: false });
    }
    ended.carrier.end();
    ended.port.receive(new ArrayBuffer(0));
    destroyed.carrier.destroy();
    expect([ended.inbound, destroyed.inbound]).toEqual([['complete'], ['complete']]);
    expect([ended.port.isClosed, destroyed.port.isClosed]).toEqual([false, false]);
  });

  it.each<[string, (carrier: MessagePortCarrier, port: TestWorker) => void]>([
    [
      'end',
      (carrier, port) => {
        carrier.end();
        port.receive(new ArrayBuffer(0));
      },
    ],
    [
      'destroy()',
      (carrier) => {
        carrier.destroy();
      },
    ],
    [
      'failure',
      (_carrier, port) => {
        port.receive(null);
      },
    ],
  ])('removes its listeners at its %s', (_what, finish) => {
    const { port, carrier } = start(new TestWorker());
    expect(port.types).toEqual(['close', 'error', 'message', 'messageerror']);
    finish(carrier, port);
    expect(port.types).toEqual([]);
    const emitter = new EventEmitter();
    const carrierOfEmitter = new MessagePortCarrier(Object.assign(emitter, { postMessage: () => undefined }));
    expect(emitter.eventNames().sort()).toEqual(['close', 'error', 'exit', 'message', 'messageerror']);
    carrierOfEmitter.destroy();
    expect(emitter.eventNames()).toEqual([]);
  });

  describe('and its far end', () => {
    it('greet: it sends nothing before the far end says that it knows it', () => {
      const { port, carrier, capacity } = make(new TestPort(), 100);
      carrier.write([Buffer.alloc(10)]);
      expect(port.posted).toEqual([
        {
          rxmux: 'hello',
          from: expect.any(Number) as number,
          to: undefined,
          highWaterMark: 100,
          canClose: true,
        },
      ]);
      port.receive('hello');
      expect(capacity).toEqual([0]);
      expect(port.posted).toHaveLength(2);
      expect(port.posted[1]).toEqual({ ...port.posted[0], to: FAR });
      port.meet();
      expect(capacity).toEqual([0, 100]);
      carrier.write([Buffer.alloc(10)]);
      expect(port.said).toEqual([new ArrayBuffer(10)]);
    });

    it('say it once more when they know each other, since the first greeting may have come too early', () => {
      const { port } = start(new TestWorker());
      const [first] = port.posted;
      expect(port.posted).toEqual([first, { ...first, to: FAR }]);
      port.meet();
      expect(port.posted).toHaveLength(2);
    });

    it('send what was ended meanwhile', () => {
      const { port, carrier } = make(new TestPort());
      carrier.end();
      expect(port.said).toEqual([]);
      port.meet();
      expect(port.said).toEqual([new ArrayBuffer(0)]);
    });

    it('meet where ports deliver at once', async () => {
      const [port, farPort] = [new EventEmitter(), new EventEmitter()];
      const posting = (from: EventEmitter, to: EventEmitter) =>
        Object.assign(from, { postMessage: (message: unknown) => to.emit('message', message) });
      const near = new Mux(new MessagePortCarrier(posting(port, farPort)));
      const far = new Mux(new MessagePortCarrier(posting(farPort, port)));
      far.channels$.subscribe(({ inbound$, outbound$ }) => inbound$.subscribe(outbound$));
      const { inbound$, outbound$ } = near.open();
      outbound$.next('echo');
      outbound$.complete();
      expect(String(await lastValueFrom(inbound$))).toBe('echo');
      await Promise.all([near.close(), far.close()]);
      expect([port.eventNames(), farPort.eventNames()]).toEqual([[], []]);
    });

    it('do not hear what is meant for a carrier that the port had before', () => {
      const { port, carrier, inbound, capacity } = start(new TestWorker(), 100);
      carrier.write([Buffer.alloc(10)]);
      for (const rxmux of ['hello', null, 10, buffer('bytes')]) {
        port.receive(rxmux, { from: 8 });
      }
      expect([inbound, capacity]).toEqual([[], [0, 100, 90]]);
      const fresh = make(new TestWorker());
      fresh.port.receive('hello', { to: 8 });
      fresh.port.receive(buffer('bytes'));
      expect([fresh.inbound, fresh.capacity, fresh.port.posted.length]).toEqual([[], [0], 1]);
    });

    it('wait, as a worker, for the next where a page has given up one that was not heard', () => {
      const { port, inbound, capacity } = make(new TestWorker());
      port.receive('hello');
      port.receive(null);
      expect([inbound, capacity]).toEqual([[], [0]]);
      port.meet();
      expect(capacity).toEqual([0, 1_048_576]);
    });

    it('fail, as ports, where one is given up that was not heard', () => {
      const { port, inbound, capacity } = make(new TestPort());
      port.receive('hello', { canClose: true });
      port.receive(null, { canClose: true });
      expect(inbound).toEqual([new Error('the far end has been destroyed')]);
      expect(capacity).toEqual([0, 'complete']);
      expect(port.isClosed).toBe(true);
    });

    it('fail, as ports, where one is given up whose greeting came too early to be heard', () => {
      const { port, inbound } = make(new TestPort());
      port.receive(null, { canClose: true });
      expect(inbound).toEqual([new Error('the far end has been destroyed')]);
      expect(port.isClosed).toBe(true);
    });

    it("wait, as a worker's parent port, for the next where the page has given up one that was not heard", () => {
      const { port, inbound, capacity } = make(new TestPort());
      port.receive('hello', { canClose: false });
      port.receive(null, { canClose: false });
      expect([inbound, capacity, port.isClosed]).toEqual([[], [0], false]);
      port.receive('hello', { to: port.posted[0]?.from, canClose: false });
      expect(capacity).toEqual([0, 1_048_576]);
    });
  });

  describe('before there is a mux', () => {
    it('keeps what comes, and acknowledges it when it is taken', async () => {
      const port = new TestPort();
      const carrier = new MessagePortCarrier(port);
      port.meet();
      port.receive(new ArrayBuffer(1_048_577)); // the far end may have a high-water mark of its own
      port.receive(buffer('bytes'));
      expect(port.said).toEqual([]);
      const inbound = listen(carrier.inbound$);
      await Promise.resolve();
      expect(port.said).toEqual([1_048_577, 5]);
      expect(inbound).toEqual([new Uint8Array(1_048_577), new Uint8Array(buffer('bytes'))]);
      port.receive(buffer('more'));
      expect(inbound).toHaveLength(3);
    });

    it('keeps the end, too', async () => {
      const [ended, gone] = [new TestPort(), new TestPort()];
      const carriers = [ended, gone].map((port) => new MessagePortCarrier(port));
      ended.meet();
      ended.receive(buffer('bytes'));
      ended.receive(new ArrayBuffer(0));
      gone.meet();
      gone.dispatch('close');
      const [one, other] = carriers.map(({ inbound$ }) => listen(inbound$));
      await Promise.resolve();
      expect(one).toEqual([new Uint8Array(buffer('bytes')), 'complete']);
      expect(other).toEqual([new Error('the port has been closed')]);
    });

    it('drops what has come where it is destroyed', async () => {
      const port = new TestPort();
      const carrier = new MessagePortCarrier(port);
      port.meet();
      port.receive(buffer('bytes'));
      carrier.destroy();
      const inbound = listen(carrier.inbound$);
      await Promise.resolve();
      expect(inbound).toEqual(['complete']);
    });
  });

  it('tells the far end when it is destroyed, which fails', () => {
    const { port, carrier, inbound, capacity } = start(new TestPort());
    carrier.destroy();
    expect(port.said).toEqual([null]);
    expect(port.isClosed).toBe(true);
    expect([inbound, capacity]).toEqual([['complete'], [0, 1_048_576, 'complete']]);
    const far = start(new TestPort());
    far.port.receive(null, { canClose: true });
    expect(far.inbound).toEqual([new Error('the far end has been destroyed')]);
    expect(far.port.isClosed).toBe(true);
    expect(far.capacity).toEqual([0, 1_048_576, 'complete']);
  });

  it('goes on where a carrier is destroyed that its port has had before', () => {
    const { port, inbound } = start(new TestPort());
    port.receive(null, { from: FAR + 1, canClose: true });
    port.receive(buffer('bytes'));
    expect(inbound).toEqual([new Uint8Array(buffer('bytes'))]);
    expect(port.isClosed).toBe(false);
  });

  it.each(['messageerror', 'error'])('fails with the port (%s)', (type) => {
    const { port, inbound } = start(new TestPort());
    port.dispatch(type);
    expect(inbound).toEqual([new Error('the port has failed')]);
    expect(port.said).toEqual([null]);
    expect(port.isClosed).toBe(true);
    const worker = start(new TestWorker());
    worker.port.dispatch(type, { message: 'Uncaught Error: in the worker' });
    expect(worker.inbound).toEqual([new Error('Uncaught Error: in the worker')]);
  });

  it('leaves what a worker throws to the other side, which can say what it was', () => {
    const scope = new TestWorker();
    const names = ['postMessage', 'addEventListener', 'removeEventListener'] as const;
    for (const name of names) {
      Object.defineProperty(globalThis, name, { configurable: true, value: scope[name].bind(scope) });
    }
    try {
      const inbound = listen(new MessagePortCarrier(globalThis as unknown as BrowserPortLike).inbound$);
      scope.meet();
      scope.dispatch('error', { message: 'Uncaught Error: thrown' });
      expect(scope.said).toEqual([]);
      scope.receive(null);
      expect(inbound).toEqual([new Error('the far end has been destroyed')]);
      expect(scope.types).toEqual([]);
    } finally {
      for (const name of names) {
        Reflect.deleteProperty(globalThis, name);
      }
    }
  });

  it('fails where the port is closed before its end', () => {
    const { port, inbound, capacity } = start(new TestPort());
    port.dispatch('close');
    expect(inbound).toEqual([new Error('the port has been closed')]);
    expect(capacity).toEqual([0, 1_048_576, 'complete']);
  });

  it('fails as a connection that is lost, where the port or its far end is gone', () => {
    const closed = start(new TestPort());
    closed.port.dispatch('close');
    const destroyed = start(new TestPort());
    destroyed.port.receive(null, { canClose: true });
    expect([...closed.inbound, ...destroyed.inbound].map(connectionLost)).toEqual([true, true]);
  });

  describe('over a port that takes no messages any more, as one of an extension that is disconnected', () => {
    const error = new Error('Attempting to use a disconnected port object');

    const disconnect = (port: TestPort): void => {
      port.postMessage = () => {
        throw error;
      };
    };

    function disconnected() {
      const started = start(new TestPort());
      disconnect(started.port);
      return started;
    }

    it('fails with what the port throws where it has something to send', () => {
      const { port, carrier, inbound, capacity } = disconnected();
      carrier.write([Buffer.from('bytes')]);
      expect(inbound).toEqual([error]);
      expect(capacity.at(-1)).toBe('complete');
      expect(port.types).toEqual([]);
      expect(port.isClosed).toBe(true);
    });

    it('fails with it where bytes come that it cannot acknowledge, and delivers none', () => {
      const { port, inbound } = disconnected();
      port.receive(buffer('bytes'));
      expect(inbound).toEqual([error]);
      expect(port.types).toEqual([]);
    });

    it('fails with it where it cannot greet who greets it', () => {
      const { port, inbound } = make(new TestPort());
      disconnect(port);
      port.meet();
      expect(inbound).toEqual([error]);
      expect(port.types).toEqual([]);
    });

    it('fails with it where it cannot greet at all, and leaves no listeners', () => {
      const port = new TestPort();
      disconnect(port);
      const { inbound, capacity } = make(port);
      expect(inbound).toEqual([error]);
      expect(capacity).toEqual(['complete']);
      expect(port.types).toEqual([]);
    });

    it('is destroyed all the same', () => {
      const { port, carrier, inbound, capacity } = disconnected();
      carrier.destroy();
      expect(inbound).toEqual(['complete']);
      expect(capacity.at(-1)).toBe('complete');
      expect(port.isClosed).toBe(true);
    });

    it('has a mux fail its channels', async () => {
      const port = new TestPort();
      const carrier = new MessagePortCarrier(port);
      port.meet();
      disconnect(port);
      const mux = new Mux(carrier);
      mux.channels$.subscribe({ error: () => undefined });
      await expect(lastValueFrom(mux.open().inbound$)).rejects.toMatchObject({ cause: error });
      expect(port.types).toEqual([]);
    });
  });

  it('refuses an option that does not exist', () => {
    const options = { highWatermark: 5 } as MessagePortCarrierOptions;
    expect(() => new MessagePortCarrier(new TestPort(), options)).toThrow(
      new TypeError('options.highWatermark is not an option (did you mean highWaterMark?)'),
    );
  });

  it('refuses a high-water mark that makes no sense', () => {
    expect(() => make(new TestPort(), 0)).toThrow(
      new RangeError('options.highWaterMark must be a whole number from 1, got 0'),
    );
  });

  describe('of Electron', () => {
    /** A `MessagePortMain`: it queues until it is started, its events have the data, and it transfers ports only. */
    class TestPortMain extends EventEmitter {
      other: TestPortMain | undefined;
      #queue: unknown[] | undefined = [];
      #isClosed = false;

      postMessage(message: unknown, transfer: readonly unknown[] = []): void {
        if (transfer.some((one) => !(one instanceof TestPortMain))) {
          throw new TypeError('Port at index 0 is not a valid port');
        }
        const data: unknown = structuredClone(message);
        queueMicrotask(() => this.other?.deliver(data));
      }

      start(): void {
        const queue = this.#queue ?? [];
        this.#queue = undefined;
        for (const data of queue) {
          this.deliver(data);
        }
      }

      close(): void {
        if (!this.#isClosed) {
          this.#isClosed = true;
          queueMicrotask(() => this.emit('close'));
          this.other?.close();
        }
      }

      deliver(data: unknown): void {
        if (this.#queue === undefined) {
          this.emit('message', { data, ports: [] });
        } else {
          this.#queue.push(data);
        }
      }
    }

    it('carries muxes over MessagePortMains, which are closed with them', async () => {
      const [near, far] = [new TestPortMain(), new TestPortMain()];
      [near.other, far.other] = [far, near];
      const mux = new Mux(new MessagePortCarrier(near));
      const { inbound$, outbound$ } = mux.open();
      outbound$.next(Buffer.alloc(100_000, 'x'));
      outbound$.complete();
      new Mux(new MessagePortCarrier(far)).channels$.subscribe((channel) => {
        channel.inbound$.subscribe(channel.outbound$);
      });
      const back = Buffer.concat(await lastValueFrom(inbound$.pipe(toArray())));
      expect(back.equals(Buffer.alloc(100_000, 'x'))).toBe(true);
      const closed = Promise.all([once(near, 'close'), once(far, 'close')]);
      await mux.close();
      await closed;
      expect([near, far].map((port) => port.listenerCount('message'))).toEqual([0, 0]);
    });
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
