import { filter, firstValueFrom, of, merge, timeout } from 'rxjs';
import type { Client } from './client.js';
import { reason } from './reason.js';
import { Stream } from './stream.js';
import { SERVICES } from './transforms.js';

/** ms after which a stream that neither goes on nor fails hangs. */
const PATIENCE = 30_000;

/** What has become of all streams. */
export interface Outcome {
  readonly wentOn: number;
  /** How many have failed, by why. */
  readonly failed: ReadonlyMap<string, number>;
  readonly hung: number;
  /** Bytes that have come back meanwhile. */
  readonly bytes: number;
}

/** Streams of all clients to all services. */
export class Streams {
  readonly #clients: readonly Client[];
  #streams: Stream[];
  /** Bytes of streams that are not there any more. */
  #gone = 0;

  constructor(clients: readonly Client[], count: number) {
    this.#clients = clients;
    this.#streams = Array.from({ length: count }, (_, number) => this.#open(number));
  }

  /** Bytes that have come back in all. */
  get bytes(): number {
    return this.#streams.reduce((sum, { received }) => sum + received, this.#gone);
  }

  /** Waits until each stream has failed, or has got back more than it has sent by now. */
  goOn(): Promise<Outcome> {
    const marks = new Map(this.#streams.map((stream) => [stream, stream.sent]));
    return this.#all((stream) => stream.received > (marks.get(stream) ?? 0));
  }

  /** Ends all of them, and waits until each has ended. */
  finish(): Promise<Outcome> {
    for (const stream of this.#streams) {
      stream.finish();
    }
    return this.#all(({ isComplete }) => isComplete);
  }

  /** Opens those anew that have failed. Returns how many. */
  reopen(): number {
    const failed = this.#streams.filter(({ hasFailed }) => hasFailed);
    this.#gone += failed.reduce((sum, { received }) => sum + received, 0);
    this.#streams = this.#streams.map((stream) => (stream.hasFailed ? this.#open(stream.number) : stream));
    return failed.length;
  }

  #open(number: number): Stream {
    const client = this.#clients[number % this.#clients.length];
    const service = SERVICES[number % SERVICES.length];
    if (client === undefined || service === undefined) {
      throw new TypeError('no client, or no service');
    }
    const request = { service, priority: number % 8 };
    return new Stream(number, request, client.open(request));
  }

  async #all(isDone: (stream: Stream) => boolean): Promise<Outcome> {
    const before = this.bytes;
    const waiting = this.#streams.map((stream) =>
      merge(of(undefined), stream.progress$).pipe(
        filter(() => stream.hasFailed || isDone(stream)),
        timeout({ first: PATIENCE }),
      ),
    );
    await Promise.allSettled(waiting.map((each$) => firstValueFrom(each$, { defaultValue: undefined })));
    // Looked at when all are there: one that went on may have failed later.
    const failures = this.#streams.filter(({ hasFailed }) => hasFailed);
    const failed = new Map<string, number>();
    for (const { error } of failures) {
      const why = reason(error);
      failed.set(why, (failed.get(why) ?? 0) + 1);
    }
    const wentOn = this.#streams.filter((stream) => !stream.hasFailed && isDone(stream)).length;
    const hung = this.#streams.length - failures.length - wentOn;
    return { wentOn, failed, hung, bytes: this.bytes - before };
  }
}
