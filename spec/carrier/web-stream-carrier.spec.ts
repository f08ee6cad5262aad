import { runInNewContext } from 'node:vm';
import { firstValueFrom, lastValueFrom } from 'rxjs';
import { Mux } from '../../src/index.js';
import {
  type ByteStreamPair,
  WebStreamCarrier,
  type WebStreamCarrierOptions,
} from '../../src/web-streams.js';
import { listen } from '../support/listen.js';
import { turn } from '../support/test-carrier.js';

/** A stream whose far end is the test: it says what comes, and when a chunk has been taken. */
function untouched() {
  let source!: ReadableStreamDefaultController<Uint8Array>;
  let sink!: WritableStreamDefaultController;
  const taken: { readonly chunk: Uint8Array; readonly done: () => void }[] = [];
  const log: unknown[] = [];
  const pair: ByteStreamPair = {
    readable: new ReadableStream<Uint8Array>({
      start: (controller) => {
        source = controller;
      },
      cancel: (reason) => {
        log.push('cancelled', reason);
      },
    }),
    writable: new WritableStream<Uint8Array>({
      start: (controller) => {
        sink = controller;
      },
      write: (chunk) =>
        new Promise<void>((done) => {
          taken.push({ chunk, done });
        }),
      close: () => {
        log.push('closed');
      },
      abort: (reason) => {
        log.push('aborted', reason);
      },
    }),
  };
  return { pair, source, sink, taken, log };
}

/** One that has a carrier, to which somebody listens. */
function start(options?: WebStreamCarrierOptions) {
  const stream = untouched();
  const carrier = new WebStreamCarrier(stream.pair, options);
  const [inbound, capacity] = [listen(carrier.inbound$), listen(carrier.capacity$)];
  return { ...stream, carrier, inbound, capacity };
}

describe('WebStreamCarrier', () => {
  it('delivers chunks as they come, and completes', async () => {
    const { source, inbound } = start();
    source.enqueue(Uint8Array.of(1, 2));
    source.enqueue(new Uint8Array(0));
    source.enqueue(Uint8Array.of(3));
    source.close();
    await turn();
    expect(inbound).toEqual([Uint8Array.of(1, 2), Uint8Array.of(3), 'complete']);
  });

  it('delivers bytes of another realm, and other views', async () => {
    const { source, inbound } = start();
    source.enqueue(runInNewContext('Uint8Array.of(1, 2)') as Uint8Array);
    source.enqueue(runInNewContext('Uint8Array.of(3).buffer') as never);
    source.enqueue(new DataView(Uint8Array.of(4, 5).buffer, 1) as never);
    await turn();
    expect(inbound).toEqual([Uint8Array.of(1, 2), Uint8Array.of(3), Uint8Array.of(5)]);
  });

  it('refuses an option that does not exist', () => {
    expect(() => start({ highWatermark: 5 } as WebStreamCarrierOptions)).toThrow(
      new TypeError('options.highWatermark is not an option (did you mean highWaterMark?)'),
    );
  });

  it('errors where the readable delivers something else than bytes', async () => {
    const { source, inbound } = start();
    source.enqueue('text' as never);
    await turn();
    expect(inbound).toEqual([new TypeError("readable must deliver Uint8Arrays, got 'text'")]);
  });

  it('errors with what breaks the readable', async () => {
    const { source, inbound, capacity } = start();
    const error = new Error('reset');
    source.error(error);
    await turn();
    expect(inbound).toEqual([error]);
    expect(capacity).toEqual([65_536]);
  });

  it('errors with an error where the readable is aborted without one', async () => {
    const { source, inbound } = start();
    source.error(undefined);
    await turn();
    expect(inbound).toEqual([new Error('the stream was aborted, and no reason was given')]);
  });

  it('reads no more when nobody listens', async () => {
    const { carrier } = start();
    const heard: unknown[] = [];
    const subscription = carrier.inbound$.subscribe((chunk) => {
      heard.push(chunk);
      subscription.unsubscribe();
    });
    await turn();
    expect(heard).toEqual([]);
  });

  it('writes each write as one chunk, in memory of its own, and has room for what the sink has taken', async () => {
    const { carrier, taken, capacity } = start({ highWaterMark: 10 });
    const slab = Buffer.from('to fro');
    carrier.write([slab.subarray(0, 3), slab.subarray(3)]);
    carrier.write([Buffer.from('again')]);
    slab.fill(0);
    expect(capacity).toEqual([10, 4, 0]);
    await turn();
    expect(taken.map(({ chunk }) => Buffer.from(chunk).toString())).toEqual(['to fro']);
    taken[0]?.done();
    await turn();
    expect(capacity).toEqual([10, 4, 0, 5]);
    taken[1]?.done();
    await turn();
    expect(capacity).toEqual([10, 4, 0, 5, 10]);
  });

  it('ends with the writable, when all has left', async () => {
    const { carrier, taken, log, capacity } = start({ highWaterMark: 10 });
    carrier.write([Buffer.from('bytes')]);
    carrier.end();
    await turn();
    expect(log).toEqual([]);
    expect(capacity).toEqual([10, 5]);
    taken[0]?.done();
    await turn();
    expect(log).toEqual(['closed']);
    expect(capacity).toEqual([10, 5, 10, 'complete']);
  });

  it('errors with what breaks the writable, after what has come, and takes no more', async () => {
    const { carrier, source, sink, inbound, capacity } = start({ highWaterMark: 10 });
    const error = new Error('far end is gone');
    sink.error(error);
    source.enqueue(Uint8Array.of(1));
    source.enqueue(Uint8Array.of(2));
    await lastValueFrom(carrier.capacity$);
    carrier.write([Buffer.from('bytes')]);
    carrier.end();
    expect(inbound).toEqual([Uint8Array.of(1), Uint8Array.of(2), error]);
    expect(capacity).toEqual([10, 'complete']);
  });

  it('completes where the readable ends in good order as the writable fails', async () => {
    const { carrier, source, sink, inbound } = start();
    sink.error(new Error('closed'));
    source.close(); // both at once, as in a `WebSocketStream` that has been closed
    await lastValueFrom(carrier.capacity$);
    expect(inbound).toEqual(['complete']);
  });

  it('errors with what the sink throws at its end', async () => {
    const error = new Error('not closed');
    const carrier = new WebStreamCarrier({
      readable: new ReadableStream<Uint8Array>(),
      writable: new WritableStream({
        close: () => {
          throw error;
        },
      }),
    });
    const inbound = listen(carrier.inbound$);
    carrier.end();
    await lastValueFrom(carrier.capacity$);
    expect(inbound).toEqual([error]);
  });

  it('errors with an error where the writable is aborted without one', async () => {
    const { carrier, sink, inbound } = start();
    sink.error(undefined);
    await lastValueFrom(carrier.capacity$);
    expect(inbound).toEqual([new Error('the stream was aborted, and no reason was given')]);
  });

  it('tells a mux that its far end, at the other side of TransformStreams, has been destroyed', async () => {
    const [there, back] = [new TransformStream(), new TransformStream()];
    const near = new Mux(new WebStreamCarrier({ readable: back.readable, writable: there.writable }));
    const far = new Mux(new WebStreamCarrier({ readable: there.readable, writable: back.writable }));
    const error = new Error('the stream was aborted, and no reason was given');
    const [channels, inbound] = [listen(far.channels$), listen(far.open().inbound$)];
    near.destroy();
    await firstValueFrom(far.closed$);
    expect(channels).toEqual([error]);
    expect(inbound).toEqual([expect.objectContaining({ code: 'ERR_RXMUX_CARRIER_ENDED', cause: error })]);
  });

  it('has a mux fail, and its channels, with what breaks the writable alone', async () => {
    const { pair, sink } = untouched();
    const mux = new Mux(new WebStreamCarrier(pair));
    const [channels, inbound] = [listen(mux.channels$), listen(mux.open().inbound$)];
    const error = new Error('far end is gone');
    sink.error(error);
    await firstValueFrom(mux.closed$);
    expect(channels).toEqual([error]);
    expect(inbound).toEqual([expect.objectContaining({ code: 'ERR_RXMUX_CARRIER_ENDED', cause: error })]);
  });

  it('gives up both sides when it is destroyed', async () => {
    const { carrier, log, inbound, capacity } = start();
    const error = new Error('why');
    carrier.destroy(error);
    expect(capacity).toEqual([65_536, 'complete']);
    await turn();
    expect(log.sort()).toEqual([error, error, 'aborted', 'cancelled'].sort());
    expect(inbound).toEqual(['complete']);
  });

  it('may be destroyed after it has failed', async () => {
    const { carrier, source, sink } = start();
    source.error(new Error('reset'));
    sink.error(new Error('reset'));
    carrier.destroy();
    await turn();
  });

  it('locks both sides, and refuses those that are locked', () => {
    const { pair } = start();
    expect(() => new WebStreamCarrier(pair)).toThrow('locked');
  });

  it.each([
    ['is locked', 'writable must not be locked'],
    ['is none', 'writable must be a WritableStream, got undefined'],
  ])('leaves the readable as it is where the writable %s', (which, message) => {
    const [readable, writable] = [new ReadableStream<Uint8Array>(), new WritableStream()];
    writable.getWriter();
    const pair = { readable, writable: which === 'is locked' ? writable : undefined } as ByteStreamPair;
    expect(() => new WebStreamCarrier(pair)).toThrow(new TypeError(message));
    expect(readable.locked).toBe(false);
  });

  it('refuses a high-water mark that makes no sense', () => {
    expect(() => start({ highWaterMark: 0 })).toThrow(
      new RangeError('options.highWaterMark must be a whole number from 1, got 0'),
    );
  });
});
