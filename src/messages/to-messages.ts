import { callable, object, whole } from '../arguments.js';
import type { Channel } from '../channel/channel.js';
import { adaptable } from '../channel/adaptable.js';
import { ChannelMessages } from './channel-messages.js';
import type { Codec } from './codec.js';
import type { Messages } from './messages.js';

/** Settings of {@link toMessages}. */
export interface MessagesOptions {
  /**
   * Bytes that a message may have, without its length, 1 … 2^32−1. With a larger one of the peer's the channel fails; a larger
   * one is not sent. So much is kept at most, besides the receive window, of a message on its way. Default 1 048 576.
   */
  maxMessageSize?: number | undefined;
}

const DEFAULTS = { maxMessageSize: 1_048_576 };

const MAX_LENGTH = 0xffff_ffff;

/**
 * A channel as a pair of Subjects of values, with the channel's back-pressure.
 *
 * - **What the peer must do.** On the channel a message is its length, four bytes, big-endian, and so many bytes: npm
 *   `frame-stream` has the same.
 * - **Credit goes by messages.** One counts as consumed when the `next` of every subscriber has returned, or when it is
 *   acknowledged; until then its bytes take up the receive window. Messages that nobody has asked for wait as bytes, and
 *   are decoded one by one.
 * - **A message larger than the receive window** arrives, too: once all before it have been consumed, its parts are granted
 *   as they are needed.
 * - **What is no message** fails the channel, and nothing else: {@link DecodeError} where `decode`, or the schema, throws
 *   (what it threw is the `cause`), and where the peer ends in the middle of a message; {@link MessageTooBigError}. A peer
 *   with `extensions` gets the reason `BAD_MESSAGE` or `MESSAGE_TOO_BIG`, without words of the codec's.
 * - **What cannot be sent** is thrown to the caller of `outbound$.next`, and the channel goes on.
 *
 * A channel should have one consumer: these messages. Both sides may call it at any time, on any channel.
 *
 * @typeParam In - the values that come
 * @typeParam Out - the values that are sent
 * @param channel - a channel of a `Mux`
 * @param codec - {@link json}, {@link text}, {@link bytes}, or one of your own
 * @param options - see {@link MessagesOptions}
 * @throws TypeError where `channel` is not a channel of this package, or `codec` has not both functions; TypeError or
 *   RangeError that names the option which it cannot take
 *
 * @example
 * ```ts
 * import { type Mux, send } from 'rxmux';
 * import { json, toMessages } from 'rxmux/messages';
 *
 * interface Order {
 *   readonly id: number;
 * }
 *
 * async function* answersTo(orders: AsyncIterable<Order>) {
 *   for await (const { id } of orders) {
 *     yield `order ${id} has been placed`;
 *   }
 * }
 *
 * // Answers every order, no faster than the peer takes the answers.
 * const serve = (mux: Mux) =>
 *   mux.channels$.subscribe((channel) => {
 *     const orders = toMessages<Order, string>(channel, json());
 *     send(answersTo(orders), orders).subscribe({ error: console.error });
 *   });
 * ```
 */
export function toMessages<In, Out = In, H = unknown>(
  channel: Channel<H>,
  codec: Codec<In, Out>,
  options?: MessagesOptions,
): Messages<In, Out, H> {
  const adapted = adaptable(channel);
  const { encode, decode } = Object(codec) as Partial<Codec<In, Out>>;
  callable('codec.encode', encode);
  callable('codec.decode', decode);
  const { maxMessageSize } = object('options', options, DEFAULTS);
  return new ChannelMessages<In, Out, H>(
    adapted,
    codec,
    whole('options.maxMessageSize', maxMessageSize, 1, MAX_LENGTH),
  );
}
