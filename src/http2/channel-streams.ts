import { BusyMap } from '../flow/busy-map.js';
import type { ChannelStream } from './channel-stream.js';

/** The streams of a pair of sessions, and who waits for a number that one of them still has. */
export class ChannelStreams {
  readonly #byNumber = new BusyMap<number, ChannelStream>();
  readonly #byKey = new BusyMap<number, ChannelStream>();
  readonly #waiting = new Map<number, (() => void)[]>();

  /** The stream of the channel with this number. */
  get(number: number): ChannelStream | undefined {
    return this.#byNumber.get(number);
  }

  /** The stream with this {@link ChannelStream.key}. */
  withKey(key: number): ChannelStream | undefined {
    return this.#byKey.get(key);
  }

  /** Its number must be free. */
  add(stream: ChannelStream): void {
    this.#byNumber.set(stream.channel, stream);
  }

  /** Its own number is known. */
  identified(stream: ChannelStream): void {
    this.#byKey.set(stream.key, stream);
  }

  /** It is over. Who waits for its number goes on. */
  delete(stream: ChannelStream): void {
    this.#byKey.delete(stream.key);
    if (this.#byNumber.get(stream.channel) === stream) {
      this.#byNumber.delete(stream.channel);
      const waiting = this.#waiting.get(stream.channel) ?? [];
      this.#waiting.delete(stream.channel);
      for (const action of waiting) {
        action();
      }
    }
  }

  /** Whether somebody waits for the number. */
  isAwaited(number: number): boolean {
    return this.#waiting.has(number);
  }

  /** Calls `action` when the stream that has the number is over. */
  whenFree(number: number, action: () => void): void {
    this.#waiting.set(number, [...(this.#waiting.get(number) ?? []), action]);
  }
}
