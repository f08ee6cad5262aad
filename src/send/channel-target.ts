import { toBytes } from '../arguments.js';
import { type Adaptable, adaptable } from '../channel/adaptable.js';
import type { Channel } from '../channel/channel.js';
import type { HalfEnd } from '../channel/half-end.js';
import type { Target, TargetListener } from './target.js';

/** A channel to send bytes to. */
export class ChannelTarget implements Target<Uint8Array | string> {
  readonly #channel: Adaptable<unknown>;

  /** @throws TypeError where `channel` is no channel of a mux */
  constructor(channel: Channel<unknown>) {
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

  encode(value: Uint8Array | string): Uint8Array {
    return toBytes('what is sent', value);
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
