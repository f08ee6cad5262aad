import { yamux as libp2pYamux, type YamuxMuxerInit } from '@chainsafe/libp2p-yamux';
import type { MessageStreamDirection, Stream } from '@libp2p/interface';
import { defaultLogger } from '@libp2p/logger';
import { AbstractMultiaddrConnection } from '@libp2p/utils';
import { multiaddr } from '@multiformats/multiaddr';
import type { Duplex } from 'node:stream';
import { AcceptQueue } from '../accept-queue.js';
import { corkTurn } from '../cork-turn.js';
import type { ChannelEnd, Peer } from '../peer.js';
import './promise-with-resolvers.js';

/** Of channels: by default 1000 are open at most. */
const NO_LIMIT = 100_000;

/**
 * npm @chainsafe/libp2p-yamux, fed with a plain carrier in the way that libp2p's TCP transport does it, except that the
 * writes of one turn leave together, as they do for the raw carrier.
 *
 * Its windows begin with 256 KiB, and grow by themselves where round trips are long. Fitted, it opens as many channels as
 * it is asked for. (npm yamux-js, which takes a plain socket, loses bytes where TCP cuts a frame in two.)
 */
export const yamux: Peer = {
  connect({ near, far }, settings) {
    const options: YamuxMuxerInit =
      settings === 'fitted' ? { maxInboundStreams: NO_LIMIT, maxOutboundStreams: NO_LIMIT } : {};
    const muxer = (carrier: Duplex, direction: MessageStreamDirection) =>
      libp2pYamux(options)().createStreamMuxer(new CarrierConnection(carrier, direction));
    const accepting = new AcceptQueue<Stream>();
    const nearMuxer = muxer(near, 'outbound');
    muxer(far, 'inbound').addEventListener('stream', ({ detail }) => {
      accepting.accept(detail);
    });
    return {
      open: async (onNear) => {
        const accepted = accepting.next();
        const stream = await nearMuxer.createStream();
        const nearEnd = new MessageStreamEnd(stream);
        onNear?.(nearEnd);
        return { near: nearEnd, far: new MessageStreamEnd(await accepted) };
      },
    };
  },
};

class MessageStreamEnd implements ChannelEnd {
  readonly #stream: Stream;

  constructor(stream: Stream) {
    this.#stream = stream;
  }

  write(chunk: Buffer): boolean {
    return this.#stream.send(chunk);
  }

  onWritable(listener: () => void): void {
    this.#stream.addEventListener('drain', listener);
  }

  onBytes(listener: (bytes: number) => void): void {
    this.#stream.addEventListener('message', ({ data }) => {
      listener(data.byteLength);
    });
  }

  end(): void {
    void this.#stream.close();
  }

  onClosed(listener: () => void): void {
    this.#stream.addEventListener('close', listener);
  }
}

/** A Duplex as libp2p has connections. */
class CarrierConnection extends AbstractMultiaddrConnection {
  readonly #carrier: Duplex;

  constructor(carrier: Duplex, direction: MessageStreamDirection) {
    super({
      direction,
      log: defaultLogger().forComponent('bench'),
      remoteAddr: multiaddr('/ip4/127.0.0.1/tcp/1'),
    });
    this.#carrier = carrier;
    carrier.on('data', (chunk: Buffer) => {
      this.onData(chunk);
    });
    carrier.on('drain', () => {
      this.safeDispatchEvent('drain');
    });
    carrier.on('close', () => {
      this.onTransportClosed();
    });
  }

  override sendData(chunks: Iterable<Uint8Array>): { sentBytes: number; canSendMore: boolean } {
    let sentBytes = 0;
    let canSendMore = true;
    corkTurn(this.#carrier);
    for (const chunk of chunks) {
      canSendMore = this.#carrier.write(chunk);
      sentBytes += chunk.byteLength;
    }
    return { sentBytes, canSendMore };
  }

  override async sendClose(): Promise<void> {
    await new Promise<void>((resolve) => this.#carrier.end(resolve));
  }

  override sendReset(): void {
    this.#carrier.destroy();
  }

  override sendPause(): void {
    this.#carrier.pause();
  }

  override sendResume(): void {
    this.#carrier.resume();
  }
}
