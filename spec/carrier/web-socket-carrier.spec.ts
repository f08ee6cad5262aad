import { runInNewContext } from 'node:vm';
import { VirtualAction, VirtualTimeScheduler } from 'rxjs';
import { CarrierEndedError, Mux } from '../../src/index.js';
import {
  WebSocketCarrier,
  type WebSocketCarrierOptions,
  WebSocketClosedError,
  type WebSocketLike,
} from '../../src/websocket.js';
import { listen } from '../support/listen.js';
import { EventSource } from './event-source.js';

/** A browser's WebSocket, whose far end and whose network are the test. */
class TestSocket extends EventSource {
  binaryType = 'blob';
  bufferedAmount = 0;
  readonly sent: string[] = [];
  readonly closedWith: (number | undefined)[] = [];

  constructor(public readyState = 1) {
    super();
  }

  send(message: ArrayBuffer): void {
    this.sent.push(Buffer.from(message).toString());
    this.bufferedAmount += message.byteLength;
  }

  close(code?: number): void {
    this.closedWith.push(code);
    this.readyState = 2;
  }

  open(): void {
    this.readyState = 1;
    this.dispatch('open');
  }

  receive(text: string): void {
    const { buffer } = Uint8Array.from(Buffer.from(text));
    this.dispatch('message', { data: buffer });
  }
}

/** One of the package `ws`. */
class TestWsSocket extends TestSocket {
  override binaryType = 'nodebuffer';
  readonly callbacks: (() => void)[] = [];
  isTerminated = false;
  isPaused = false;

  override send(message: ArrayBuffer, callback?: () => void): void {
    super.send(message);
    this.callbacks.push(callback as () => void);
  }

  terminate(): void {
    this.isTerminated = true;
  }

  pause(): void {
    this.isPaused = true;
  }

  resume(): void {
    this.isPaused = false;
  }
}

/** Bun's own: it can be terminated, but never calls back. */
class TestBunSocket extends TestSocket {
  override binaryType = 'nodebuffer';
  isTerminated = false;

  terminate(): void {
    this.isTerminated = true;
  }
}

/** React Native's, which says neither what it delivers nor what has not left. */
class TestNativeSocket extends EventSource implements WebSocketLike {
  readonly readyState = 1;
  readonly sent: string[] = [];

  send(message: ArrayBuffer): void {
    this.sent.push(Buffer.from(message).toString());
  }

  close(): void {
    // the test is over
  }
}

const carriers: WebSocketCarrier[] = [];

afterEach(() => {
  for (const carrier of carriers.splice(0)) {
    carrier.destroy(); // it may be looking every few milliseconds
  }
});

function start<S extends WebSocketLike>(socket: S, options?: WebSocketCarrierOptions) {
  const carrier = new WebSocketCarrier(socket, options);
  carriers.push(carrier);
  return { socket, carrier, inbound: listen(carrier.inbound$), capacity: listen(carrier.capacity$) };
}

const bytes = (text: string): Uint8Array => Buffer.from(text);
const texts = (heard: unknown[]): unknown[] =>
  heard.map((one) => (one instanceof Uint8Array ? Buffer.from(one).toString() : one));

describe('WebSocketCarrier', () => {
  it('sends each write as one message, in memory of its own', () => {
    const { socket, carrier } = start(new TestSocket());
    carrier.write([bytes('to '), bytes('and '), bytes('fro')]);
    carrier.write([bytes('again')]);
    expect(socket.sent).toEqual(['to and fro', 'again']);
  });

  it('sends messages of 16 KiB at most, so that they arrive one by one on a slow line', () => {
    const { socket, carrier } = start(new TestSocket());
    carrier.write([Buffer.alloc(16_000, 'a'), Buffer.alloc(384, 'b')]);
    carrier.write([Buffer.alloc(16_000, 'c'), Buffer.alloc(384, 'd'), Buffer.alloc(16_385, 'e')]);
    expect(socket.sent.map(({ length }) => length)).toEqual([16_384, 16_384, 16_384, 1]);
    expect(socket.sent.slice(1).join('')).toBe('c'.repeat(16_000) + 'd'.repeat(384) + 'e'.repeat(16_385));
  });

  describe('before there is a mux', () => {
    const MIB = 1_048_576;
    const fill = (socket: TestSocket, length: number): void => {
      socket.dispatch('message', { data: new ArrayBuffer(length) });
    };

    it.each([
      ['is open', 1],
      ['is still connecting', 0],
    ])(
      'keeps what comes, where the socket %s, and delivers it when the mux has been made',
      async (_what, state) => {
        const socket = new TestSocket(state);
        const carrier = new WebSocketCarrier(socket);
        socket.open();
        socket.receive('one');
        socket.receive('two');
        const inbound = listen(carrier.inbound$);
        socket.receive('three');
        expect(inbound).toEqual([]); // whoever makes the mux has not subscribed to its channels yet
        await Promise.resolve();
        socket.receive('four');
        expect(texts(inbound)).toEqual(['onetwothree', 'four']);
      },
    );

    it('keeps the end, too', async () => {
      const socket = new TestSocket();
      const carrier = new WebSocketCarrier(socket);
      socket.receive('bytes');
      socket.dispatch('close', { code: 1006 });
      const inbound = listen(carrier.inbound$);
      await Promise.resolve();
      expect(texts(inbound)).toEqual(['bytes', new WebSocketClosedError(1006)]);
    });

    it('pauses a socket of `ws` after a MiB, until what has come is taken', async () => {
      const socket = new TestWsSocket();
      const carrier = new WebSocketCarrier(socket);
      fill(socket, MIB);
      expect(socket.isPaused).toBe(false);
      fill(socket, 1);
      fill(socket, 1); // what `ws` has read already
      expect(socket.isPaused).toBe(true);
      const inbound = listen(carrier.inbound$);
      await Promise.resolve();
      expect(socket.isPaused).toBe(false);
      expect(inbound).toEqual([Buffer.alloc(MIB), Buffer.alloc(2)]);
      fill(socket, 2 * MIB);
      expect(socket.isPaused).toBe(false);
    });

    it('fails after a MiB where the socket cannot be paused', async () => {
      const socket = new TestSocket();
      const carrier = new WebSocketCarrier(socket);
      fill(socket, MIB);
      expect(socket.closedWith).toEqual([]);
      fill(socket, 1);
      expect(socket.closedWith).toStrictEqual([undefined]);
      const inbound = listen(carrier.inbound$);
      await Promise.resolve();
      expect(inbound).toEqual([
        new Error('more than 1048576 bytes have come, and nobody has made a mux for them'),
      ]);
    });
  });

  it('delivers messages, as ArrayBuffers from browsers and as views from `ws`', () => {
    const { socket, inbound } = start(new TestSocket());
    expect(socket.binaryType).toBe('arraybuffer');
    socket.receive('one');
    socket.dispatch('message', { data: Buffer.from('two') });
    expect(texts(inbound)).toEqual(['one', 'two']);
    expect(start(new TestWsSocket()).socket.binaryType).toBe('nodebuffer');
  });

  it('delivers bytes of another realm', () => {
    const { socket, inbound } = start(new TestSocket());
    socket.dispatch('message', { data: runInNewContext('Uint8Array.of(111, 110).buffer') as unknown });
    socket.dispatch('message', { data: runInNewContext('Uint8Array.of(116, 111)') as unknown });
    expect(texts(inbound)).toEqual(['on', 'to']);
  });

  it('fails where a message is text, once, though more come before the socket is closed', () => {
    const { socket, inbound, capacity } = start(new TestSocket());
    socket.dispatch('message', { data: 'text' });
    socket.dispatch('message', { data: 'more text' });
    expect(inbound).toEqual([new TypeError('the far end has sent a message that is not binary')]);
    expect(capacity).toEqual([262_144, 'complete']);
    expect(socket.closedWith).toStrictEqual([undefined]);
  });

  it('has no room until it is open', () => {
    const { socket, carrier, capacity } = start(new TestSocket(0), { highWaterMark: 100 });
    carrier.write([bytes('too early')]);
    expect(capacity).toEqual([0]);
    socket.open();
    expect(capacity).toEqual([0, 100]);
    expect(socket.sent).toEqual([]);
  });

  it.each([2, 3])('refuses a socket that is closing or closed (%i)', (readyState) => {
    expect(() => new WebSocketCarrier(new TestSocket(readyState))).toThrow(
      new TypeError('socket must be connecting or open, got one that is closed'),
    );
  });

  it.each([
    [0, new RangeError('options.highWaterMark must be a whole number from 1, got 0')],
    ['1' as never, new TypeError("options.highWaterMark must be a number, got '1'")],
  ])('refuses %p as high-water mark', (highWaterMark, error) => {
    expect(() => new WebSocketCarrier(new TestSocket(), { highWaterMark })).toThrow(error);
  });

  it('refuses an option that does not exist', () => {
    const options = { halfclose: false } as WebSocketCarrierOptions;
    expect(() => new WebSocketCarrier(new TestSocket(), options)).toThrow(
      new TypeError('options.halfclose is not an option (did you mean halfClose?)'),
    );
  });

  it('refuses what is not true or false for halfClose', () => {
    expect(() => new WebSocketCarrier(new TestSocket(), { halfClose: 0 as never })).toThrow(
      new TypeError('options.halfClose must be true or false, got 0'),
    );
  });

  it.each([
    [null as never, 'null'],
    [{ now: () => 0 } as never, 'an object'],
  ])('refuses %p as scheduler', (scheduler, got) => {
    expect(() => new WebSocketCarrier(new TestSocket(), { scheduler })).toThrow(
      new TypeError(`options.scheduler must be an RxJS scheduler, got ${got}`),
    );
  });

  describe('capacity$', () => {
    it('is looked at on the scheduler that was given, and by no timer', () => {
      jest.useFakeTimers();
      const scheduler = new VirtualTimeScheduler(VirtualAction, 1000);
      const { socket, carrier } = start(new TestSocket(), { highWaterMark: 100, scheduler });
      const heard: [ms: number, bytes: number][] = [];
      carrier.capacity$.subscribe((bytes) => heard.push([scheduler.now(), bytes]));
      carrier.write([Buffer.alloc(130)]);
      expect(jest.getTimerCount()).toBe(0);
      scheduler.schedule(() => (socket.bufferedAmount = 60), 6);
      scheduler.schedule(() => (socket.bufferedAmount = 0), 13);
      scheduler.flush();
      expect(heard).toEqual([
        [0, 100],
        [0, 0],
        [8, 40],
        [16, 100],
      ]);
      expect(scheduler.actions).toEqual([]);
      jest.useRealTimers();
    });

    it('is what bufferedAmount leaves, looked at every few milliseconds until all has left', () => {
      jest.useFakeTimers();
      const { socket, carrier, capacity } = start(new TestSocket(), { highWaterMark: 100 });
      expect(jest.getTimerCount()).toBe(0);
      carrier.write([Buffer.alloc(130)]);
      carrier.write([Buffer.alloc(10)]);
      expect(capacity).toEqual([100, 0]);
      socket.bufferedAmount = 60;
      jest.advanceTimersByTime(4);
      expect(capacity).toEqual([100, 0, 40]);
      jest.advanceTimersByTime(40);
      socket.bufferedAmount = 0;
      jest.advanceTimersByTime(4);
      expect(capacity).toEqual([100, 0, 40, 100]);
      expect(jest.getTimerCount()).toBe(0);
      jest.useRealTimers();
    });

    it('is `highWaterMark` at any time where React Native’s socket has no bufferedAmount, and no timer looks', () => {
      jest.useFakeTimers();
      const { socket, carrier, capacity } = start(new TestNativeSocket(), { highWaterMark: 100 });
      carrier.write([bytes('one')]);
      carrier.write([bytes('two')]);
      expect(socket.sent).toEqual(['one', 'two']);
      expect(jest.getTimerCount()).toBe(0);
      carrier.end();
      expect(capacity).toEqual([100, 'complete']);
      jest.useRealTimers();
    });

    it('is looked at when a message comes, since timers are slow in pages that are not seen', () => {
      const { socket, carrier, capacity } = start(new TestSocket(), { highWaterMark: 100 });
      carrier.write([Buffer.alloc(100)]);
      socket.bufferedAmount = 30;
      socket.receive('bytes');
      expect(capacity).toEqual([100, 0, 70]);
    });

    it('is looked at when `ws` has sent a message, and by no timer once it has said so', () => {
      jest.useFakeTimers();
      const { socket, carrier, capacity } = start(new TestWsSocket(), { highWaterMark: 100 });
      carrier.write([Buffer.alloc(100)]);
      socket.bufferedAmount = 0;
      socket.callbacks[0]?.();
      expect(capacity).toEqual([100, 0, 100]);
      expect(jest.getTimerCount()).toBe(0);
      carrier.write([Buffer.alloc(60)]);
      carrier.write([Buffer.alloc(40)]);
      expect(jest.getTimerCount()).toBe(0);
      socket.bufferedAmount = 40;
      socket.callbacks[1]?.();
      expect(capacity).toEqual([100, 0, 100, 40, 0, 60]);
      expect(jest.getTimerCount()).toBe(0);
      jest.useRealTimers();
    });

    it('is looked at every few milliseconds where Bun’s own socket never calls back', () => {
      jest.useFakeTimers();
      const { socket, carrier, capacity } = start(new TestBunSocket(), { highWaterMark: 100 });
      carrier.write([Buffer.alloc(100)]);
      socket.bufferedAmount = 0;
      jest.advanceTimersByTime(4);
      expect(capacity).toEqual([100, 0, 100]);
      expect(jest.getTimerCount()).toBe(0);
      carrier.destroy();
      expect(socket.isTerminated).toBe(true);
      jest.useRealTimers();
    });

    it('is looked at every few milliseconds where Bun’s `ws` calls back before the bytes have left', () => {
      jest.useFakeTimers();
      const { socket, carrier, capacity } = start(new TestWsSocket(), { highWaterMark: 100 });
      carrier.write([Buffer.alloc(100)]);
      socket.callbacks[0]?.();
      expect(jest.getTimerCount()).toBe(1);
      socket.bufferedAmount = 0;
      jest.advanceTimersByTime(4);
      expect(capacity).toEqual([100, 0, 100]);
      expect(jest.getTimerCount()).toBe(0);
      jest.useRealTimers();
    });

    it('holds no process while it is looked at', () => {
      const unref = jest.spyOn(
        Object.getPrototypeOf(setTimeout(() => undefined, 0)) as NodeJS.Timeout,
        'unref',
      );
      const { carrier } = start(new TestSocket());
      carrier.write([bytes('bytes')]);
      expect(unref).toHaveBeenCalledTimes(1);
    });
  });

  describe('the end', () => {
    it('is an empty message, each way, and then the socket is closed', () => {
      const { socket, carrier, inbound, capacity } = start(new TestWsSocket());
      carrier.end();
      carrier.end();
      carrier.write([bytes('too late')]);
      expect(socket.sent).toEqual(['']);
      expect(capacity).toEqual([262_144, 'complete']);
      socket.receive('still');
      socket.receive('');
      socket.receive('too late');
      expect(texts(inbound)).toEqual(['still', 'complete']);
      expect(socket.closedWith).toEqual([1000]);
      socket.dispatch('close', { code: 1000 });
      carrier.destroy();
      expect(socket.isTerminated).toBe(false);
    });

    it('comes from the far end first, and bytes can still be sent', () => {
      const { socket, carrier, inbound } = start(new TestSocket());
      socket.receive('');
      expect(inbound).toEqual(['complete']);
      carrier.write([bytes('still')]);
      expect(socket.closedWith).toEqual([]);
      carrier.end();
      expect(socket.sent).toEqual(['still', '']);
      expect(socket.closedWith).toEqual([1000]);
    });

    it('completes capacity$ when all has left', () => {
      jest.useFakeTimers();
      const { socket, carrier, capacity } = start(new TestSocket(), { highWaterMark: 100 });
      carrier.write([Buffer.alloc(50)]);
      carrier.end();
      expect(capacity).toEqual([100, 50]);
      socket.bufferedAmount = 0;
      jest.advanceTimersByTime(4);
      expect(capacity).toEqual([100, 50, 100, 'complete']);
      jest.useRealTimers();
    });

    it('waits for the socket to be open', () => {
      const { socket, carrier } = start(new TestSocket(0));
      carrier.end();
      expect(socket.sent).toEqual([]);
      socket.open();
      expect(socket.sent).toEqual(['']);
    });

    it('is the closing of the socket where the far end knows of no other', () => {
      const { socket, carrier, inbound } = start(new TestSocket(), { halfClose: false });
      carrier.end();
      expect(socket.sent).toEqual([]);
      expect(socket.closedWith).toEqual([1000]);
      socket.dispatch('close', { code: 1005 });
      expect(inbound).toEqual(['complete']);
    });

    it('is known of a far end that says it, also where this side says none', () => {
      const { socket, carrier, inbound } = start(new TestSocket(), { halfClose: false });
      socket.dispatch('message', { data: new ArrayBuffer(0) });
      expect(inbound).toEqual(['complete']);
      carrier.end();
      expect(socket.sent).toEqual([]);
      expect(socket.closedWith[0]).toBe(1000);
    });
  });

  describe('a socket that is closed before', () => {
    it.each([1000, 1001, 1005])('completes both sides, with code %i', (code) => {
      const { socket, inbound, capacity } = start(new TestSocket());
      socket.dispatch('close', { code });
      expect(inbound).toEqual(['complete']);
      expect(capacity).toEqual([262_144, 'complete']);
    });

    const failed = (inbound: unknown[]): unknown => {
      const [error] = inbound;
      expect(error).toBeInstanceOf(WebSocketClosedError);
      const { name, message, closeCode, reason, cause } = error as WebSocketClosedError;
      return { name, message, closeCode, reason, cause };
    };

    it('errors with the code, where that is another', () => {
      const { socket, inbound, capacity } = start(new TestSocket());
      socket.dispatch('error', {}); // browsers do not say what it was
      socket.dispatch('close', { code: 1006 });
      expect(failed(inbound)).toEqual({
        name: 'WebSocketClosedError',
        message: 'WebSocket closed with code 1006',
        closeCode: 1006,
        reason: '',
        cause: undefined,
      });
      expect(capacity).toEqual([262_144, 'complete']);
    });

    it('errors where the socket fails to connect, and does not say that it is closed', () => {
      const { socket, inbound } = start(new TestSocket(0));
      socket.dispatch('error', {});
      expect(inbound).toEqual([new WebSocketClosedError(1006)]);
    });

    it('errors with the code and the reason that the far end has chosen', () => {
      const { socket, inbound } = start(new TestSocket());
      socket.dispatch('close', { code: 4001, reason: 'token expired' });
      expect(failed(inbound)).toEqual({
        name: 'WebSocketClosedError',
        message: 'WebSocket closed with code 4001: token expired',
        closeCode: 4001,
        reason: 'token expired',
        cause: undefined,
      });
    });

    it('errors with what `ws` says', () => {
      const { socket, inbound } = start(new TestWsSocket());
      const error = new Error('ECONNREFUSED');
      socket.dispatch('error', { error });
      socket.dispatch('error', { error: new Error('second') });
      socket.dispatch('close', { code: 1006, reason: '' });
      expect(failed(inbound)).toEqual({
        name: 'WebSocketClosedError',
        message: 'WebSocket closed with code 1006: ECONNREFUSED',
        closeCode: 1006,
        reason: '',
        cause: error,
      });
    });

    it('gives a mux’s channels the code as the cause of their error', () => {
      const socket = new TestSocket();
      const mux = new Mux(new WebSocketCarrier(socket));
      const errors: unknown[] = [];
      const error = (reason: unknown): number => errors.push(reason);
      mux.channels$.subscribe({ error });
      mux.open().inbound$.subscribe({ error });
      socket.dispatch('close', { code: 4001, reason: 'token expired' });
      expect(errors).toHaveLength(2);
      expect(errors).toContainEqual(new WebSocketClosedError(4001, 'token expired'));
      const ofChannel = errors.find((one) => one instanceof CarrierEndedError);
      expect(ofChannel?.cause).toMatchObject({ closeCode: 4001, reason: 'token expired' });
    });

    it('is not looked at any more, and takes nothing', () => {
      jest.useFakeTimers();
      const { socket, carrier, capacity } = start(new TestSocket());
      carrier.write([bytes('bytes')]);
      socket.dispatch('close', { code: 1000 });
      expect(jest.getTimerCount()).toBe(0);
      carrier.end();
      expect(socket.sent).toEqual(['bytes']);
      expect(capacity.at(-1)).toBe('complete');
      jest.useRealTimers();
    });
  });

  it('gives nothing to a socket that is closing: browsers complain on the console of each message', () => {
    const { socket, carrier, capacity } = start(new TestSocket(), { highWaterMark: 10 });
    carrier.write([bytes('sent')]);
    socket.readyState = 2;
    carrier.write([bytes('lost')]);
    carrier.end();
    expect(socket.sent).toEqual(['sent']);
    expect(capacity).toEqual([10, 6, 2]);
    socket.dispatch('close', { code: 1012 });
    expect(capacity).toEqual([10, 6, 2, 'complete']);
  });

  describe('a socket of `ws` that was still compressing calls back when it is gone, and keeps its bufferedAmount', () => {
    it.each<[what: string, end: (socket: TestWsSocket, carrier: WebSocketCarrier) => void]>([
      [
        'was closed',
        (socket) => {
          socket.dispatch('close', { code: 1006 });
        },
      ],
      [
        'was destroyed',
        (_socket, carrier) => {
          carrier.destroy();
        },
      ],
    ])('and no timer looks at it, where it %s', (_what, end) => {
      jest.useFakeTimers();
      const { socket, carrier } = start(new TestWsSocket());
      carrier.write([bytes('sent')]);
      socket.callbacks[0]?.();
      carrier.write([bytes('bytes')]);
      end(socket, carrier);
      socket.callbacks[1]?.();
      expect(socket.bufferedAmount).toBeGreaterThan(0);
      expect(jest.getTimerCount()).toBe(0);
      jest.useRealTimers();
    });
  });

  describe('destroy()', () => {
    it('ends both sides at once', () => {
      const { socket, carrier, inbound, capacity } = start(new TestSocket());
      carrier.write([bytes('bytes')]);
      carrier.destroy();
      carrier.destroy();
      socket.receive('too late');
      socket.dispatch('close', { code: 1006 });
      expect(inbound).toEqual(['complete']);
      expect(capacity.at(-1)).toBe('complete');
      expect(socket.closedWith).toStrictEqual([undefined]);
    });

    it('does not wait for a far end that is silent, with `ws`', () => {
      const { socket, carrier } = start(new TestWsSocket());
      carrier.destroy();
      expect(socket.isTerminated).toBe(true);
      expect(socket.closedWith).toEqual([]);
    });
  });

  it('fails with what send() throws', () => {
    const { socket, carrier, inbound, capacity } = start(new TestSocket());
    const error = new Error('no');
    socket.send = () => {
      throw error;
    };
    carrier.write([bytes('bytes')]);
    expect(inbound).toEqual([error]);
    expect(capacity).toEqual([262_144, 'complete']);
    expect(socket.closedWith).toStrictEqual([undefined]);
  });
});
