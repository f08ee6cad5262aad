import { once } from 'node:events';
import { createReadStream } from 'node:fs';
import { mkdtemp, open as openFile, rm, stat } from 'node:fs/promises';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { finalize, firstValueFrom, interval, map, take, takeUntil, timer, switchMap } from 'rxjs';
import { TestScheduler } from 'rxjs/testing';
import {
  type Carrier,
  type Channel,
  ChannelError,
  Mux,
  send,
  StoppedError,
  toDuplex,
  toWebStream,
} from '../../src/index.js';
import { line } from '../../src/testing/line.js';
import { muxPair } from '../../src/testing.js';
import { turn } from '../support/test-carrier.js';

const extensions = { extensions: true };
const DELAY = 50;
const BYTES = 100;

/** What a carrier was given, and when. */
interface Written {
  readonly at: number;
  readonly bytes: number;
}

/** A carrier that remembers what it was given. */
function watched(carrier: Carrier, now: () => number): { carrier: Carrier; written: Written[] } {
  const written: Written[] = [];
  return {
    written,
    carrier: {
      inbound$: carrier.inbound$,
      capacity$: carrier.capacity$,
      write: (chunks) => {
        written.push({ at: now(), bytes: chunks.reduce((sum, { length }) => sum + length, 0) });
        carrier.write(chunks);
      },
      end: () => {
        carrier.end();
      },
      destroy: (error) => {
        carrier.destroy(error);
      },
    },
  };
}

/** Two muxes over a line of 50 ms each way, in virtual time: does all that `act` schedules. */
function inVirtualTime(
  act: (world: {
    readonly near: Mux;
    readonly far: Mux;
    readonly scheduler: TestScheduler;
    /** What each has given to its carrier. */
    readonly nearWritten: readonly Written[];
    readonly farWritten: readonly Written[];
  }) => void,
): void {
  const scheduler = new TestScheduler(() => undefined);
  scheduler.run(({ flush }) => {
    const now = (): number => scheduler.now();
    const ends = line({ scheduler, delay: DELAY, rate: Infinity, buffer: 65_536 });
    const [near, far] = [watched(ends.near, now), watched(ends.far, now)];
    const options = { ...extensions, keepAlive: false, scheduler } as const;
    act({
      near: new Mux(near.carrier, options),
      far: new Mux(far.carrier, { ...options, highChannels: true }),
      scheduler,
      nearWritten: near.written,
      farWritten: far.written,
    });
    flush();
  });
}

const bytesFrom = (written: readonly Written[], from: number): number =>
  written.filter(({ at }) => at > from).reduce((sum, { bytes }) => sum + bytes, 0);

/** A source that never ends by itself, but for tests that fail. */
const ticking$ = interval(1).pipe(takeUntil(timer(5000)));

describe('giving up a channel ends the other side’s source within a round trip:', () => {
  const ways: readonly [string, (channel: Channel) => void][] = [
    [
      'cancel()',
      (channel) => {
        channel.cancel();
      },
    ],
    [
      'destroy()',
      (channel) => {
        channel.destroy();
      },
    ],
    [
      'destroy(new ChannelError())',
      (channel) => {
        channel.destroy(new ChannelError('ENOUGH', ''));
      },
    ],
    [
      'inbound$.unsubscribe()',
      (channel) => {
        channel.inbound$.unsubscribe(); // eslint-disable-line rxjs-x/no-subject-unsubscribe -- one of the ways
      },
    ],
  ];
  const START = 200;
  const STOP = 400;

  it.each(ways)('through Subjects, %s', (_way, giveUp) => {
    let stoppedAt = NaN;
    let error: unknown;
    let bytesAfter = NaN;
    let lastAt = NaN;
    let left: readonly number[] = [];
    inVirtualTime(({ near, far, scheduler, farWritten }) => {
      far.channels$.subscribe(({ outbound$, inbound$, stopped$ }) => {
        inbound$.subscribe({ error: () => undefined });
        ticking$
          .pipe(
            map(() => Buffer.alloc(BYTES)),
            takeUntil(stopped$),
          )
          .subscribe(outbound$);
        outbound$.subscribe({
          error: (given: unknown) => {
            error = given;
            stoppedAt = scheduler.now();
          },
        });
      });
      scheduler.schedule(() => {
        const channel = near.open();
        channel.inbound$.subscribe({ error: () => undefined });
        scheduler.schedule(() => {
          giveUp(channel);
          channel.outbound$.complete();
        }, STOP - START);
      }, START);
      scheduler.schedule(() => {
        bytesAfter = bytesFrom(farWritten, STOP);
        lastAt = farWritten.at(-1)?.at ?? NaN;
        left = [near.openChannels.size, far.openChannels.size];
      }, 4000);
    });
    expect(stoppedAt).toBe(STOP + DELAY); // as soon as it can know
    expect(error).toBeInstanceOf(StoppedError);
    const underWay = DELAY * (BYTES + 17); // with their headers
    expect(bytesAfter).toBeLessThanOrEqual(underWay + 200); // and what it says to end
    expect(bytesAfter).toBeGreaterThan(underWay / 2);
    expect(lastAt).toBeLessThanOrEqual(STOP + 2 * DELAY);
    expect(left).toEqual([0, 0]);
  });

  it('through send(), whose result completes', () => {
    let [letGoAt, endedAt] = [NaN, NaN];
    let values = 0;
    let valuesBefore = NaN;
    inVirtualTime(({ near, far, scheduler }) => {
      far.channels$.subscribe((channel) => {
        const source$ = ticking$.pipe(
          map(() => {
            values += 1;
            return Buffer.alloc(BYTES);
          }),
          finalize(() => (letGoAt = scheduler.now())),
        );
        send(source$, channel).subscribe({ complete: () => (endedAt = scheduler.now()) });
      });
      scheduler.schedule(() => {
        const channel = near.open();
        channel.inbound$.subscribe();
        scheduler.schedule(() => {
          valuesBefore = values;
          channel.destroy();
        }, STOP - START);
      }, START);
    });
    expect([letGoAt, endedAt]).toEqual([STOP + DELAY, STOP + DELAY]);
    expect(values - valuesBefore).toBeLessThanOrEqual(DELAY + 1);
  });

  it('switchMap(() => mux.observe()), which leaves no channel and no traffic behind', () => {
    const CHOICES = 20;
    const EVERY = 30; // less than a round trip
    let sources = 0;
    let left: readonly number[] = [];
    let traffic = NaN;
    let seen = 0;
    inVirtualTime(({ near, far, scheduler, nearWritten, farWritten }) => {
      far.channels$.subscribe(({ outbound$, stopped$ }) => {
        sources += 1;
        ticking$
          .pipe(
            map(() => Buffer.alloc(BYTES)),
            finalize(() => (sources -= 1)),
            takeUntil(stopped$),
          )
          .subscribe(outbound$);
      });
      const chosen = interval(EVERY)
        .pipe(
          take(CHOICES),
          switchMap((n) => near.observe(`symbol ${n}`)),
        )
        .subscribe(() => (seen += 1));
      const over = EVERY * CHOICES + 500;
      scheduler.schedule(() => {
        chosen.unsubscribe();
      }, over);
      scheduler.schedule(() => {
        const since = over + 2 * DELAY;
        traffic = bytesFrom(nearWritten, since) + bytesFrom(farWritten, since);
        left = [near.openChannels.size, far.openChannels.size, sources];
      }, over + 2000);
    });
    expect(seen).toBeGreaterThan(0);
    expect(left).toEqual([0, 0, 0]);
    expect(traffic).toBe(0);
  });

  it('through send() of an async generator, which is returned', async () => {
    const { near, far } = muxPair({ delay: 2, near: extensions, far: extensions });
    const returned = new Promise<number>((resolve) => {
      far.channels$.subscribe((channel) => {
        let values = 0;
        async function* source(): AsyncGenerator<Buffer> {
          try {
            for (;;) {
              values += 1;
              yield await Promise.resolve(Buffer.alloc(10_000));
            }
          } finally {
            resolve(values);
          }
        }
        send(source(), channel).subscribe();
      });
    });
    const channel = near.open();
    await firstValueFrom(channel.inbound$);
    channel.destroy();
    expect(await returned).toBeLessThan(1000);
    near.destroy();
  });

  it('through a WHATWG stream: pipeTo() rejects, and its source is cancelled', async () => {
    const { near, far } = muxPair({ delay: 2, near: extensions, far: extensions });
    let reason: unknown;
    const source = new ReadableStream<Uint8Array>({
      pull: (controller) => {
        controller.enqueue(new Uint8Array(10_000));
      },
      cancel: (given) => {
        reason = given;
      },
    });
    const piped = new Promise<unknown>((resolve) => {
      far.channels$.subscribe((channel) => {
        source.pipeTo(toWebStream(channel).writable).catch(resolve);
      });
    });
    const { readable } = toWebStream(near.open());
    const reader = readable.getReader();
    await reader.read();
    await reader.cancel();
    expect(await piped).toBeInstanceOf(StoppedError);
    await turn();
    expect(reason).toBeInstanceOf(StoppedError);
    near.destroy();
  });

  it.each([
    ['a WHATWG stream', (channel: Channel) => toWebStream(channel).writable.getWriter().closed],
    ['a Duplex', (channel: Channel) => once(toDuplex(channel), 'close')],
  ])('through %s: who is failed by the peer hears of the failure, not of the stop', async (_kind, over) => {
    const { near, far } = muxPair({ delay: 2, near: extensions, far: extensions });
    const told = new Promise<unknown>((resolve) => {
      far.channels$.subscribe((channel) => {
        over(channel).catch(resolve);
      });
    });
    const { closed$ } = near.open();
    closed$.subscribe({ error: () => undefined });
    near.openChannels.forEach((channel) => {
      channel.handshake$.subscribe(() => {
        channel.destroy(new ChannelError('QUOTA', 'no more'));
      });
    });
    expect(await told).toMatchObject({ code: 'ERR_RXMUX_PEER', reason: { code: 'QUOTA' } });
    near.destroy();
  });
});

describe('over TCP', () => {
  const SIZE = 200_000_000;
  let folder = '';
  let path = '';

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'rxmux-'));
    path = join(folder, 'large');
    const file = await openFile(path, 'w');
    await file.truncate(SIZE); // takes no room
    await file.close();
  });

  afterAll(() => rm(folder, { recursive: true }));

  it('a pipeline from a file stops to read the file, and fails with StoppedError', async () => {
    expect((await stat(path)).size).toBe(SIZE);
    const server = createServer({ noDelay: true });
    await once(server.listen(0, '127.0.0.1'), 'listening');
    const accepted = once(server, 'connection') as Promise<[Socket]>;
    const { port } = server.address() as AddressInfo;
    const near = new Mux(connect({ port, host: '127.0.0.1', noDelay: true }), extensions);
    const [socket] = await accepted;
    const far = new Mux(socket, { ...extensions, highChannels: true });

    const file = createReadStream(path);
    const upload = toDuplex(near.open('upload'));
    const finished = pipeline(file, upload).catch((error: unknown) => error);
    const channel = await firstValueFrom(far.channels$);
    let received = 0;
    for await (const chunk of channel) {
      received += chunk.length;
      if (received > 1_000_000) {
        break; // has seen enough
      }
    }
    const error = await finished;
    expect(error).toBeInstanceOf(StoppedError);
    expect(error).toMatchObject({ code: 'ERR_RXMUX_STOPPED' });
    expect(file.destroyed).toBe(true);
    const { bytesRead } = file;
    expect(bytesRead).toBeLessThan(SIZE / 2);
    channel.outbound$.complete();
    await Promise.all([near.close(), far.close()]);
    expect(file.bytesRead).toBe(bytesRead);
    server.close();
  });
});
