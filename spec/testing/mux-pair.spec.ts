import { firstValueFrom, lastValueFrom, mergeMap, reduce, VirtualTimeScheduler } from 'rxjs';
import { CarrierEndedError, type Channel, type Mux, MuxFullError, type MuxOptions } from '../../src/index.js';
import { muxPair, type MuxPairOptions } from '../../src/testing.js';
import { turn } from '../support/test-carrier.js';

/** Sends back all that comes. */
function echo(mux: Mux): void {
  mux.channels$.subscribe({
    next: ({ inbound$, outbound$ }) => inbound$.subscribe(outbound$),
    error: () => undefined,
  });
}

/** What comes through a channel, as text, once the peer has ended. */
const all = ({ inbound$ }: Channel): Promise<string> =>
  lastValueFrom(inbound$.pipe(reduce((text, chunk) => text + chunk.toString(), '')));

describe('muxPair, without a scheduler,', () => {
  it('is in real time', async () => {
    const { near, far } = muxPair({ delay: 20, rate: 1_000_000 });
    echo(far);
    const began = performance.now();
    const channel = near.open();
    channel.outbound$.next('there and back');
    channel.outbound$.complete();
    expect(await all(channel)).toBe('there and back');
    expect(performance.now() - began).toBeGreaterThan(4 * 20 - 5); // handshakes there and back, and bytes
    await Promise.all([near.close(), far.close()]);
  });

  it('carries a megabyte through each of many channels, both ways', async () => {
    const { near, far } = muxPair();
    echo(far);
    const size = 1_000_000;
    const channels = Array.from({ length: 10 }, () => near.open());
    const received = channels.map(({ inbound$, outbound$ }) => {
      outbound$.next(Buffer.alloc(size));
      outbound$.complete();
      return lastValueFrom(inbound$.pipe(reduce((sum, chunk) => sum + chunk.length, 0)));
    });
    expect(await Promise.all(received)).toEqual(channels.map(() => size));
    await Promise.all([near.close(), far.close()]);
  });

  it('leaves no timer when it is cut', async () => {
    jest.useFakeTimers({ doNotFake: ['setImmediate'] });
    try {
      const { near, far, cut } = muxPair({ delay: 1000, near: { keepAlive: 5 } });
      near.open().outbound$.next('never there');
      await turn();
      cut();
      await jest.advanceTimersByTimeAsync(1);
      await Promise.all([near, far].map(({ closed$ }) => firstValueFrom(closed$)));
      expect(jest.getTimerCount()).toBe(0);
    } finally {
      jest.useRealTimers();
    }
  });

  it('keeps the times of a fake clock, to the millisecond', async () => {
    jest.useFakeTimers({ doNotFake: ['setImmediate'] });
    try {
      const { near, far } = muxPair({ delay: 10 });
      const began = Date.now();
      const times: number[] = [];
      far.channels$.subscribe(({ inbound$ }) => inbound$.subscribe(() => times.push(Date.now() - began)));
      near.open().outbound$.next('hello');
      await jest.advanceTimersByTimeAsync(100);
      expect(times).toEqual([30]); // handshakes there and back, then bytes
    } finally {
      jest.useRealTimers();
    }
  });
});

describe('muxPair, with a VirtualTimeScheduler outside TestScheduler.run,', () => {
  it('has the line in virtual time, and sends in microtasks, for which flush does not wait', async () => {
    const scheduler = new VirtualTimeScheduler();
    const { near, far } = muxPair({ scheduler, delay: 10 });
    const times: number[] = [];
    far.channels$.subscribe(({ inbound$ }) => inbound$.subscribe(() => times.push(scheduler.now())));
    const channel = near.open();
    channel.outbound$.next('hello');
    scheduler.flush();
    expect([scheduler.now(), times]).toEqual([0, []]);
    await turn();
    scheduler.flush();
    expect(times).toEqual([30]); // what a chunk causes to be sent leaves with it: the answer, and bytes that wait for it

    let sentAt = 0;
    scheduler.schedule(() => {
      channel.outbound$.next('from a timer');
      sentAt = scheduler.now();
    }, 5);
    scheduler.flush();
    expect(times).toHaveLength(1);
    await turn();
    scheduler.flush();
    expect(times).toEqual([30, sentAt + 10]);
  });
});

describe('the muxes of a pair', () => {
  it('may both open channels, whose numbers differ', async () => {
    for (const options of [{}, { near: { highChannels: true } }, { far: { highChannels: true } }]) {
      const { near, far, cut } = muxPair(options);
      expect(near.open().id).not.toBe(far.open().id);
      cut();
    }
  });

  it('share numbers where both are told to', () => {
    const { near, far, cut } = muxPair({ far: { highChannels: false } });
    expect([near.open().id, far.open().id]).toEqual([0, 0]);
    cut();
  });

  it('send no keep-alives unless told', () => {
    const scheduler = new VirtualTimeScheduler();
    muxPair({ scheduler });
    expect(scheduler.actions).toEqual([]);
    muxPair({ scheduler, far: { keepAlive: 50 } });
    expect(scheduler.actions).toHaveLength(1);
  });

  it('are on the scheduler of the pair, unless they name one of their own', () => {
    const [scheduler, other] = [new VirtualTimeScheduler(), new VirtualTimeScheduler()];
    muxPair({ scheduler, near: { keepAlive: 50, scheduler: other }, far: { keepAlive: 50 } });
    expect([scheduler.actions.length, other.actions.length]).toEqual([1, 1]);
  });

  it('have the options that each is given, with the types of its handshakes', async () => {
    const { near, far, cut } = muxPair({
      near: { parseHandshake: (data) => data.toString() },
      far: { parseHandshake: (data) => data.length },
    });
    far.channels$.subscribe({
      next: (channel) => {
        const length: number | undefined = channel.handshake;
        channel.accept(`${length} bytes`);
      },
      error: () => undefined,
    });
    const answer: string = await firstValueFrom(near.open('hello').handshake$);
    expect(answer).toBe('5 bytes');
    cut();
  });

  it('have options that are inherited, and frozen', () => {
    const options = Object.freeze({ maxOpen: 1 });
    const { near, far } = muxPair({ near: Object.create(options) as MuxOptions, far: options });
    for (const mux of [near, far]) {
      mux.open();
      expect(() => mux.open()).toThrow(MuxFullError);
      mux.destroy();
    }
  });

  it('have bytes as handshakes where nothing parses them', async () => {
    const { near, far, cut } = muxPair({ near: { parseHandshake: Number } });
    const handshake$ = far.channels$.pipe(mergeMap((channel) => channel.handshake$));
    near.open('hello');
    const handshake: Buffer = await firstValueFrom(handshake$);
    expect(handshake.toString()).toBe('hello');
    cut();
  });

  it('fail their channels when the line is cut', async () => {
    const { near, cut } = muxPair();
    const channel = near.open();
    cut();
    await expect(lastValueFrom(channel.inbound$)).rejects.toThrow(CarrierEndedError);
    await near.close();
  });
});

describe('the options of muxPair', () => {
  it.each<[string, unknown, string]>([
    ['null', null, 'options must be an object, got null'],
    ['unknown', { near: {}, latency: 5 }, 'options.latency is not an option'],
    ['scheduler', { scheduler: {} }, 'options.scheduler must be an RxJS scheduler, got an object'],
    ['delay of the wrong type', { delay: '5' }, "options.delay must be a number of milliseconds, got '5'"],
    ['near', { near: 5 }, 'options.near must be an object, got 5'],
    ['far', { far: null }, 'options.far must be an object, got null'],
    ['rate of the wrong type', { rate: '1 MB/s' }, "options.rate must be a number, got '1 MB/s'"],
  ])('%s: refused with a TypeError', (_name, options, message) => {
    const make = () => muxPair(options as MuxPairOptions);
    expect(make).toThrow(TypeError);
    expect(make).toThrow(message);
  });

  it.each<[MuxPairOptions, string]>([
    [{ delay: -1 }, 'options.delay must be 0 … 2147483647 milliseconds, got -1'],
    [{ delay: NaN }, 'options.delay must be 0 … 2147483647 milliseconds, got NaN'],
    [{ delay: 2 ** 31 }, 'options.delay must be 0 … 2147483647 milliseconds, got 2147483648'],
    [{ rate: 0 }, 'options.rate must be a whole number from 1, got 0'],
    [{ rate: 0.5 }, 'options.rate must be a whole number from 1, got 0.5'],
    [{ buffer: 0 }, 'options.buffer must be a whole number from 1, got 0'],
    [{ near: { maxOpen: -1 } }, 'options.near.maxOpen must be a whole number from 0, got -1'],
    [
      { far: { framing: { lengthSize: 0 } } },
      'options.far.framing.lengthSize must be a whole number from 1, got 0',
    ],
  ])('%p: refused with a RangeError', (options, message) => {
    const make = () => muxPair(options);
    expect(make).toThrow(RangeError);
    expect(make).toThrow(message);
  });

  it('may be undefined, as if they were not there', () => {
    const none = { scheduler: undefined, delay: undefined, rate: undefined, buffer: undefined };
    const { near } = muxPair({ ...none, near: undefined, far: undefined });
    expect(near.capacity$.value).toBe(65_536);
  });
});
