import { type Adaptable, adaptable } from '../channel/adaptable.js';
import type { Channel } from '../channel/channel.js';
import type { HalfEnd } from '../channel/half-end.js';
import type { Target, TargetListener } from './target.js';

/** A channel to send bytes to, or the bytes of values. */
export class ChannelTarget<T> implements Target<T> {
  readonly #channel: Adaptable<unknown>;

  /**
   * @param channel - where the bytes go
   * @param encode - what {@link Target.encode} does
   * @throws TypeError where `channel` is no channel of a mux
   */
  constructor(
    channel: Channel<unknown>,
    readonly encode: (value: T) => Uint8Array,
  ) {
    this.#channel = adaptable(channel);
  }

  get channelId(): number {
    return this.#channel.id;
  }

  get highWaterMark(): number {
    return this.#channel.sendHighWaterMark;
  }

  get pending(): number {
    return this.#channel.bufferedAmount;
  }

  get broken(): HalfEnd | undefined {
    return this.#channel.broken;
  }

  give(bytes: Uint8Array): void {
    this.#channel.give(bytes);
  }

  finish(end: HalfEnd): void {
    this.#channel.finish(end);
  }

  abort(error: unknown): void {
    this.#channel.abort(error);
  }

  listen(listener: TargetListener): void {
    this.#channel.listen(listener);
  }

  unlisten(listener: TargetListener): void {
    this.#channel.unlisten(listener);
  }
}
