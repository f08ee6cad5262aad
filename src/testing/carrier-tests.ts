import { concatMap, filter, firstValueFrom, lastValueFrom, type Observable, take, tap } from 'rxjs';
import { anyObject, callable, object, whole } from '../arguments.js';
import type { Carrier } from '../carrier/carrier.js';
import { toCarrier } from '../carrier/to-carrier.js';
import type { Channel } from '../channel/channel.js';
import { Mux } from '../mux/mux.js';
import type { NodeDuplex } from '../node-duplex.js';
import type { MuxOptions } from '../options.js';
import { firstWrong, pattern } from './pattern.js';

/** Two ends of a connection, new and in use by nobody. */
export interface CarrierPair {
  readonly near: NodeDuplex | Carrier;
  readonly far: NodeDuplex | Carrier;
  /** Takes down what the test has left: servers and the like. Default: nothing. */
  readonly close?: (() => unknown) | undefined;
}

/** Settings of {@link carrierTests}. */
export interface CarrierTestOptions {
  /** Milliseconds after which something that a test waits for will not come any more. Default 10 000. */
  patience?: number | undefined;
}

const DEFAULTS = { patience: 10_000 };

/** One test of {@link carrierTests}. */
export interface CarrierTest {
  /** What the carrier does where it passes. */
  readonly name: string;
  /** Does the test, over a connection of its own. Rejected with an Error that says what is wrong. */
  readonly run: () => Promise<void>;
}

/** Bytes that a carrier may be given beyond its capacity: a frame of a quantum, and headers. */
const OVERSHOOT = 65_536 + 1024;

/** A channel's window: it has no reason to grow where nobody reads. */
const WINDOW = 65_536;

const CHANNELS = 10;

/** Bytes of each transfer through a channel. */
const TOTAL = 512 * 1024;

/** Sizes of what is sent, one after the other: from one byte to more than a frame. */
const sizeOf = (index: number): number => (index % 10) ** 5 * 2 + 1;

/**
 * Tests of a carrier, for any test runner, in Node and in browsers: that it delivers all bytes unchanged and in order,
 * ends and fails in either direction as `Carrier` says, tells its capacity and is never given more; and that muxes over
 * it keep channels apart, keep no more than their windows, and fail as a whole when it is cut.
 *
 * @param connect - makes a connection for each test
 * @param options - see {@link CarrierTestOptions}
 * @throws RangeError or TypeError that names the option which it cannot take
 *
 * @example
 * ```ts
 * import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
 * import { once } from 'node:events';
 * import { test } from 'node:test';
 * import { carrierTests } from 'rxmux/testing';
 *
 * async function overTcp() {
 *   const server = createServer({ allowHalfOpen: true }).listen(0);
 *   const near = connect({ port: (server.address() as AddressInfo).port, allowHalfOpen: true });
 *   const [far] = (await once(server, 'connection')) as [Socket];
 *   return { near, far, close: () => server.close() };
 * }
 * for (const { name, run } of carrierTests(overTcp)) {
 *   test(`a TCP connection ${name}`, run);
 * }
 * ```
 */
export function carrierTests(
  connect: () => CarrierPair | Promise<CarrierPair>,
  options?: CarrierTestOptions,
): CarrierTest[] {
  callable('connect', connect);
  const { patience } = object('options', options, DEFAULTS);
  whole('options.patience', patience, 1);
  return Object.entries(bodies).map(([name, body]) => ({
    name,
    run: async () => {
      const pair = anyObject('what connect returns', await connect());
      const made: { destroy(): void }[] = [];
      const carrierOf = (given: CarrierPair['near']): Carrier => {
        const carrier = toCarrier(given);
        made.push(carrier);
        return carrier;
      };
      const muxOver: Ends['muxOver'] = (carrier, options) => {
        const mux = new Mux(carrier, options);
        made.unshift(mux);
        return mux;
      };
      await allOf(
        () =>
          body({ near: carrierOf(pair.near), far: carrierOf(pair.far), muxOver, within: patient(patience) }),
        // Also those whose carrier does not end.
        () =>
          allOf(
            ...made.map((one) => () => {
              one.destroy();
            }),
          ),
        () => pair.close?.(),
      );
    },
  }));
}

/** Does one after the other, whatever fails of it. Rejected with what has failed first. */
async function allOf(...works: readonly (() => unknown)[]): Promise<void> {
  const failures: unknown[] = [];
  for (const work of works) {
    try {
      await work();
    } catch (error) {
      failures.push(error);
    }
  }
  if (failures.length > 0) {
    throw failures[0];
  }
}

/** What a test works with. */
interface Ends {
  readonly near: Carrier;
  readonly far: Carrier;
  /** A mux, which is destroyed after the test. */
  readonly muxOver: (carrier: Carrier, options?: MuxOptions) => Mux;
  /** What `promise` is fulfilled with; an Error that names it where that takes too long. */
  readonly within: <T>(what: string, promise: Promise<T>) => Promise<T>;
}

const bodies: Readonly<Record<string, (ends: Ends) => Promise<void>>> = {
  'delivers bytes unchanged and in order, both ways at once': async ({ near, far, within }) => {
    const [there, back] = [new Receiver(far.inbound$, 1), new Receiver(near.inbound$, 2)];
    await within('sending', Promise.all([send(near, 1, 4 * TOTAL), send(far, 2, 4 * TOTAL)]));
    near.end();
    far.end();
    await within('inbound$ completing', Promise.all([there.end, back.end]));
    there.check('near to far', 4 * TOTAL);
    back.check('far to near', 4 * TOTAL);
  },

  'leaves alone the bytes that it is given': async ({ near, far, within }) => {
    const receiver = new Receiver(far.inbound$, 3);
    near.inbound$.subscribe({ error: ignore });
    const slab = pattern(3, 0, 1000);
    await within('room', room(near));
    near.write([slab.subarray(0, 400), slab.subarray(400)]);
    near.end();
    await within('inbound$ completing', receiver.end);
    receiver.check('near to far', 1000);
    check(
      slab.length === 1000 && firstWrong(slab, 3, 0) === -1,
      'the memory of the bytes was changed or given away',
    );
  },

  'has room again when nothing waits': async ({ near, far, within }) => {
    const values: number[] = [];
    near.capacity$.subscribe({ next: (value) => values.push(value), error: ignore });
    const receiver = new Receiver(far.inbound$, 4);
    near.inbound$.subscribe({ error: ignore });
    await within('sending', send(near, 4, 4 * TOTAL));
    await within('delivery', receiver.has(4 * TOTAL));
    await within('capacity$ above 0', room(near));
    const wrong = values.filter((value) => !Number.isFinite(value) || value < 0);
    check(wrong.length === 0, `capacity$ was ${wrong.join(', ')}`);
  },

  'ends from near to far and goes on from far to near': ({ near, far, within }) =>
    halfClose(near, far, within),

  'ends from far to near and goes on from near to far': ({ near, far, within }) =>
    halfClose(far, near, within),

  'ends both ways where the near end is destroyed': ({ near, far, within }) => destroyed(near, far, within),

  'ends both ways where the far end is destroyed': ({ near, far, within }) => destroyed(far, near, within),

  'carries channels of both sides, all busy, and is given no more than it has room for': async (ends) => {
    const [near, far] = [watched(ends.near), watched(ends.far)];
    const [one, other] = [ends.muxOver(near.carrier), ends.muxOver(far.carrier, { highChannels: true })];
    for (const mux of [one, other]) {
      mux.channels$.subscribe({ next: echo, error: ignore });
    }
    const channels = Array.from({ length: CHANNELS }, (_, i) => (i % 2 === 0 ? one : other).open());
    await ends.within('all echoes', Promise.all(channels.map((channel, i) => transfer(channel, i, TOTAL))));
    const most = Math.max(near.overshoot(), far.overshoot());
    check(most <= OVERSHOOT, `it was given ${most} bytes more than it had room for`);
    await ends.within('closing', Promise.all([one.close(), other.close()]));
  },

  'holds up only the channel that is not read, and keeps no more than its window': async (ends) => {
    const near = watched(ends.near);
    const [one, other] = [ends.muxOver(near.carrier), ends.muxOver(ends.far)];
    const arrived: Channel[] = [];
    other.channels$.subscribe({
      next: (channel) => {
        arrived.push(channel);
        if (arrived.length > 1) {
          echo(channel);
        }
      },
      error: ignore,
    });
    const unread = one.open();
    unread.inbound$.subscribe({ error: ignore });
    for (let at = 0; at < TOTAL; at += WINDOW) {
      unread.outbound$.next(pattern(5, at, WINDOW));
    }
    await ends.within('the echo of another channel', transfer(one.open(), 6, TOTAL));
    const kept = TOTAL - unread.bufferedAmount;
    check(kept <= WINDOW, `${kept} bytes of a channel have left that nobody reads`);
    unread.outbound$.complete();
    for (const { inbound$ } of arrived.slice(0, 1)) {
      const receiver = new Receiver(inbound$, 5);
      await ends.within('the bytes that have waited', receiver.end);
      receiver.check('a channel', TOTAL);
    }
  },

  'fails every channel of both sides where it is cut before the first frame': (ends) => cut(ends, 0),

  'fails every channel of both sides where it is cut in a length': (ends) => cut(ends, 3),

  'fails every channel of both sides where it is cut in a header': (ends) => cut(ends, 9),

  'fails every channel of both sides where it is cut in a payload': (ends) => cut(ends, 200_001),

  'ends with the mux that is closed': async ({ near, far, muxOver, within }) => {
    const [one, other] = [muxOver(near), muxOver(far)];
    other.channels$.subscribe({ next: echo, error: ignore });
    await within('an echo', transfer(one.open(), 7, 1000));
    await within('closing', Promise.all([one.close(), completion(other.closed$)]));
  },
};

async function halfClose(first: Carrier, second: Carrier, within: Ends['within']): Promise<void> {
  const [there, back] = [new Receiver(second.inbound$, 1), new Receiver(first.inbound$, 2)];
  const finished = completion(first.capacity$);
  finished.catch(ignore); // what comes before may fail first
  await within('sending', send(first, 1, 1000));
  first.end();
  await within('inbound$ completing where it ended', there.end);
  await within('capacity$ completing', finished);
  there.check('the first direction', 1000);
  await within('sending after that', send(second, 2, TOTAL));
  second.end();
  await within('inbound$ completing', back.end);
  back.check('the second direction', TOTAL);
}

async function destroyed(gone: Carrier, other: Carrier, within: Ends['within']): Promise<void> {
  const ends = [gone.inbound$, gone.capacity$, other.inbound$].map(outcome);
  await within('room', room(gone));
  gone.destroy(new Error('destroyed by a test'));
  await within('the end of inbound$ and capacity$', Promise.all(ends));
}

/** Two muxes are busy over a carrier that breaks after `bytes`. */
async function cut({ near, far, muxOver, within }: Ends, bytes: number): Promise<void> {
  const [one, other] = [muxOver(breaking(near, bytes)), muxOver(far)];
  const channels: Channel[] = [];
  other.channels$.subscribe({
    next: (channel) => {
      channels.push(channel);
      echo(channel);
    },
    error: ignore,
  });
  one.channels$.subscribe({ error: ignore });
  for (let i = 0; i < CHANNELS; i += 1) {
    const channel = one.open();
    channels.push(channel);
    channel.inbound$.subscribe({ error: ignore });
    channel.outbound$.next(pattern(i, 0, TOTAL));
  }
  await within('the end of both muxes', Promise.all([completion(one.closed$), completion(other.closed$)]));
  const outcomes = await within(
    'the end of all channels',
    Promise.all(channels.map(({ closed$ }) => outcome(closed$))),
  );
  const survivors = outcomes.filter((one) => one === 'completed').length;
  check(survivors === 0, `${survivors} channels have completed`);
}

/** What arrives of a {@link pattern}. Looked at in the end only, so that what is written to it meanwhile is seen. */
class Receiver {
  readonly end: Promise<void>;
  readonly #inbound$: Observable<Uint8Array>;
  readonly #chunks: Uint8Array[] = [];
  #length = 0;
  #onBytes: () => void = ignore;

  constructor(
    inbound$: Observable<Uint8Array>,
    private readonly seed: number,
  ) {
    this.#inbound$ = inbound$;
    this.end = new Promise((resolve, reject) => {
      this.#inbound$.subscribe({
        next: (chunk) => {
          this.#chunks.push(chunk);
          this.#length += chunk.length;
          this.#onBytes();
        },
        error: reject,
        complete: resolve,
      });
    });
    this.end.catch(ignore); // whoever waits for it hears of it
  }

  /** Fulfilled when so many bytes have come. */
  has(bytes: number): Promise<void> {
    return new Promise((resolve) => {
      this.#onBytes = () => {
        if (this.#length >= bytes) {
          resolve();
        }
      };
      this.#onBytes();
    });
  }

  check(what: string, expected: number): void {
    check(this.#length === expected, `${what}: ${this.#length} bytes have come of ${expected}`);
    let at = 0;
    for (const chunk of this.#chunks) {
      const wrong = firstWrong(chunk, this.seed, at);
      check(wrong === -1, `${what}: byte ${wrong} is wrong`);
      at += chunk.length;
    }
  }
}

/** `total` bytes in pieces of all sizes. */
function* pieces(seed: number, total: number): Generator<Uint8Array> {
  let at = 0;
  for (let i = 0; at < total; i += 1) {
    const piece = pattern(seed, at, Math.min(sizeOf(i), total - at));
    at += piece.length;
    yield piece;
  }
}

/** Gives a carrier bytes as it has room. */
async function send(carrier: Carrier, seed: number, total: number): Promise<void> {
  for (const piece of pieces(seed, total)) {
    await room(carrier);
    const half = piece.length / 2;
    carrier.write([piece.subarray(0, half), piece.subarray(half)].filter(({ length }) => length > 0));
  }
}

/** Sends bytes through a channel whose far end sends them back, and checks what comes. */
async function transfer(
  { inbound$, outbound$, writable$ }: Channel,
  seed: number,
  total: number,
): Promise<void> {
  const receiver = new Receiver(inbound$, seed);
  for (const piece of pieces(seed, total)) {
    await firstValueFrom(writable$.pipe(filter(Boolean)), { defaultValue: false });
    outbound$.next(piece);
  }
  outbound$.complete();
  await receiver.end;
  receiver.check('an echo', total);
}

/** Sends back all that comes, as fast as it can be sent. */
function echo(channel: Channel): void {
  channel.deliveries$
    .pipe(
      concatMap(({ chunk, ack }) => {
        channel.outbound$.next(chunk);
        return channel.writable$.pipe(filter(Boolean), take(1), tap(ack));
      }),
    )
    .subscribe({
      error: (error: unknown) => {
        channel.outbound$.error(error);
      },
      complete: () => {
        channel.outbound$.complete();
      },
    });
}

/** The carrier, and by how much a write has exceeded its capacity at most. */
function watched(carrier: Carrier): { readonly carrier: Carrier; readonly overshoot: () => number } {
  let most = 0;
  return {
    carrier: passingOn(carrier, (chunks) => {
      most = Math.max(most, lengthOf(chunks) - carrier.capacity$.value);
      carrier.write(chunks);
    }),
    overshoot: () => most,
  };
}

/** The carrier until it has been given `bytes`: then it is destroyed. */
function breaking(carrier: Carrier, bytes: number): Carrier {
  let left = bytes;
  return passingOn(carrier, (chunks) => {
    for (const chunk of chunks) {
      if (left > 0) {
        carrier.write([chunk.subarray(0, left)]);
      }
      left -= chunk.length;
    }
    if (left < 0) {
      carrier.destroy(new Error('cut by a test'));
    }
  });
}

function passingOn(carrier: Carrier, write: Carrier['write']): Carrier {
  const { inbound$, capacity$, burstEnd$ } = carrier;
  return {
    inbound$,
    capacity$,
    ...(burstEnd$ === undefined ? {} : { burstEnd$ }),
    write,
    end: () => {
      carrier.end();
    },
    destroy: (error) => {
      carrier.destroy(error);
    },
  };
}

const lengthOf = (chunks: readonly Uint8Array[]): number =>
  chunks.reduce((sum, { length }) => sum + length, 0);

const room = (carrier: Carrier): Promise<number> =>
  firstValueFrom(carrier.capacity$.pipe(filter((bytes) => bytes > 0)), { defaultValue: 0 });

/** Fulfilled when it completes, rejected when it errors. */
const completion = (source$: Observable<unknown>): Promise<unknown> =>
  lastValueFrom(source$, { defaultValue: undefined });

const outcome = (source$: Observable<unknown>): Promise<'completed' | 'failed'> =>
  completion(source$).then(
    () => 'completed',
    () => 'failed',
  );

const patient =
  (patience: number): Ends['within'] =>
  async (what, promise) => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const outOfTime = new Promise<never>((_resolve, reject) => {
      timer = setTimeout(() => {
        reject(new Error(`${what}: not within ${patience} ms`));
      }, patience);
    });
    try {
      return await Promise.race([promise, outOfTime]);
    } finally {
      clearTimeout(timer);
    }
  };

function check(isRight: boolean, what: string): void {
  if (!isRight) {
    throw new Error(what);
  }
}

function ignore(): void {
  // what is to be known of it is known otherwise
}
