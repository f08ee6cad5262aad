import { callable, type Chosen, whole } from '../arguments.js';
import type { Codec } from '../messages/codec.js';
import { json } from '../messages/json.js';
import {
  type ChannelOptions,
  type ChannelSettings,
  channelSettings,
  UNNUMBERED_DEFAULTS,
} from '../options.js';
import { type Overflow, overflowOf } from '../send/overflow.js';
import type { SendOptions } from '../send/send.js';
import { CallCodec } from './call-codec.js';

/** Settings that both sides of a call have. */
export interface CallOptions {
  /**
   * Makes bytes of arguments (an array), values, errors (an object) and metadata. Both sides must have the same. One that has
   * no arrays and objects, as `text()` and `bytes()`, is for calls without arguments, but for a stream: errors go without
   * `data` then, and that of a stream ends its call. Default `json()`.
   */
  codec?: Codec<unknown> | undefined;
  /** Bytes that a message may have, its kind included. With a larger one of the far side's the call fails. Default 1 048 576. */
  maxMessageSize?: number | undefined;
  /** What becomes of an Observable's values that come faster than the far side takes them: as of `send`. Default `'buffer'`. */
  overflow?: SendOptions['overflow'];
  /**
   * Bytes that may wait under `'buffer'`, ≥ 0. Beyond, the call fails: with the code `OVERFLOW` where they come from the far
   * side, with an `OverflowError` where they are of the caller's own stream. Default 1 048 576.
   */
  limit?: number | undefined;
  /**
   * Settings of the channels of calls. What is under way to a slow reader is the sum of the sender's `sendHighWaterMark` and the
   * receiver's window, so both are small: where they are not given, `highWaterMark`, `maxHighWaterMark` and
   * `sendHighWaterMark` are 16 384. Where much has to go a long way, let the window grow (`maxHighWaterMark`).
   */
  channel?: Omit<ChannelOptions, 'channel'> | undefined;
}

/** {@link CallOptions} as they are used. */
export interface CallSettings {
  readonly codec: CallCodec;
  readonly maxMessageSize: number;
  readonly overflow: Overflow;
  readonly channel: ChannelSettings;
}

/** The defaults of {@link CallOptions}. */
export const CALL_DEFAULTS = {
  codec: json<unknown>(),
  maxMessageSize: 1_048_576,
  overflow: 'buffer' as const,
  limit: 1_048_576,
  channel: undefined,
};

const SMALL = 16_384;

/** So large the length of a message can be. */
const MAX_LENGTH = 0xffff_ffff;

/** Without a number, which all calls would share. */
const CALL_CHANNEL = {
  ...UNNUMBERED_DEFAULTS,
  highWaterMark: SMALL,
  maxHighWaterMark: SMALL,
  sendHighWaterMark: SMALL,
} as ChannelSettings;

/**
 * Checks options.
 *
 * @throws TypeError or RangeError that names the one which cannot be taken
 */
export function callSettings(chosen: Chosen<CallOptions, typeof CALL_DEFAULTS>): CallSettings {
  const { codec, overflow, channel } = chosen;
  const { encode, decode } = Object(codec) as Partial<Codec<unknown>>;
  callable('options.codec.encode', encode);
  callable('options.codec.decode', decode);
  const maxMessageSize = whole('options.maxMessageSize', chosen.maxMessageSize, 1, MAX_LENGTH);
  return {
    codec: new CallCodec(codec, maxMessageSize),
    maxMessageSize,
    overflow: overflowOf(overflow, whole('options.limit', chosen.limit, 0)),
    channel: channelSettings(channel, 'options.channel', CALL_CHANNEL),
  };
}
