import { config, firstValueFrom, lastValueFrom, ReplaySubject, take, toArray } from 'rxjs';
import { Mux, send } from '../../src/index.js';
import { muxPair } from '../../src/testing.js';
import { listen } from '../support/listen.js';
import { PLAIN_WIRE } from '../support/plain-wire.js';
import { TestCarrier, turn } from '../support/test-carrier.js';
import * as wire from '../support/wire.js';
import { opened } from './opened.js';

describe('A channel, where RxJS is told to throw at once what subscribers throw', () => {
  const mistake = new Error('mistake');
  const fail = (): never => {
    throw mistake;
  };
  let reported$: ReplaySubject<unknown>;

  const reports = (count: number): Promise<unknown[]> =>
    firstValueFrom(reported$.pipe(take(count), toArray()));

  beforeEach(() => {
    reported$ = new ReplaySubject<unknown>(9);
    config.onUnhandledError = (error) => {
      reported$.next(error);
    };
    // eslint-disable-next-line @typescript-eslint/no-deprecated
    config.useDeprecatedSynchronousErrorHandling = true;
  });

  afterEach(() => {
    config.onUnhandledError = null;
    // eslint-disable-next-line @typescript-eslint/no-deprecated
    config.useDeprecatedSynchronousErrorHandling = false;
  });

  it('is destroyed though nobody handles its errors, and the peer hears of it', async () => {
    const { carrier, channel } = await opened();
    const { inbound$, outbound$, deliveries$ } = channel;
    inbound$.subscribe();
    outbound$.subscribe();
    deliveries$.subscribe();
    const heard = listen(channel.stopped$);
    channel.destroy(mistake);
    expect(heard).toEqual([undefined, 'complete']);
    expect(await carrier.hears()).toEqual(['ERROR_END 0']);
    expect(await reports(3)).toEqual([mistake, mistake, mistake]);
  });

  it('ends its half with an error that nobody handles', async () => {
    const { carrier, channel } = await opened();
    channel.outbound$.subscribe();
    channel.outbound$.error(mistake);
    expect(await carrier.hears()).toEqual(['ERROR_END 0']);
    expect(await reports(1)).toEqual([mistake]);
  });

  it('counts bytes as consumed when next has thrown', async () => {
    const { carrier, channel } = await opened({ highWaterMark: 10 });
    carrier.receive(wire.data(0, 10, '0123456789'));
    channel.inbound$.subscribe(fail);
    const heard = listen(channel.inbound$);
    expect(await carrier.hears()).toEqual(['STATUS 0 free=10 seq=10']);
    expect(heard).toEqual([Buffer.from('0123456789')]);
    expect(await reports(1)).toEqual([mistake]);
  });

  it('sends all of a source though subscribers throw', async () => {
    const { carrier, channel } = await opened({ sendHighWaterMark: 1 });
    channel.outbound$.subscribe(fail);
    channel.writable$.subscribe((isWritable) => {
      if (!isWritable) {
        throw mistake;
      }
    });
    async function* source(): AsyncGenerator<string> {
      yield* await Promise.resolve(['a', 'b']);
    }
    await lastValueFrom(send(source(), channel), { defaultValue: undefined });
    expect(carrier.said.slice(-3)).toEqual(['DATA 0 seq=1 "a"', 'DATA 0 seq=2 "b"', 'END 0']);
    expect(await reports(4)).toEqual([mistake, mistake, mistake, mistake]);
  });

  it('is opened and removed by a mux whose subscribers throw', async () => {
    const carrier = new TestCarrier();
    const mux = new Mux(carrier, PLAIN_WIRE);
    mux.handshakeSent$.subscribe(fail);
    mux.removed$.subscribe({ next: fail, complete: fail });
    const channels = [mux.open(), mux.open()];
    await turn();
    expect(carrier.said.filter((message) => message.startsWith('HANDSHAKE'))).toHaveLength(2);
    mux.destroy();
    expect(channels.map(({ id }) => mux.openChannels.has(id))).toEqual([false, false]);
    expect(carrier.destroyedWith).toBeDefined();
    expect(await reports(5)).toEqual([mistake, mistake, mistake, mistake, mistake]);
  });

  it('delivers everything over a line, where each next throws', async () => {
    const { near, far } = muxPair();
    const arrived = firstValueFrom(far.channels$);
    const sender = near.open();
    const { inbound$ } = await arrived;
    inbound$.subscribe(fail);
    let length = 0;
    const done = new Promise<void>((resolve) => {
      inbound$.subscribe({
        next: (chunk) => {
          length += chunk.length;
        },
        complete: resolve,
      });
    });
    sender.outbound$.next(Buffer.alloc(300_000));
    sender.outbound$.complete();
    await done;
    expect(length).toBe(300_000);
  });
});
