import { filter, firstValueFrom, Subject } from 'rxjs';
import type { ByteStreamPair } from '../../src/web-streams.js';
import { WireReader } from '../support/wire.js';
import type { TestSession } from './session-pair.js';

/** A stream whose far end is the test. */
export class RawStream {
  /** What the other side has said on it. */
  readonly said: string[] = [];
  readonly heard$ = new Subject<void>();
  hasEnded = false;
  readonly #reader: ReturnType<ByteStreamPair['readable']['getReader']>;
  readonly #writer: ReturnType<ByteStreamPair['writable']['getWriter']>;

  constructor({ readable, writable }: ByteStreamPair) {
    this.#reader = readable.getReader();
    this.#writer = writable.getWriter();
    this.#writer.closed.catch(() => undefined);
    void this.#read();
  }

  write(...frames: readonly Uint8Array[]): void {
    this.#writer.write(new Uint8Array(Buffer.concat(frames))).catch(() => undefined);
  }

  close(): void {
    void this.#writer.close();
  }

  /** RESET_STREAM. */
  reset(): void {
    void this.#writer.abort();
  }

  /** STOP_SENDING. */
  stop(): void {
    void this.#reader.cancel();
  }

  /** So many messages have come in all. */
  async hears(count: number): Promise<readonly string[]> {
    if (this.said.length < count) {
      await firstValueFrom(this.heard$.pipe(filter(() => this.said.length >= count)));
    }
    return this.said;
  }

  async #read(): Promise<void> {
    const wire = new WireReader();
    for (;;) {
      const { value } = await this.#reader.read().catch(() => ({ value: undefined }));
      if (value === undefined) {
        this.hasEnded = true;
        this.heard$.next();
        return;
      }
      this.said.push(...wire.read(value));
      this.heard$.next();
    }
  }
}

/** The far end of a session, where the test says and hears what is on the streams. */
export class RawPeer {
  readonly streams: RawStream[] = [];
  readonly opened$ = new Subject<void>();
  readonly #session: TestSession;

  constructor(session: TestSession) {
    this.#session = session;
    session.closed.catch(() => undefined);
    this.#accept().catch(() => undefined);
  }

  /** The stream that the other side has opened as its first, second … */
  async stream(index: number): Promise<RawStream> {
    if (this.streams.length <= index) {
      await firstValueFrom(this.opened$.pipe(filter(() => this.streams.length > index)));
    }
    return this.streams.at(index) ?? (await this.stream(index));
  }

  /** Opens one. */
  async open(...frames: readonly Uint8Array[]): Promise<RawStream> {
    const stream = new RawStream(await this.#session.createBidirectionalStream());
    stream.write(...frames);
    return stream;
  }

  async #accept(): Promise<void> {
    for await (const stream of this.#session.incomingBidirectionalStreams) {
      this.streams.push(new RawStream(stream));
      this.opened$.next();
    }
  }
}
