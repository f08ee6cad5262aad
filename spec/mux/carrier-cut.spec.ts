import {
  BehaviorSubject,
  catchError,
  EMPTY,
  firstValueFrom,
  map,
  type Observable,
  of,
  Subject,
  toArray,
} from 'rxjs';
import { type Carrier, type Channel, Mux } from '../../src/index.js';
import { turn } from '../support/test-carrier.js';

/** One end of a {@link link}. */
class End implements Carrier {
  readonly inbound$ = new Subject<Uint8Array>();
  readonly capacity$ = new BehaviorSubject(1000);
  peer!: End;
  /** Bytes that still get through from here to the peer. */
  left = Infinity;
  sent = 0;
  cut: (() => void) | undefined;

  write(chunks: readonly Uint8Array[]): void {
    const bytes = Buffer.concat(chunks);
    this.sent += bytes.length;
    queueMicrotask(() => {
      const passing = bytes.subarray(0, this.left);
      this.left -= passing.length;
      if (passing.length > 0) {
        this.peer.inbound$.next(passing);
      }
      if (this.left === 0) {
        this.cut?.();
      }
    });
  }

  end(): void {
    queueMicrotask(() => {
      this.peer.inbound$.complete();
      this.capacity$.complete();
    });
  }

  destroy(): void {
    this.inbound$.complete();
    this.capacity$.complete();
    queueMicrotask(() => {
      this.peer.inbound$.complete();
      this.peer.capacity$.complete();
    });
  }
}

/** Two carriers in memory. */
function link(): [End, End] {
  const [left, right] = [new End(), new End()];
  left.peer = right;
  right.peer = left;
  return [left, right];
}

/** How an Observable ends, once it does. */
const ending = (observable$: Observable<unknown>): Promise<string> =>
  firstValueFrom(
    observable$.pipe(
      toArray(),
      map((values) => (values.length > 0 ? 'values, complete' : 'complete')),
      catchError((error: unknown) => of(`error: ${(error as Error).message}`)),
    ),
  );

/**
 * A short conversation: a channel from each side, both with data both ways, one answered late. Returns what is to end
 * on both sides, whatever happens to the carrier.
 */
function converse(left: End, right: End): { muxes: [Mux, Mux]; endings: Promise<string>[] } {
  const muxes: [Mux, Mux] = [new Mux(left), new Mux(right, { highChannels: true })];
  const endings: Promise<string>[] = [];
  const watch = (channel: Channel): void => {
    for (const part$ of [channel.inbound$, channel.outbound$, channel.handshake$, channel.closed$]) {
      endings.push(ending(part$));
    }
  };
  for (const mux of muxes) {
    endings.push(ending(mux.channels$));
    mux.channels$.pipe(catchError(() => EMPTY)).subscribe((channel) => {
      watch(channel);
      const answer = mux === muxes[1] ? channel.delayHandshake() : undefined;
      channel.inbound$.subscribe({
        next: (chunk) => {
          channel.outbound$.next(chunk);
        },
        complete: () => {
          channel.outbound$.complete();
        },
        error: () => undefined,
      });
      queueMicrotask(() => answer?.('late'));
    });
    const own = mux.open('hi');
    watch(own);
    own.outbound$.next('hello');
    own.outbound$.complete();
  }
  return { muxes, endings };
}

/** Runs the conversation to its end. */
async function settle(): Promise<void> {
  for (let i = 0; i < 5; i += 1) {
    await turn();
  }
}

/** How many bytes each side says. */
async function lengths(): Promise<[number, number]> {
  const [left, right] = link();
  const { muxes } = converse(left, right);
  await settle();
  expect(muxes.map(({ openChannels }) => openChannels.size)).toEqual([0, 0]);
  await Promise.all(muxes.map((mux) => mux.close()));
  return [left.sent, right.sent];
}

describe('a carrier that is cut after any byte', () => {
  beforeEach(() => {
    jest.useFakeTimers({ doNotFake: ['setImmediate', 'queueMicrotask', 'nextTick'] });
  });

  afterEach(() => {
    jest.useRealTimers();
  });

  it.each([
    ['ends', 'from left to right', 0],
    ['ends', 'from right to left', 1],
    ['fails', 'from left to right', 0],
    ['fails', 'from right to left', 1],
  ] as const)(
    '%s: every channel and channels$ say so, %s, and nothing stays behind',
    async (how, _direction, from) => {
      const total = (await lengths())[from];
      expect(total).toBeGreaterThan(80);
      for (let after = 0; after < total; after += 1) {
        const ends = link();
        const cutEnd = ends[from];
        cutEnd.left = after;
        cutEnd.cut = () => {
          if (how === 'ends') {
            cutEnd.peer.inbound$.complete();
          } else {
            cutEnd.peer.inbound$.error(new Error('cable cut'));
          }
        };
        const { muxes, endings } = converse(...ends);
        await settle();
        // The side that has not noticed is told by its user, as a user would.
        await Promise.all(muxes.map((mux) => mux.close().catch(() => undefined)));
        for (const outcome of await Promise.all(endings)) {
          expect(outcome).toMatch(
            /^((values, )?complete|error: carrier stream (ended|finished) before .*|error: cable cut)$/,
          );
        }
        expect(muxes.map(({ openChannels }) => openChannels.size)).toEqual([0, 0]);
        expect(jest.getTimerCount()).toBe(0); // no keep-alive goes on
      }
    },
  );
});
