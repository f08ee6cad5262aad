import { filter, firstValueFrom } from 'rxjs';
import { toBytes } from '../arguments.js';
import type { Channel } from '../channel/channel.js';
import { MuxChannel } from '../channel/mux-channel.js';

/** A channel as a WHATWG stream, both ways. See {@link toWebStream}. */
export interface ChannelWebStream {
  readonly readable: ReadableStream<Uint8Array<ArrayBuffer>>;
  readonly writable: WritableStream<Uint8Array | string>;
}

/**
 * A channel as a pair of WHATWG streams, in Node and in browsers, for `pipeThrough`, `pipeTo`, `Response` and the like.
 *
 * - A chunk is granted to the peer again when the next one is asked for; nothing is read ahead.
 * - `write()` is fulfilled, and `ready` with it, while the channel's send queue is not full; as with `outbound$`, the bytes
 *   must not be changed afterwards.
 * - `close()` sends END, and is fulfilled when that has been handed to the carrier; `abort(reason)` sends ERROR_END.
 * - `readable.cancel()` wants no more of the peer's bytes: see `channel.cancel()`.
 * - What breaks the channel errors both streams; a peer that fails errors `readable` after all bytes before.
 *
 * A channel should have one consumer: `readable` takes its bytes from `deliveries$`, from the first read on.
 *
 * @param channel - a channel of a {@link Mux}
 * @throws TypeError where `channel` is not a channel of this package
 *
 * @example
 * ```ts
 * import { type Mux, toWebStream } from 'rxmux';
 *
 * async function unzipped(mux: Mux): Promise<string> {
 *   const { readable, writable } = toWebStream(mux.open('page.html.gz'));
 *   await writable.close();
 *   return new Response(readable.pipeThrough(new DecompressionStream('gzip'))).text();
 * }
 * ```
 */
export function toWebStream<H>(channel: Channel<H>): ChannelWebStream {
  if (!(channel instanceof MuxChannel)) {
    throw new TypeError('channel must be a channel of a Mux');
  }
  return { readable: readableOf(channel), writable: writableOf(channel) };
}

function readableOf<H>(channel: MuxChannel<H>): ChannelWebStream['readable'] {
  const chunks = channel[Symbol.asyncIterator]();
  return new ReadableStream<Uint8Array<ArrayBuffer>>(
    {
      async pull(controller) {
        const next = await chunks.next();
        if (next.done === true) {
          controller.close();
        } else {
          controller.enqueue(next.value as Buffer<ArrayBuffer>); // no carrier delivers shared memory
        }
      },
      cancel() {
        channel.cancel();
      },
    },
    { highWaterMark: 0 },
  );
}

function writableOf<H>(channel: MuxChannel<H>): ChannelWebStream['writable'] {
  const { outbound$, writable$ } = channel;
  return new WritableStream<Uint8Array | string>({
    start(controller) {
      channel.closed$.subscribe({
        error: (error: unknown) => {
          controller.error(error);
        },
      });
    },
    async write(chunk) {
      outbound$.next(toBytes('chunk', chunk));
      await firstValueFrom(writable$.pipe(filter(Boolean)), { defaultValue: false });
    },
    async close() {
      outbound$.complete();
      await firstValueFrom(channel.endSent$, { defaultValue: undefined });
    },
    abort(reason) {
      outbound$.error(reason);
    },
  });
}
