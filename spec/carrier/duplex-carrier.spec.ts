import { filter, firstValueFrom, lastValueFrom, type Observable, toArray } from 'rxjs';
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, Socket } from 'node:net';
import { Duplex, type DuplexOptions, PassThrough } from 'node:stream';
import { DuplexCarrier } from '../../src/carrier/duplex-carrier.js';
import { stillAlive } from '../hostile/support/heap.js';
import { listen } from '../support/listen.js';
import { turn } from '../support/test-carrier.js';

const nothing = (): void => undefined;

/** A stream that takes what is written one by one, when the test says so. */
class Sluice extends Duplex {
  /** What has been passed to the underlying resource: each array is one write of its. */
  readonly passed: Buffer[][] = [];
  #open: ((error?: Error) => void) | undefined;

  constructor(options?: DuplexOptions) {
    super({ read: nothing, ...options });
  }

  override _writev(chunks: { chunk: Buffer }[], callback: (error?: Error) => void): void {
    this.passed.push(chunks.map(({ chunk }) => chunk));
    this.#open = callback;
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, callback: (error?: Error) => void): void {
    this._writev([{ chunk }], callback);
  }

  /** The write that is under way has been done, or has failed. */
  done(error?: Error): void {
    this.#open?.(error);
  }
}

/** Notes how an Observable ends. */
function note<T>(source$: Observable<T>, name: string, events: string[]): void {
  source$.subscribe({
    error: (error: unknown) => events.push(`${name} errors: ${(error as Error).message}`),
    complete: () => events.push(`${name} completes`),
  });
}

/** Notes how both sides of a carrier end, in order. */
function endsOf({ inbound$, capacity$ }: DuplexCarrier): string[] {
  const events: string[] = [];
  note(capacity$, 'capacity$', events);
  note(inbound$, 'inbound$', events);
  return events;
}

const closed = (stream: Duplex): Promise<unknown> => new Promise((resolve) => stream.once('close', resolve));

const capacityIs = (carrier: DuplexCarrier, capacity: number): Promise<number> =>
  firstValueFrom(carrier.capacity$.pipe(filter((value) => value === capacity)));

const bytesOf = async (inbound$: Observable<Buffer>): Promise<Buffer> =>
  Buffer.concat(await lastValueFrom(inbound$.pipe(toArray())));

describe('DuplexCarrier', () => {
  it.each<[string, DuplexOptions]>([
    ['both ways', { objectMode: true }],
    ['for reading', { readableObjectMode: true }],
    ['for writing', { writableObjectMode: true }],
  ])('refuses a stream that is in object mode %s', (_how, options) => {
    expect(() => new DuplexCarrier(new Sluice(options))).toThrow(
      new TypeError('carrier must be a stream of bytes, got one in object mode'),
    );
  });

  it('refuses a stream that delivers strings', () => {
    expect(() => new DuplexCarrier(new Sluice().setEncoding('utf8'))).toThrow(
      new TypeError('carrier must deliver bytes, got one with the encoding utf8'),
    );
  });

  it.each([1, 100_000])('fails where %i characters come, of a stream that was told so later', (length) => {
    const stream = new PassThrough();
    const events = listen(new DuplexCarrier(stream).inbound$);
    stream.setEncoding('utf8');
    stream.write('x'.repeat(length));
    expect(events).toEqual([new TypeError('carrier must deliver bytes, got text: setEncoding() was called')]);
  });

  describe('capacity$', () => {
    it('is what the write buffer takes until its mark', () => {
      expect(new DuplexCarrier(new Sluice({ highWaterMark: 1000 })).capacity$.value).toBe(1000);
    });

    it('counts what was written before', () => {
      const stream = new Sluice({ highWaterMark: 1000 });
      stream.write(Buffer.alloc(300));
      expect(new DuplexCarrier(stream).capacity$.value).toBe(700);
    });

    it('goes down when something is written, and up again when it has left', async () => {
      const stream = new Sluice({ highWaterMark: 1000 });
      const carrier = new DuplexCarrier(stream);
      const values: number[] = [];
      carrier.capacity$.subscribe((value) => values.push(value));
      carrier.write([Buffer.alloc(100), Buffer.alloc(200)]);
      expect(values).toEqual([1000, 700]);
      carrier.write([Buffer.alloc(400)]);
      expect(values).toEqual([1000, 700, 300]);
      const up = capacityIs(carrier, 600);
      stream.done();
      await up;
      const empty = capacityIs(carrier, 1000);
      stream.done();
      await empty;
      expect(values).toEqual([1000, 700, 300, 600, 1000]);
    });

    it('goes up before the buffer is empty, where drain would still wait', async () => {
      const stream = new Sluice({ highWaterMark: 100 });
      const carrier = new DuplexCarrier(stream);
      const drained = jest.fn();
      stream.on('drain', drained);
      carrier.write([Buffer.alloc(90)]);
      carrier.write([Buffer.alloc(60)]);
      expect(carrier.capacity$.value).toBe(0);
      const up = capacityIs(carrier, 40);
      stream.done();
      await up;
      expect(drained).not.toHaveBeenCalled();
    });

    it('is never less than 0', () => {
      const carrier = new DuplexCarrier(new Sluice({ highWaterMark: 10 }));
      carrier.write([Buffer.alloc(1000)]);
      expect(carrier.capacity$.value).toBe(0);
    });

    it('is more than 0 while nothing waits, where the mark is 0', async () => {
      const stream = new Sluice({ highWaterMark: 0 });
      const carrier = new DuplexCarrier(stream);
      expect(carrier.capacity$.value).toBe(1);
      carrier.write([Buffer.alloc(10)]);
      expect(carrier.capacity$.value).toBe(0);
      const up = capacityIs(carrier, 1);
      stream.done();
      await up;
    });

    it('stays complete, whatever has not been passed on yet', async () => {
      const stream = new Sluice({ highWaterMark: 16_384 });
      const carrier = new DuplexCarrier(stream);
      const values = listen(carrier.capacity$);
      carrier.write([Buffer.alloc(1_048_576)]);
      carrier.destroy();
      await closed(stream);
      await turn();
      expect(values).toEqual([16_384, 0, 'complete']);
    });

    it('says each value once', () => {
      const carrier = new DuplexCarrier(new Sluice({ highWaterMark: 10 }));
      const values: number[] = [];
      carrier.capacity$.subscribe((value) => values.push(value));
      carrier.write([Buffer.alloc(10)]);
      carrier.write([Buffer.alloc(10)]);
      expect(values).toEqual([10, 0]);
    });
  });

  describe('write', () => {
    it('passes its chunks on in one vectored write, uncopied', async () => {
      const stream = new Sluice();
      const chunks = [Buffer.from('a'), Buffer.from('b'), Buffer.from('c')];
      new DuplexCarrier(stream).write(chunks);
      stream.done();
      const [passed = []] = stream.passed;
      expect(stream.passed).toHaveLength(1);
      expect(passed).toHaveLength(3);
      for (const [i, chunk] of passed.entries()) {
        expect(chunk).toBe(chunks[i]);
      }
      stream.destroy();
      await closed(stream);
    });

    it('keeps no memory that others share for a few bytes that wait in a stream that stands still', () => {
      const stream = new Sluice();
      const carrier = new DuplexCarrier(stream);
      const shared = Array.from({ length: 10 }, (_, i) => Buffer.alloc(32_768, i));
      for (const [i, memory] of shared.entries()) {
        carrier.write([memory.subarray(i, i + 10), memory.subarray(0, 5)]);
      }
      stream.done();
      const passed = stream.passed.flat();
      expect(passed).toEqual(shared.flatMap((_, i) => [Buffer.alloc(10, i), Buffer.alloc(5, i)]));
      const kept = passed.filter(({ buffer }) => shared.some((memory) => memory.buffer === buffer));
      expect(kept).toHaveLength(2); // of the first write, which the stream has been given at once
    });

    it('takes chunks that are no Buffers', () => {
      const stream = new Sluice();
      new DuplexCarrier(stream).write([new Uint8Array([1, 2])]);
      expect(stream.passed).toEqual([[Buffer.of(1, 2)]]);
    });

    it('drops what comes after somebody else has ended the stream', async () => {
      const stream = new PassThrough();
      const carrier = new DuplexCarrier(stream);
      const [bytes, close] = [bytesOf(carrier.inbound$), closed(stream)];
      carrier.write([Buffer.from('in time')]);
      stream.end();
      carrier.write([Buffer.from('too late')]);
      expect((await bytes).toString()).toBe('in time');
      await close; // without the error that a write after the end makes
    });

    it('drops what comes after the stream has been destroyed', async () => {
      const stream = new Sluice();
      const carrier = new DuplexCarrier(stream);
      stream.destroy();
      carrier.write([Buffer.from('too late')]);
      await closed(stream);
      expect(stream.passed).toEqual([]);
    });
  });

  describe('inbound$', () => {
    it('leaves the stream alone until it is subscribed to', () => {
      const stream = new PassThrough();
      const { inbound$ } = new DuplexCarrier(stream);
      expect(stream.readableFlowing).toBeNull();
      inbound$.subscribe();
      expect(stream.readableFlowing).toBe(true);
    });

    it('takes a stream that was paused until there is a mux', async () => {
      const stream = new PassThrough().pause();
      const bytes = bytesOf(new DuplexCarrier(stream).inbound$);
      stream.end('what came meanwhile');
      expect((await bytes).toString()).toBe('what came meanwhile');
    });

    it('delivers the bytes in order, and completes at their end', async () => {
      const stream = new PassThrough();
      const carrier = new DuplexCarrier(stream);
      const bytes = bytesOf(carrier.inbound$);
      carrier.write([Buffer.from('a'), Buffer.from('b')]);
      carrier.write([Buffer.from('c')]);
      carrier.end();
      expect((await bytes).toString()).toBe('abc');
    });

    it('delivers no more when it has been unsubscribed', async () => {
      const stream = new PassThrough();
      const carrier = new DuplexCarrier(stream);
      const next = jest.fn();
      carrier.inbound$.subscribe(next).unsubscribe();
      carrier.write([Buffer.from('a')]);
      stream.end().resume();
      await closed(stream);
      expect(next).not.toHaveBeenCalled();
    });

    it('catches the error of a stream that fails after that', async () => {
      const stream = new PassThrough();
      const { inbound$ } = new DuplexCarrier(stream);
      const error = jest.fn();
      inbound$.subscribe({ error }).unsubscribe();
      stream.destroy(new Error('late'));
      await closed(stream); // and not an uncaught exception
      expect(error).not.toHaveBeenCalled();
    });

    it('keeps one of many large chunks, and no more of them', async () => {
      const stream = new Duplex({ read: () => undefined });
      new DuplexCarrier(stream).inbound$.subscribe();
      const chunks = Array.from({ length: 100 }, () => {
        const chunk = Buffer.alloc(65_536);
        stream.push(chunk);
        return new WeakRef(chunk);
      });
      await turn();
      for (let small = 0; small < 10; small += 1) {
        stream.push(Buffer.alloc(10)); // so that no large one lies on the stack
      }
      await turn();
      expect(await stillAlive(chunks)).toBe(1);
    });

    it('adds no listeners to the stream for good but the one for errors', () => {
      const stream = new PassThrough();
      const { inbound$ } = new DuplexCarrier(stream);
      const count = (): number[] => ['data', 'end', 'close'].map((event) => stream.listenerCount(event));
      const before = count();
      inbound$.subscribe().unsubscribe();
      expect(count()).toEqual(before);
    });
  });

  describe('of a stream that', () => {
    it('comes to its end both ways completes both sides', async () => {
      const stream = new Sluice();
      const events = endsOf(new DuplexCarrier(stream));
      stream.push(null);
      await once(stream, 'end');
      expect(events).toEqual(['inbound$ completes']);
      stream.end();
      await closed(stream);
      expect(events).toEqual(['inbound$ completes', 'capacity$ completes']);
    });

    it('finishes first completes capacity$ then, and still delivers', async () => {
      const stream = new Sluice();
      const carrier = new DuplexCarrier(stream);
      const events = endsOf(carrier);
      carrier.end();
      await once(stream, 'finish');
      expect(events).toEqual(['capacity$ completes']);
      const delivered = firstValueFrom(carrier.inbound$);
      stream.push('late');
      expect(String(await delivered)).toBe('late');
      stream.push(null);
      await closed(stream);
      expect(events).toEqual(['capacity$ completes', 'inbound$ completes']);
    });

    it('is closed before its end completes both sides, inbound$ first', async () => {
      const stream = new Sluice();
      const events = endsOf(new DuplexCarrier(stream));
      stream.destroy();
      await closed(stream);
      expect(events).toEqual(['inbound$ completes', 'capacity$ completes']);
    });

    it('fails errors inbound$ with its error, and then completes capacity$', async () => {
      const stream = new Sluice();
      const events = endsOf(new DuplexCarrier(stream));
      stream.destroy(new Error('broken'));
      await closed(stream);
      expect(events).toEqual(['inbound$ errors: broken', 'capacity$ completes']);
    });

    it('fails at a write errors inbound$ with that error', async () => {
      const stream = new Sluice();
      const carrier = new DuplexCarrier(stream);
      const events = endsOf(carrier);
      carrier.write([Buffer.from('a')]);
      stream.done(new Error('of the write'));
      await closed(stream);
      expect(events).toEqual(['inbound$ errors: of the write', 'capacity$ completes']);
    });

    it('is destroyed through the carrier is destroyed with the error', async () => {
      const stream = new Sluice();
      const carrier = new DuplexCarrier(stream);
      const events = endsOf(carrier);
      const error = new Error('of the mux');
      carrier.destroy(error);
      await closed(stream);
      expect(stream.errored).toBe(error);
      expect(events).toEqual(['inbound$ errors: of the mux', 'capacity$ completes']);
    });

    it('was destroyed before is at its end both ways', async () => {
      const stream = new Sluice();
      stream.destroy();
      const carrier = new DuplexCarrier(stream);
      const ends = ['capacity$ completes', 'inbound$ completes'];
      expect(endsOf(carrier)).toEqual(ends);
      await closed(stream);
      expect(endsOf(new DuplexCarrier(stream))).toEqual(ends);
    });

    it('failed before errors inbound$ with its error', async () => {
      const stream = new Sluice().on('error', nothing);
      stream.destroy(new Error('earlier'));
      const ends = ['capacity$ completes', 'inbound$ errors: earlier'];
      expect(endsOf(new DuplexCarrier(stream))).toEqual(ends);
      await closed(stream);
      expect(endsOf(new DuplexCarrier(stream))).toEqual(ends);
    });

    it('had delivered all before completes inbound$ alone', async () => {
      const stream = new Sluice();
      stream.push(null);
      stream.resume();
      await once(stream, 'end');
      expect(endsOf(new DuplexCarrier(stream))).toEqual(['inbound$ completes']);
    });

    it('had finished before completes capacity$ alone', async () => {
      const stream = new Sluice();
      stream.end();
      await once(stream, 'finish');
      expect(endsOf(new DuplexCarrier(stream))).toEqual(['capacity$ completes']);
    });
  });

  describe('over TCP', () => {
    let server: Server;
    let sockets: Socket[] = [];

    /** Two ends of a connection, each of which stays open for writing when the other has ended. */
    const connection = async (): Promise<[Socket, Socket]> => {
      const { port } = server.address() as AddressInfo;
      const here = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
      const [[there]] = (await Promise.all([once(server, 'connection'), once(here, 'connect')])) as [
        [Socket],
        unknown,
      ];
      sockets = [here, there];
      return [here, there];
    };

    beforeEach(async () => {
      server = createServer({ allowHalfOpen: true, pauseOnConnect: true }).listen(0, '127.0.0.1');
      await once(server, 'listening');
    });

    afterEach(async () => {
      for (const socket of sockets) {
        socket.destroy();
      }
      server.close();
      await once(server, 'close');
    });

    it('delivers what was written, in order, while capacity goes down to 0 and up again', async () => {
      const [here, there] = await connection();
      const sender = new DuplexCarrier(here);
      const empty = sender.capacity$.value;
      const chunks = Array.from({ length: 200 }, (_, i) => Buffer.alloc(65_536, i));
      for (const chunk of chunks) {
        sender.write([chunk]); // more than what both ends' systems buffer
      }
      expect(sender.capacity$.value).toBe(0);
      const up = capacityIs(sender, empty);
      const received = bytesOf(new DuplexCarrier(there).inbound$);
      there.resume();
      await up;
      sender.end();
      expect((await received).equals(Buffer.concat(chunks))).toBe(true);
    });

    it('completes capacity$ when its end has been reached, and inbound$ when the other’s has', async () => {
      const [here, there] = await connection();
      const [one, other] = [new DuplexCarrier(here), new DuplexCarrier(there)];
      const [events, otherEvents] = [endsOf(one), endsOf(other)];
      there.resume();
      const ended = once(there, 'end');
      one.end();
      await Promise.all([ended, once(here, 'finish')]);
      expect(events).toEqual(['capacity$ completes']);
      expect(otherEvents).toEqual(['inbound$ completes']);
      other.end();
      await Promise.all([closed(here), closed(there)]);
      expect(events).toEqual(['capacity$ completes', 'inbound$ completes']);
      expect(otherEvents).toEqual(['inbound$ completes', 'capacity$ completes']);
    });

    it('errors inbound$ where the other end breaks the connection', async () => {
      const [here, there] = await connection();
      const events = endsOf(new DuplexCarrier(here));
      there.resetAndDestroy();
      await closed(here);
      expect(events).toEqual(['inbound$ errors: read ECONNRESET', 'capacity$ completes']);
    });
  });
});
