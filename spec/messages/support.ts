import { type Channel, type ChannelOptions, Mux, type MuxOptions } from '../../src/index.js';
import { type Codec, type Messages, type MessagesOptions, toMessages } from '../../src/messages.js';
import { PLAIN_WIRE } from '../support/plain-wire.js';
import { TestCarrier, turn } from '../support/test-carrier.js';
import * as wire from '../support/wire.js';

/** Messages as they are on a channel. */
export function framed(...messages: readonly (string | Uint8Array)[]): Buffer {
  return Buffer.concat(
    messages.flatMap((message) => {
      const bytes = Buffer.from(message as string);
      const length = Buffer.alloc(4);
      length.writeUInt32BE(bytes.length);
      return [length, bytes];
    }),
  );
}

interface Opened<In, Out> {
  readonly carrier: TestCarrier;
  readonly mux: Mux;
  readonly channel: Channel;
  readonly messages: Messages<In, Out, Buffer>;
  /** The peer sends bytes: each argument in a chunk of its own. */
  readonly receive: (...chunks: readonly (string | Uint8Array)[]) => void;
}

/** Messages on channel 0, whose peer, the test, takes 10 000 bytes. Both have seen the handshakes. */
export async function opened<In, Out = In>(
  codec: Codec<In, Out>,
  options: MessagesOptions & Pick<ChannelOptions, 'highWaterMark' | 'sendHighWaterMark'> = {},
  muxOptions: MuxOptions = PLAIN_WIRE,
): Promise<Opened<In, Out>> {
  const { maxMessageSize, highWaterMark, sendHighWaterMark } = options;
  const carrier = new TestCarrier();
  const mux = new Mux(carrier, muxOptions);
  mux.channels$.subscribe({ error: () => undefined });
  const channel = mux.open('', { highWaterMark, maxHighWaterMark: highWaterMark, sendHighWaterMark });
  await turn();
  carrier.receive(wire.handshake(0, 10_000));
  await carrier.hears();
  let seq = 0;
  return {
    carrier,
    mux,
    channel,
    messages: toMessages(channel, codec, { maxMessageSize }),
    receive: (...chunks) => {
      for (const chunk of chunks) {
        seq += Buffer.byteLength(chunk);
        carrier.receive(wire.data(0, seq, chunk));
      }
    },
  };
}
