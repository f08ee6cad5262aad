import { type BPDuplex, BPMux, type BPDuplexOptions, type BPMuxOptions } from 'bpmux';
import { once } from 'node:events';
import type { Duplex } from 'node:stream';
import { firstValueFrom } from 'rxjs';
import {
  type Channel,
  type ChannelDuplex,
  type ChannelOptions,
  type DuplexOptions,
  Mux,
  type MuxOptions,
  toDuplex,
} from '../../src/index.js';
import { connect } from '../interop/support.js';

/** A mux of each library, each with options of its own, and what either finds wrong. */
export interface Pair {
  readonly rxmux: Mux;
  readonly bpmux: BPMux;
  readonly faults: string[];
  /** Opens a channel of bpmux's. */
  readonly multiplex: (options?: BPDuplexOptions) => BPDuplex;
}

/** What the end of the connection, which is the end of a test, does to its streams is no failure of the test. */
const tolerant = <D extends Duplex>(stream: D): D => stream.on('error', () => undefined);

/** `toDuplex`, for as long as the connection lasts. */
export const streamOf = (channel: Channel, options?: DuplexOptions): ChannelDuplex =>
  tolerant(toDuplex(channel, options));

export interface PairOptions {
  readonly rxmux?: MuxOptions;
  readonly bpmux?: BPMuxOptions;
}

/** Puts the two muxes on the ends of a connection. */
export function pairOn([near, far]: readonly [Duplex, Duplex], { rxmux, bpmux }: PairOptions = {}): Pair {
  const faults: string[] = [];
  const pair = {
    rxmux: new Mux(near, { keepAlive: false, ...rxmux }),
    bpmux: new BPMux(far, { keep_alive: false, ...bpmux }),
    faults,
    multiplex: (options?: BPDuplexOptions) => tolerant(pair.bpmux.multiplex(options)),
  };
  pair.bpmux.on('peer_multiplex', tolerant);
  pair.rxmux.errors$.subscribe((error) => faults.push(`rxmux: ${error.message}`));
  pair.bpmux.on('error', (error) => faults.push(`bpmux: ${error.message}`));
  return pair;
}

/** The same over loopback TCP. `disconnect` of the interop tests closes it. */
export const connectPair = async (options?: PairOptions): Promise<Pair> => pairOn(await connect(), options);

/** Which library writes; the other reads. */
export const writers = ['rxmux', 'bpmux'] as const;

/** Both libraries' streams take a second argument of `read`: whether to grant the bytes again. */
export interface ReadingStream extends Duplex {
  read(size?: number, sendStatus?: boolean): Buffer | null;
}

/** A channel as two streams: the one that is written to, and the one that is read. */
export interface Streams extends Pair {
  readonly writer: Duplex;
  readonly reader: ReadingStream;
}

/**
 * Opens a channel from the writer to the reader.
 *
 * @param window - every high-water mark on the way; the libraries' own where it is not given
 */
export async function connectStreams(
  writing: (typeof writers)[number],
  window?: number,
  { rxmux, bpmux }: PairOptions = {},
): Promise<Streams> {
  const [channelOptions, streamOptions, bpmuxOptions]: [ChannelOptions, DuplexOptions, BPDuplexOptions] =
    window === undefined
      ? [{}, {}, {}]
      : [
          { highWaterMark: window, sendHighWaterMark: window },
          { writableHighWaterMark: window },
          { highWaterMark: window },
        ];
  const pair = await connectPair({
    rxmux: { peerChannelOptions: channelOptions, ...rxmux },
    bpmux: { peer_multiplex_options: bpmuxOptions, ...bpmux },
  });
  if (writing === 'rxmux') {
    const arrival = once(pair.bpmux, 'handshake') as Promise<[BPDuplex]>;
    const writer = streamOf(pair.rxmux.open('', channelOptions), streamOptions);
    const [reader] = await arrival;
    return { ...pair, writer, reader };
  }
  const arrival = firstValueFrom(pair.rxmux.channels$);
  const writer = pair.multiplex(bpmuxOptions);
  const answered = once(writer, 'handshake');
  const reader = streamOf(await arrival, streamOptions);
  await answered;
  return { ...pair, writer, reader };
}
