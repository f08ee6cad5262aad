import { interval, type Subscription } from 'rxjs';
import { type Channel, type Mux, send } from 'rxmux';

/** Bytes that a stream of questions sends each time. */
const QUESTION = 32;

/** Both ends of one channel, as the page shows and changes them. */
export interface Stream {
  readonly name: string;
  readonly kind: 'bulk' | 'question';
  /** This side's end. */
  readonly channel: Channel;
  /** Bytes that the far end's reader has taken. */
  taken: number;
  /** Round trips of questions in ms, the latest last. */
  readonly roundTrips: number[];
  /** Whether the far end's reader rests. */
  isPaused: boolean;
  /** Why it is over, once it is. */
  over: string | undefined;
  pause(): void;
  resume(): void;
  stop(): void;
}

/** As many bytes as anybody takes. */
function* endless(): Generator<Uint8Array> {
  for (;;) {
    yield new Uint8Array(16_384);
  }
}

/** Opens channels at the near end, and is the application at the far end that reads them. */
export class Streams {
  readonly all: Stream[] = [];
  readonly #near: Mux;
  /** What the far end has been given, by the name in its handshake. */
  readonly #arrived = new Map<string, Channel>();
  #count = 0;

  constructor(near: Mux, far: Mux) {
    this.#near = near;
    far.channels$.subscribe({
      next: (channel) => {
        const name = String(channel.handshake);
        this.#arrived.set(name, channel);
        const stream = this.all.find((one) => one.name === name);
        if (stream?.isPaused === false) {
          stream.resume();
        }
      },
      error: () => undefined, // each channel tells it
    });
  }

  /** @param priority - of the channel, 0 (first) … 7 (last) */
  open(kind: Stream['kind'], priority: number): Stream {
    this.#count += 1;
    const name = `${kind === 'bulk' ? 'download' : 'question'} ${this.#count}`;
    const channel = this.#near.open(name, { priority });
    const feeding: Subscription[] = [];
    let reading: Subscription | undefined;
    const stream: Stream = {
      name,
      kind,
      channel,
      taken: 0,
      roundTrips: [],
      isPaused: false,
      over: undefined,
      pause: () => {
        stream.isPaused = true;
        reading?.unsubscribe(); // to unsubscribe is to pause
      },
      resume: () => {
        stream.isPaused = false;
        reading?.unsubscribe();
        const far = this.#arrived.get(name);
        reading = far?.inbound$.subscribe({
          next: (bytes) => {
            stream.taken += bytes.length;
            if (kind === 'question') {
              far.outbound$.next(bytes);
            }
          },
          error: () => undefined, // the near end tells it
        });
      },
      stop: () => {
        this.#arrived.get(name)?.destroy(); // the reader's end: the sender stops
        channel.destroy();
      },
    };
    this.all.push(stream);
    if (kind === 'bulk') {
      feeding.push(send(endless(), channel, { highWaterMark: 32_768 }).subscribe({ error: () => undefined }));
    } else {
      feeding.push(this.#ask(stream));
    }
    const finish = (why: string): void => {
      stream.over = why;
      reading?.unsubscribe();
      for (const one of feeding) {
        one.unsubscribe();
      }
      this.#arrived.delete(name);
    };
    channel.closed$.subscribe({
      error: (error: unknown) => {
        finish(error instanceof Error ? error.message : String(error));
      },
      complete: () => {
        finish('stopped');
      },
    });
    return stream;
  }

  remove(stream: Stream): void {
    this.all.splice(this.all.indexOf(stream), 1);
  }

  /** Asks again and again, and measures how long the answer takes. */
  #ask({ channel, roundTrips }: Stream): Subscription {
    const askedAt: number[] = [];
    let answered = 0;
    channel.inbound$.subscribe({
      next: (bytes) => {
        answered += bytes.length;
        while (answered >= QUESTION) {
          answered -= QUESTION;
          const at = askedAt.shift();
          if (at !== undefined) {
            roundTrips.push(performance.now() - at);
            roundTrips.splice(0, roundTrips.length - 200);
          }
        }
      },
      error: () => undefined, // closed$ tells it
    });
    return interval(200).subscribe(() => {
      askedAt.push(performance.now());
      channel.outbound$.next(new Uint8Array(QUESTION));
    });
  }
}
