import Session, { selectSubprotocol } from '@moq/qmux';
import { AcceptQueue } from '../accept-queue.js';
import type { ChannelEnd, Peer } from '../peer.js';
import './promise-with-resolvers.js';
import { webSocketOver } from './web-socket-over.js';

const PROTOCOL = 'qmux-02';

/** Of streams: by default the peer may open 100. */
const NO_LIMIT = 100_000n;

/** Of the whole connection, by default 1 MiB. A stream has 256 KiB. */
const CONNECTION_WINDOW = 2n ** 31n;

/**
 * Bytes that may wait in the WebSocket, by default 64 KiB. Where there are more it looks every 10 ms whether there is room
 * again.
 */
const SEND_BUFFER = 1_048_576;

const ANNOUNCEMENT = new Uint8Array(1);

/**
 * npm @moq/qmux: QUIC's streams over a WebSocket, which is one of npm ws here, at both ends.
 *
 * A stream is not there for the far side before it has a byte. So a byte announces each one, which the far end takes away.
 */
export const qmux: Peer = {
  connect(carrier, settings) {
    const { near, far } = webSocketOver(
      carrier,
      PROTOCOL,
      (offered) => selectSubprotocol([...offered]) ?? false,
    );
    const options =
      settings === 'fitted'
        ? { config: { maxStreamsBidi: NO_LIMIT, maxData: CONNECTION_WINDOW }, sendBufferSize: SEND_BUFFER }
        : {};
    const accepting = new AcceptQueue<StreamEnd>();
    const session = far.then((socket) => {
      void accept(Session.accept(socket as Socket, options), accepting);
      return new Session(near as Socket, options);
    });
    return {
      open: async (onNear) => {
        const stream = await (await session).createBidirectionalStream();
        const nearEnd = new StreamEnd(stream.readable.getReader(), stream.writable.getWriter());
        const accepted = accepting.next();
        nearEnd.write(ANNOUNCEMENT);
        onNear?.(nearEnd);
        return { near: nearEnd, far: await accepted };
      },
    };
  },
};

/** What it has of a WebSocket. One of ws is that, though its types say that handlers get more than `unknown`. */
type Socket = Parameters<typeof Session.accept>[0];

async function accept(session: Session, accepting: AcceptQueue<StreamEnd>): Promise<never> {
  const streams = session.incomingBidirectionalStreams.getReader();
  for (;;) {
    const { value } = await streams.read();
    if (value === undefined) {
      throw new Error('the session has ended');
    }
    const reader = value.readable.getReader();
    await reader.read();
    accepting.accept(new StreamEnd(reader, value.writable.getWriter()));
  }
}

type Reader = ReadableStreamDefaultReader<Uint8Array>;
type Writer = WritableStreamDefaultWriter<Uint8Array>;

/** WHATWG streams as the end of a channel. */
class StreamEnd implements ChannelEnd {
  readonly #reader: Reader;
  readonly #writer: Writer;
  #onWritable: (() => void) | undefined;
  #isWaiting = false;

  constructor(reader: Reader, writer: Writer) {
    this.#reader = reader;
    this.#writer = writer;
  }

  write(chunk: Uint8Array): boolean {
    void this.#writer.write(chunk);
    const hasRoom = (this.#writer.desiredSize ?? 0) > 0;
    if (!hasRoom && !this.#isWaiting) {
      this.#isWaiting = true;
      void this.#tellWritable();
    }
    return hasRoom;
  }

  onWritable(listener: () => void): void {
    this.#onWritable = listener;
  }

  onBytes(listener: (bytes: number) => void): void {
    void this.#read(listener);
  }

  end(): void {
    void this.#writer.close();
  }

  onClosed(listener: () => void): void {
    void Promise.all([this.#reader.closed, this.#writer.closed]).then(listener);
  }

  async #tellWritable(): Promise<void> {
    await this.#writer.ready;
    this.#isWaiting = false;
    this.#onWritable?.();
  }

  async #read(listener: (bytes: number) => void): Promise<void> {
    for (
      let { value } = await this.#reader.read();
      value !== undefined;
      { value } = await this.#reader.read()
    ) {
      listener(value.byteLength);
    }
  }
}
