import { filter, interval, type SchedulerLike, takeUntil } from 'rxjs';
import { Mux } from '../src/index.js';
import { WebSocketCarrier, type WebSocketLike } from '../src/websocket.js';
import { marbles } from './support/flows.js';

/** Bytes in a second. */
const MEGABIT = 125_000;

type Listener = (event: { readonly data: unknown }) => void;

/**
 * A browser's WebSocket over a slow line whose system has large buffers: it takes all at once, and says that nothing
 * waits.
 */
class BlindSocket implements WebSocketLike {
  binaryType = 'arraybuffer';
  readonly readyState = 1;
  readonly bufferedAmount = 0;
  other: BlindSocket | undefined;
  readonly #listeners: Listener[] = [];
  #freeAt = 0;

  /** @param rate - bytes in a second */
  constructor(
    private readonly rate: number,
    private readonly scheduler: SchedulerLike,
  ) {}

  addEventListener(type: string, listener: (event: never) => void): void {
    if (type === 'message') {
      this.#listeners.push(listener as Listener);
    }
  }

  send(message: ArrayBuffer): void {
    const now = this.scheduler.now();
    const data = message.slice(0);
    this.#freeAt = Math.max(now, this.#freeAt) + (1000 * data.byteLength) / this.rate;
    this.scheduler.schedule(() => {
      this.other?.arrive(data);
    }, this.#freeAt - now);
  }

  arrive(data: ArrayBuffer): void {
    for (const listener of this.#listeners) {
      listener({ data });
    }
  }

  close(): void {
    this.other = undefined;
  }
}

const CHUNK = Buffer.alloc(65_536);
const DURATION = 4000;

/** How long questions take beside channels that send as fast as they may: ms, the median of the last second. */
function asked(
  rate: number,
  bulk: number,
  extensions: boolean,
): { readonly median: number; readonly used: number } {
  const times: number[] = [];
  let received = 0;
  marbles(({ flush }, scheduler) => {
    const [one, other] = [new BlindSocket(rate, scheduler), new BlindSocket(rate, scheduler)];
    one.other = other;
    other.other = one;
    const muxOver = (socket: BlindSocket): Mux =>
      new Mux(new WebSocketCarrier(socket, { scheduler }), { scheduler, extensions, keepAlive: false });
    const [near, far] = [muxOver(one), muxOver(other)];
    far.channels$.subscribe((channel) => {
      channel.inbound$.subscribe({
        next: (chunk) => {
          received += chunk.length;
          if (channel.handshake?.toString() === 'question') {
            channel.outbound$.next(chunk);
          }
        },
        error: () => undefined,
      });
    });
    for (let i = 0; i < bulk; i += 1) {
      const { outbound$, writable$ } = near.open();
      writable$.pipe(filter((isWritable) => isWritable)).subscribe(() => {
        while (writable$.value) {
          outbound$.next(CHUNK);
        }
      });
    }
    const question = near.open('question');
    const sentAt: number[] = [];
    question.inbound$.subscribe({
      next: ({ length }) => {
        times.push(...sentAt.splice(0, length).map((at) => scheduler.now() - at));
      },
      error: () => undefined,
    });
    interval(20, scheduler)
      .pipe(takeUntil(question.stopped$))
      .subscribe(() => {
        sentAt.push(scheduler.now());
        question.outbound$.next('?');
      });
    scheduler.schedule(() => {
      near.destroy();
      far.destroy();
    }, DURATION);
    flush();
  });
  const last = times.slice(-50).sort((a, b) => a - b);
  return { median: last[last.length >> 1] ?? NaN, used: received / ((DURATION / 1000) * rate) };
}

describe('over a WebSocket that does not say what waits in the system', () => {
  it.each([
    // Mbit/s, bulk channels; ms for an answer
    [1, 8, 160], // what is written at once is one message, which is delivered as a whole
    [8, 32, 25],
    [80, 32, 8],
  ])('of %d Mbit/s a question beside %d bulk channels is answered within %d ms', (rate, bulk, ms) => {
    const { median, used } = asked(rate * MEGABIT, bulk, true);
    expect(median).toBeLessThan(ms);
    expect(used).toBeGreaterThan(0.9);
  });

  it('all windows are under way at once where the peer knows no more than bpmux', () => {
    expect(asked(8 * MEGABIT, 16, false).median).toBeGreaterThan(500);
  });
});
