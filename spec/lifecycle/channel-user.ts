import { Subscription } from 'rxjs';
import {
  type Channel,
  type ChannelDuplex,
  ChannelError,
  type Delivery,
  type Reason,
  toDuplex,
} from '../../src/index.js';

export type Reading = 'inbound' | 'deliveries';

/** Byte `at` of what the user called `name` sends: differs between users, and between places. */
const byteAt = (name: string, at: number): number => (Number(name) * 37 + at * 7 + (at >>> 8)) & 255;

export const pattern = (name: string, from: number, length: number): Buffer =>
  Buffer.from(Array.from({ length }, (_, i) => byteAt(name, from + i)));

/** An application at one end of a channel: does what it is told, and remembers what it has given and got. */
export class ChannelUser {
  /** Bytes given to the channel. */
  given = 0;
  /** Bytes got from it, in order and right. */
  got = 0;
  /** Bytes that it is through with. */
  consumed = 0;
  outbound: 'open' | 'complete' | 'error' = 'open';
  inbound: { readonly error?: unknown } | undefined;
  closed: { readonly error?: unknown } | undefined;
  /** What `outbound$`, or the Duplex, has failed with. */
  failedWith: unknown;
  /** Whether it had ended its outbound half before. */
  hasFailedLate = false;
  /** Why it has given up or ended what it could still give up or end. */
  readonly reasons: Reason[] = [];
  /** Whether it has said that it wants no more. */
  hasLetGo = false;
  answer: ((data?: string) => void) | undefined;
  /** The user at the other end, when its name has come. */
  peer: ChannelUser | undefined;
  readonly duplex: ChannelDuplex | undefined;
  readonly #held: Delivery[] = [];
  #reading: Subscription | undefined;
  #isLooping = false;

  /**
   * @param name - what it sends as handshake data
   * @param maxWindow - the most that its receive window may be
   * @param fail - called when what it sees is wrong
   */
  constructor(
    readonly name: string,
    readonly channel: Channel,
    readonly maxWindow: number,
    asDuplex: boolean,
    isWatching: boolean,
    private readonly fail: (message: string) => void,
  ) {
    if (asDuplex) {
      this.duplex = toDuplex(channel)
        .on('data', (chunk: Buffer) => {
          this.#get(chunk);
          this.consumed += chunk.length;
        })
        .on('end', () => (this.inbound ??= {}))
        .on('error', (error) => {
          this.inbound ??= { error };
          this.failedWith = error;
          this.hasFailedLate = this.outbound !== 'open';
        })
        .pause();
    } else {
      channel.outbound$.subscribe({
        next: (chunk) => (this.given += chunk.length),
        error: (error: unknown) => {
          this.outbound = 'error';
          this.failedWith = error;
        },
        complete: () => (this.outbound = 'complete'),
      });
    }
    if (isWatching) {
      // Who looks must change nothing: the Subjects are made when they are first asked for.
      for (const window$ of [channel.sendWindow$, channel.receiveWindow$]) {
        window$.subscribe((bytes) => {
          if (bytes < 0) {
            this.fail(`a window of ${bytes} bytes on ${this.label}`);
          }
        });
      }
      channel.writable$.subscribe();
      channel.handshake$.subscribe({ error: () => undefined });
    }
    channel.closed$.subscribe({
      error: (error: unknown) => (this.closed = { error }),
      complete: () => (this.closed = {}),
    });
  }

  write(size: number): void {
    const { duplex, channel } = this;
    const chunk = pattern(this.name, this.given, size);
    if (duplex === undefined) {
      channel.outbound$.next(chunk);
    } else if (!duplex.writableEnded && !duplex.destroyed) {
      this.given += size;
      duplex.write(chunk);
    }
  }

  end(): void {
    if (this.duplex === undefined) {
      this.channel.outbound$.complete();
    } else if (!this.duplex.writableEnded && !this.duplex.destroyed) {
      this.duplex.end();
      this.outbound = 'complete';
    }
  }

  failOutbound(error = new Error('given to outbound$')): void {
    if (this.duplex === undefined) {
      if (this.outbound === 'open') {
        this.#tells(error);
      }
      this.channel.outbound$.error(error);
    } else if (!this.duplex.writableEnded && !this.duplex.destroyed) {
      this.duplex.peerErrorThenEnd();
      this.outbound = 'error';
    }
  }

  read(how: Reading): void {
    if (this.duplex !== undefined) {
      this.duplex.resume();
      return;
    }
    if (this.#isLooping) {
      return;
    }
    this.#reading?.unsubscribe();
    const end = {
      error: (error: unknown) => (this.inbound ??= { error }),
      complete: () => (this.inbound ??= {}),
    };
    this.#reading =
      how === 'inbound'
        ? this.channel.inbound$.subscribe({
            next: (chunk) => {
              this.#get(chunk);
              this.consumed += chunk.length;
            },
            ...end,
          })
        : this.channel.deliveries$.subscribe({
            next: (delivery) => {
              this.#get(delivery.chunk);
              this.#held.push(delivery);
            },
            ...end,
          });
  }

  pause(): void {
    this.duplex?.pause();
    this.#reading?.unsubscribe();
  }

  /** Acknowledges the oldest delivery, twice, since only once may count. */
  acknowledge(): void {
    const delivery = this.#held.shift();
    if (delivery !== undefined) {
      this.consumed += delivery.chunk.length;
      delivery.ack();
      delivery.ack();
    }
  }

  cancel(): void {
    this.hasLetGo = true;
    this.channel.cancel();
  }

  destroy(error?: Error): void {
    this.hasLetGo = true;
    if (this.outbound === 'open' && this.duplex !== undefined) {
      this.outbound = error === undefined ? 'complete' : 'error';
    }
    this.#tells(error);
    (this.duplex ?? this.channel).destroy(error);
  }

  /** Reads in a loop, alone, that it leaves with the first chunk. */
  loop(): void {
    if (this.duplex === undefined && !this.#isLooping && !this.hasLetGo) {
      this.pause();
      this.#isLooping = true;
      void this.#takeOne();
    }
  }

  async #takeOne(): Promise<void> {
    try {
      for await (const chunk of this.channel) {
        if (!this.hasLetGo) {
          this.#get(chunk);
          this.hasLetGo = true;
        }
        break;
      }
      this.inbound ??= this.hasLetGo ? undefined : {};
    } catch (error) {
      this.inbound ??= { error };
    }
    this.#isLooping = false;
  }

  reject(hasReason: boolean): void {
    const reason = hasReason ? { code: 'REJECTED', message: `by ${this.name}` } : undefined;
    const isTooLate = this.channel.stats().states.handshake === 'answered'; // it has been destroyed
    this.channel.reject(reason);
    if (isTooLate) {
      return;
    }
    this.hasLetGo = true;
    if (reason !== undefined) {
      this.reasons.push(reason);
    }
  }

  /** Comes to its end: answers, takes all there is, and gives no more. */
  finish(): void {
    const { answer } = this;
    this.answer = undefined;
    answer?.(this.name);
    while (this.#held.length > 0) {
      this.acknowledge();
    }
    if (this.#reading === undefined || this.#reading.closed) {
      this.read('inbound');
    }
    this.end();
  }

  /** Takes what is held back, and what comes after a loop, as long as the user goes on. */
  goOn(): void {
    if (this.inbound === undefined && this.#reading?.closed === true) {
      this.read('inbound');
    }
    while (this.#held.length > 0) {
      this.acknowledge();
    }
  }

  /** Whether what comes is dropped, by its own doing or its Duplex's. */
  get isThrough(): boolean {
    return this.hasLetGo || this.duplex?.destroyed === true;
  }

  get label(): string {
    return `channel ${this.channel.id} as ${this.name}`;
  }

  #tells(error: Error | undefined): void {
    if (error instanceof ChannelError) {
      this.reasons.push({ code: error.code, message: error.message });
    }
  }

  #get(chunk: Buffer): void {
    const { peer } = this;
    if (this.hasLetGo && this.duplex === undefined) {
      this.fail(`${this.label} gets bytes that it does not want`);
    }
    if (peer === undefined) {
      this.fail(`${this.label} gets bytes of nobody`);
    } else if (
      this.got + chunk.length > peer.given ||
      !chunk.equals(pattern(peer.name, this.got, chunk.length))
    ) {
      this.fail(
        `${this.label} gets ${chunk.toString('hex')} after ${this.got} of ${peer.given} bytes of ${peer.label}`,
      );
    }
    this.got += chunk.length;
  }
}
