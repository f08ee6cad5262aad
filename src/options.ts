import { Buffer } from 'node:buffer';
import { asyncScheduler, type SchedulerLike } from 'rxjs';
import type { Bytes } from './bytes.js';
import { type Framing, maxFrameLength } from './framing/framing.js';
import { HANDSHAKE_SIZE } from './protocol/codec.js';
import { MAX_WINDOW } from './protocol/sequence.js';
import { callable, delay, flag, object, schedulerLike, text, toBytes, whole } from './arguments.js';

/** Settings of one channel. */
export interface ChannelOptions {
  /** The channel's number, 0 … 2^32−1. Default: the next that is free. */
  channel?: number | undefined;
  /**
   * The receive window: bytes that the peer may have sent and the application not yet consumed, 1 … 2^31−1. It is what
   * the window begins with, while few channels are open. With many (some 200 of 64 KiB, by default) windows begin with
   * less, 2048 bytes at least, and grow to this when they are used, as far as the mux's `maxMemory` allows. For more than
   * this see `maxHighWaterMark`. Default 65 536.
   */
  highWaterMark?: number | undefined;
  /**
   * Bytes that the receive window may grow to, 1 … 2^31−1. A window beyond `highWaterMark` is doubled when the peer has
   * run out of credit although the application kept up, and then was idle for a round trip: so on a line with much delay
   * a channel gets as fast as the line. A window of 64 KiB also becomes one of 256 KiB (or what the carrier `holds`) where
   * it is the only one of its mux that is used up. Windows of a mux that are used up grow alike, so that channels stay
   * equal. All that they have grown by is limited by the mux's `maxBufferedBytes`. With less than `highWaterMark` here, the
   * window does not grow beyond that. Default 16 777 216 (16 MiB).
   */
  maxHighWaterMark?: number | undefined;
  /** Bytes in `bufferedAmount` from which on `writable$` is false, ≥ 1. Default 262 144. */
  sendHighWaterMark?: number | undefined;
  /** The most bytes of one DATA message; 0 = no limit. Default 0. */
  maxWriteSize?: number | undefined;
  /**
   * What becomes of a channel whose peer sends more than the window allows: it fails with `ReadOverflowError` (`true`),
   * or the bytes are taken all the same, so that nothing but the peer's good will bounds memory (`false`).
   * Default `true`.
   */
  checkReadOverflow?: boolean | undefined;
  /**
   * Which of this side's channels send first: 0 (first) … 7 (last). Strict: while a channel of a lower number has bytes and
   * credit, those of higher numbers wait. Nothing of it is on the wire. Default 3.
   */
  priority?: number | undefined;
  /** The share of a busy channel among those of its priority, 1 … 256. Default 16. */
  weight?: number | undefined;
  /**
   * What the channel is called in `channel.stats()` and all that shows it. It stays on this side. Default: the handshake data of its
   * opener, where that is printable text of 64 bytes at most.
   */
  label?: string | undefined;
}

/** How frames are delimited: what is left out is as by default. */
export type FramingOptions = { readonly [K in keyof Framing]?: Framing[K] | undefined };

/** Settings of a mux. */
export interface MuxOptions<H = Bytes> {
  /**
   * Bytes of memory that this mux keeps at most for what its peer sends, whatever that is, however little the
   * application reads: ≥ 1 048 576. The defaults of `maxOpen` and `maxBufferedBytes` follow from it, and how large windows
   * are at first. An option that is set to more than that is outside of the promise. Default 268 435 456 (256 MiB).
   */
  maxMemory?: number | undefined;
  /**
   * Where the numbers of channels that this side opens begin: at 0 (`false`, as in bpmux), or at 2^31 (`true`). Not given:
   * at a random one below 2^31, so that both sides can open channels without having agreed on numbers.
   */
  highChannels?: boolean | undefined;
  /** Channels open at once, both sides' together; 0 = no limit. Default: `maxMemory` / 16 384, so 16 384. */
  maxOpen?: number | undefined;
  /** Channels of the peer's that may wait for a subscriber of `channels$`; the next is refused. Default 256. */
  acceptBacklog?: number | undefined;
  /**
   * Bytes by which all receive windows together may grow beyond each channel's `highWaterMark`; 0 = windows keep their
   * size. A channel's share is free again when the channel has ended. No window takes more than it leaves to others.
   * Default: `maxMemory` / 8, so 33 554 432 (32 MiB).
   */
  maxBufferedBytes?: number | undefined;
  /**
   * Bytes of a header frame, ≥ 9; 0 = no limit. A larger one is skipped without being kept, and reported as
   * `HeaderTooBigError`. It bounds the handshake data that the peer can send. A peer that begins with a larger one which
   * is no HANDSHAKE speaks something else: the mux fails with `ProtocolError`. Default 65 536.
   */
  maxHeaderSize?: number | undefined;
  /** Milliseconds between keep-alive messages, ≥ 1; `false` = never. Default 30 000. */
  keepAlive?: number | false | undefined;
  /**
   * Milliseconds without a byte from the peer after which the mux fails with `KeepAliveTimeoutError`, ≥ 1; `false` =
   * never. Bytes that have come while this process was busy count; where it did not run, it waits once more. While bytes
   * wait in the carrier, it counts that some of them leave: what the peer could answer to is still on its way.
   *
   * A peer that has `extensions`, too, is asked whether it is there when nothing has come for a quarter of that time. Any
   * other one, bpmux too, must send keep-alives well within it. Default `false`.
   */
  keepAliveTimeout?: number | false | undefined;
  /**
   * Say more than bpmux to a peer that has this option, too. Then `channel.cancel()`, `destroy()` and the like make the peer
   * stop; {@link ChannelError}s and the reason of `reject()` reach it; `mux.ping()`, `mux.peer$` and `mux.goingAway$` are of
   * use; `keepAliveTimeout` needs no keep-alives; bytes leave together with the opening of a channel, a round trip earlier;
   * and no more is under way than the line holds, and a few ms more, so that small messages are quick beside large ones on
   * slow lines, and `priority` counts there. (Where each channel is a stream of its own, HTTP/2 or QUIC sees to that.)
   *
   * Any other peer, bpmux too, is sent one short message more, which it takes for a keep-alive. `false`: the plain wire of
   * bpmux, and nothing is made of what the peer says more. Default `true`.
   */
  extensions?: boolean | undefined;
  /** Give the carrier what one turn produced in one vectored write. Default `true`. */
  coalesceWrites?: boolean | undefined;
  /**
   * Makes what `channel.handshake` is of the peer's handshake data. What it throws goes, as `cause` of a `MuxError`, to
   * the channel's `handshake$` and to `errors$`; the channel opens all the same. Where there was no data, what it throws goes
   * nowhere: there is nothing to be parsed. Default: the bytes as they are.
   */
  parseHandshake?: ((data: Bytes) => H) | undefined;
  /** Settings of channels that the peer opens. `channel` has no effect. Default `{}`. */
  peerChannelOptions?: ChannelOptions | undefined;
  /** How frames are delimited; both ends must agree. Default `{ lengthSize: 4 }`. */
  framing?: FramingOptions | undefined;
  /**
   * Where every timer of the mux runs, so that a `TestScheduler` can drive them, and whose clock tells how long the way to the peer
   * is. Default: RxJS's `asyncScheduler`, with the clock of `performance`.
   */
  scheduler?: SchedulerLike | undefined;
}

/** Settings of `mux.close()`. */
export interface CloseOptions {
  /** Milliseconds after which what is left is destroyed, ≥ 1; `false` = never. Default `false`. */
  timeout?: number | false | undefined;
}

/** Settings of a mux that makes something of handshake data. */
export type ParsingMuxOptions<H> = MuxOptions<H> & { parseHandshake: (data: Bytes) => H };

/** Checked settings of a channel, with defaults filled in. */
export interface ChannelSettings {
  readonly channel: number | undefined;
  readonly highWaterMark: number;
  readonly maxHighWaterMark: number;
  readonly sendHighWaterMark: number;
  readonly maxWriteSize: number;
  readonly checkReadOverflow: boolean;
  readonly priority: number;
  readonly weight: number;
  readonly label: string | undefined;
}

/** Checked settings of a mux, with defaults filled in. */
export interface MuxSettings<H> {
  readonly maxMemory: number;
  readonly highChannels: boolean | undefined;
  readonly maxOpen: number;
  readonly acceptBacklog: number;
  readonly maxBufferedBytes: number;
  /** Bytes of all windows at their beginning, beyond the least that each has. */
  readonly firstWindowBytes: number;
  /** Bytes of the peer's handshake data in all channels, beyond what each may have. */
  readonly handshakeBytes: number;
  /** Numbers remembered for having been refused, and as many for having ended before they were opened. */
  readonly rememberedNumbers: number;
  readonly maxHeaderSize: number;
  readonly keepAlive: number | false;
  readonly keepAliveTimeout: number | false;
  readonly extensions: boolean;
  readonly coalesceWrites: boolean;
  readonly parseHandshake: (data: Bytes) => H;
  readonly peerChannel: ChannelSettings;
  readonly framing: Framing;
  readonly scheduler: SchedulerLike;
}

const MAX_NUMBER = 0xffff_ffff;

/** Bounds of what channels can be told of their order: see {@link ChannelOptions}. */
export const LAST_PRIORITY = 7;
export const LOWEST_WEIGHT = 1;
export const HIGHEST_WEIGHT = 256;

/** What a channel is set to where nothing is said, but for its number. */
export const UNNUMBERED_DEFAULTS = {
  highWaterMark: 65_536,
  maxHighWaterMark: 16_777_216,
  sendHighWaterMark: 262_144,
  maxWriteSize: 0,
  checkReadOverflow: true,
  priority: 3,
  weight: 16,
  label: undefined,
};

const CHANNEL_DEFAULTS = { channel: undefined, ...UNNUMBERED_DEFAULTS };

/** What {@link channelSettings} has returned: who opens many channels alike has it check once. Most are opened without options. */
const CHECKED = new WeakSet<object>([CHANNEL_DEFAULTS]);

/** With less, the first channels would have no whole window. */
const LEAST_MEMORY = 1_048_576;

/** Parts of `maxMemory`. The sum that they are parts of is in docs/security.md. */
const MEMORY_PER_CHANNEL = 16_384;
const MEMORY_PER_REMEMBERED_NUMBER = 4096;

/** No honest peer needs more. */
const MAX_REMEMBERED = 65_536;

/**
 * Fills in the defaults of `open()`'s options.
 *
 * @throws TypeError or RangeError that names the option, what it got and what it takes
 */
export function channelSettings(
  options: ChannelOptions | undefined,
  path = 'options',
  defaults: ChannelSettings = CHANNEL_DEFAULTS,
): ChannelSettings {
  // eslint-disable-next-line @typescript-eslint/prefer-nullish-coalescing -- `null` is no options
  const given: ChannelOptions = options === undefined ? defaults : options;
  if (CHECKED.has(given)) {
    return given as ChannelSettings;
  }
  const chosen = object(path, given, defaults);
  const { channel, highWaterMark, maxHighWaterMark, sendHighWaterMark, maxWriteSize } = chosen;
  const { checkReadOverflow, priority, weight, label } = chosen;
  const settings = {
    channel: channel === undefined ? undefined : whole(`${path}.channel`, channel, 0, MAX_NUMBER),
    highWaterMark: whole(`${path}.highWaterMark`, highWaterMark, 1, MAX_WINDOW),
    maxHighWaterMark: whole(`${path}.maxHighWaterMark`, maxHighWaterMark, 1, MAX_WINDOW),
    sendHighWaterMark: whole(`${path}.sendHighWaterMark`, sendHighWaterMark, 1),
    maxWriteSize: whole(`${path}.maxWriteSize`, maxWriteSize, 0),
    checkReadOverflow: flag(`${path}.checkReadOverflow`, checkReadOverflow),
    priority: whole(`${path}.priority`, priority, 0, LAST_PRIORITY),
    weight: whole(`${path}.weight`, weight, LOWEST_WEIGHT, HIGHEST_WEIGHT),
    label: label === undefined ? undefined : text(`${path}.label`, label),
  };
  CHECKED.add(settings);
  return settings;
}

/** What the default of `parseHandshake` makes of handshake data. */
export const asItIs = (data: Bytes): Bytes => data;

/** The handshake data of most channels. */
const NO_DATA = Buffer.alloc(0);

const MUX_DEFAULTS = {
  maxMemory: 268_435_456,
  highChannels: undefined,
  maxOpen: undefined,
  acceptBacklog: 256,
  maxBufferedBytes: undefined,
  maxHeaderSize: 65_536,
  keepAlive: 30_000,
  keepAliveTimeout: false as const,
  extensions: true,
  coalesceWrites: true,
  parseHandshake: undefined,
  peerChannelOptions: undefined,
  framing: undefined,
  scheduler: asyncScheduler,
};

/**
 * Fills in the defaults of a mux's options.
 *
 * @throws TypeError or RangeError that names the option, what it got and what it takes
 */
export function muxSettings<H>(options: MuxOptions<H> | undefined, path = 'options'): MuxSettings<H> {
  const chosen = object(path, options, MUX_DEFAULTS);
  const { parseHandshake = asItIs as (data: Bytes) => H } = chosen; // H is Bytes where no parser is given
  const maxMemory = whole(`${path}.maxMemory`, chosen.maxMemory, LEAST_MEMORY);
  const { maxOpen = Math.floor(maxMemory / MEMORY_PER_CHANNEL) } = chosen;
  const { maxBufferedBytes = Math.floor(maxMemory / 8) } = chosen;
  const { highChannels, maxHeaderSize } = chosen;
  return {
    maxMemory,
    highChannels: highChannels === undefined ? undefined : flag(`${path}.highChannels`, highChannels),
    maxOpen: whole(`${path}.maxOpen`, maxOpen, 0),
    acceptBacklog: whole(`${path}.acceptBacklog`, chosen.acceptBacklog, 0),
    maxBufferedBytes: whole(`${path}.maxBufferedBytes`, maxBufferedBytes, 0),
    firstWindowBytes: Math.floor(maxMemory / 16),
    handshakeBytes: Math.floor(maxMemory / 16),
    rememberedNumbers: Math.min(MAX_REMEMBERED, Math.floor(maxMemory / MEMORY_PER_REMEMBERED_NUMBER)),
    maxHeaderSize:
      maxHeaderSize === 0
        ? 0
        : whole(`${path}.maxHeaderSize`, maxHeaderSize, HANDSHAKE_SIZE, undefined, ' or 0'),
    keepAlive: delay(`${path}.keepAlive`, chosen.keepAlive),
    keepAliveTimeout: delay(`${path}.keepAliveTimeout`, chosen.keepAliveTimeout),
    extensions: flag(`${path}.extensions`, chosen.extensions),
    coalesceWrites: flag(`${path}.coalesceWrites`, chosen.coalesceWrites),
    parseHandshake: callable(`${path}.parseHandshake`, parseHandshake),
    peerChannel: channelSettings(chosen.peerChannelOptions, `${path}.peerChannelOptions`),
    framing: checkedFraming(`${path}.framing`, chosen.framing),
    scheduler: schedulerLike(`${path}.scheduler`, chosen.scheduler),
  };
}

const CLOSE_DEFAULTS = { timeout: false as const };

/**
 * Fills in the defaults of `close()`'s options.
 *
 * @throws TypeError or RangeError that names the option, what it got and what it takes
 */
export function closeSettings(options: CloseOptions | undefined): { readonly timeout: number | false } {
  const { timeout } = object('options', options, CLOSE_DEFAULTS);
  return { timeout: delay('options.timeout', timeout) };
}

const FRAMING_DEFAULTS = { lengthSize: 4, getLength: undefined, setLength: undefined };

function checkedFraming(path: string, given: FramingOptions | undefined): Framing {
  const { lengthSize, getLength, setLength } = object(path, given, FRAMING_DEFAULTS);
  if (getLength !== undefined) {
    callable(`${path}.getLength`, getLength);
  }
  if (setLength !== undefined) {
    callable(`${path}.setLength`, setLength);
  }
  whole(`${path}.lengthSize`, lengthSize, 1);
  if (!(getLength && setLength) && ![1, 2, 4].includes(lengthSize)) {
    throw new RangeError(
      `${path}.lengthSize must be 1, 2 or 4, unless getLength and setLength are given, got ${lengthSize}`,
    );
  }
  return { lengthSize, ...(getLength && { getLength }), ...(setLength && { setLength }) };
}

/**
 * The handshake data given to `open`, `accept` and the like, as bytes of our own: they leave at the end of the turn or later, and
 * the caller may transfer or resize its memory before.
 *
 * @throws TypeError where it is neither bytes nor a string, RangeError where it does not fit into a frame
 */
export function handshakeData(data: Uint8Array | string | undefined, framing: Framing): Uint8Array {
  if (data === undefined) {
    return NO_DATA;
  }
  const bytes = toBytes('handshake data', data);
  const max = maxFrameLength(framing) - HANDSHAKE_SIZE;
  if (bytes.length > max) {
    throw new RangeError(`handshake data must be at most ${max} bytes, got ${bytes.length}`);
  }
  return typeof data === 'string' ? bytes : Buffer.from(bytes);
}
