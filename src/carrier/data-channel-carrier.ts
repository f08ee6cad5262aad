import { having, object, whole } from '../arguments.js';
import { CarrierEndedError } from '../errors.js';
import { MessageCarrier } from './message-carrier.js';
import { nextTurn$ } from '../reactive/next-turn.js';

/** What {@link DataChannelCarrier} needs of an `RTCDataChannel`. */
export interface DataChannelLike {
  binaryType: string;
  readonly readyState: string;
  readonly ordered: boolean;
  /** Not in every implementation: then channels are reliable, as are those with `null`. */
  readonly maxPacketLifeTime?: number | null | undefined;
  readonly maxRetransmits?: number | null | undefined;
  readonly bufferedAmount: number;
  bufferedAmountLowThreshold: number;
  send(message: ArrayBuffer): void;
  close(): void;
  addEventListener(type: 'open' | 'bufferedamountlow' | 'close', listener: () => void): void;
  addEventListener(type: 'message', listener: (event: { readonly data: unknown }) => void): void;
  addEventListener(type: 'error', listener: (event: { readonly error?: Error }) => void): void;
}

/** Settings of {@link DataChannelCarrier}. */
export interface DataChannelCarrierOptions {
  /** Bytes in the channel's `bufferedAmount` until which it takes more. Default 262 144. */
  highWaterMark?: number | undefined;
  /** Bytes of a message at most. Default 65 536, which every browser takes. */
  maxMessageSize?: number | undefined;
}

const DEFAULTS = { highWaterMark: 262_144, maxMessageSize: 65_536 };

/**
 * An `RTCDataChannel` as carrier, in browsers: it must be ordered and reliable, as it is unless told.
 *
 * What it delivers before there is a mux waits. Of more than a MiB the carrier fails. What the mux has to send waits in
 * the mux: the data channel is given no more than `highWaterMark` allows, by `bufferedAmount` and
 * `bufferedAmountLowThreshold`. Data channels know no half-close: an empty message stands for it, so the far end must
 * have a `DataChannelCarrier`, too. When both have sent one, the channel is closed.
 *
 * @throws TypeError or RangeError that names the option which it cannot take; TypeError where the channel is none, is not ordered
 *   and reliable, or is closed
 *
 * @example
 * ```ts
 * import { Mux } from 'rxmux';
 * import { type DataChannelLike, DataChannelCarrier } from 'rxmux/data-channel';
 *
 * // const connection = new RTCPeerConnection(); const channel = connection.createDataChannel('rxmux');
 * const muxOver = (channel: DataChannelLike) => new Mux(new DataChannelCarrier(channel));
 * ```
 */
export class DataChannelCarrier extends MessageCarrier {
  protected readonly highWaterMark: number;
  readonly #channel: DataChannelLike;
  readonly #maxMessageSize: number;

  constructor(channel: DataChannelLike, options?: DataChannelCarrierOptions) {
    super();
    const { highWaterMark, maxMessageSize } = object('options', options, DEFAULTS);
    this.highWaterMark = whole('options.highWaterMark', highWaterMark, 1);
    this.#maxMessageSize = whole('options.maxMessageSize', maxMessageSize, 1);
    having('channel', channel, 'an RTCDataChannel', ['addEventListener', 'send', 'close']);
    const limit = channel.maxPacketLifeTime ?? channel.maxRetransmits ?? undefined;
    if (!channel.ordered || limit !== undefined) {
      throw new TypeError('channel must be ordered and reliable');
    }
    if (channel.readyState !== 'connecting' && channel.readyState !== 'open') {
      throw new TypeError(`channel must be connecting or open, got one that is ${channel.readyState}`);
    }
    this.#channel = channel;
    let failure: Error | undefined;
    channel.binaryType = 'arraybuffer';
    channel.bufferedAmountLowThreshold = highWaterMark / 2;
    channel.addEventListener('message', ({ data }) => {
      this.arrived(data);
    });
    channel.addEventListener('bufferedamountlow', () => {
      this.update();
    });
    channel.addEventListener('error', ({ error }) => {
      failure = error ?? new CarrierEndedError({ message: 'data channel failed' });
    });
    channel.addEventListener('close', () => {
      this.closed(failure);
    });
    // Chromium loses what is sent through a channel before the turn in which it was announced is over, or does not say
    // when it has left.
    const openNextTurn = (): void => {
      nextTurn$.subscribe(() => {
        this.opened();
      });
    };
    if (channel.readyState === 'open') {
      openNextTurn();
    } else {
      channel.addEventListener('open', openNextTurn);
    }
  }

  protected get buffered(): number {
    return this.#channel.bufferedAmount;
  }

  protected send(message: ArrayBuffer): void {
    const { readyState } = this.#channel;
    if (readyState === 'closing' || readyState === 'closed') {
      return; // it would throw; its `close` comes soon, and says whether something is wrong
    }
    const size = this.#maxMessageSize;
    if (message.byteLength === 0) {
      this.#channel.bufferedAmountLowThreshold = 0; // from now on it matters when all has left
    }
    if (message.byteLength <= size) {
      this.#channel.send(message);
    } else {
      for (let at = 0; at < message.byteLength; at += size) {
        this.#channel.send(message.slice(at, at + size));
      }
    }
  }

  protected close(): void {
    this.#channel.close();
  }

  protected abort(): void {
    this.#channel.close();
  }
}
