import { take } from 'rxjs';
import { toBytes } from '../arguments.js';
import type { UnsharedBytes } from '../bytes.js';
import { type Adaptable, adaptable } from '../channel/adaptable.js';
import type { Channel } from '../channel/channel.js';
import type { HalfEnd } from '../channel/half-end.js';
import { StoppedError } from '../errors.js';

// Unknown to the compiler where there are no such streams, as in React Native.
// eslint-disable-next-line @typescript-eslint/ban-ts-comment -- there is an error where they are missing only
/** @ts-ignore */
type Readable = ReadableStream<UnsharedBytes>;
// eslint-disable-next-line @typescript-eslint/ban-ts-comment -- as above
/** @ts-ignore */
type Writable = WritableStream<Uint8Array | string>;

/** A channel as a WHATWG stream, both ways. See {@link toWebStream}. To the compiler `never`, where it knows no such streams. */
export interface ChannelWebStream {
  readonly readable: [Readable] extends [1] ? never : Readable;
  readonly writable: [Writable] extends [1] ? never : Writable;
}

/**
 * A channel as a pair of WHATWG streams, in Node and in browsers, for `pipeThrough`, `pipeTo`, `Response` and the like.
 *
 * - A chunk is granted to the peer again when the next one is asked for; nothing is read ahead.
 * - `readable` has no readers of the mode `byob`: those take the memory of a chunk for themselves, which it shares with others.
 * - `write()` is fulfilled, and `ready` with it, while the channel's send queue is not full; as with `outbound$`, the bytes
 *   must not be changed afterwards.
 * - `close()` sends END, and is fulfilled when that has been handed to the carrier. It rejects where bytes before it are
 *   dropped.
 * - `abort(reason)` drops what waits at once and sends ERROR_END. The `signal` of a `pipeTo` does the same, but waits for the
 *   write under way, as WHATWG streams have it: `channel.destroy(reason)` ends that.
 * - `readable.cancel()` wants no more of the peer's bytes: see `channel.cancel()`.
 * - What breaks the channel errors both streams at once. Nobody has to be reading or writing.
 * - A peer that fails errors `writable` with {@link PeerError} at once, and ERROR_END goes out; it errors `readable` after
 *   all bytes before. Where the connection is lost after the peer's end, `readable` still has the bytes before.
 * - Where somebody else ends the channel's half, `writable` errors with {@link StoppedError}.
 * - A chunk that is neither bytes nor a string errors `writable` with a TypeError, and ERROR_END goes out.
 *
 * A channel should have one consumer: `readable` takes its bytes from `deliveries$`, from the first read on.
 *
 * @param channel - a channel of a {@link Mux}
 * @throws TypeError where `channel` is no channel of a mux
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
  const adapted = adaptable(channel);
  return { readable: readableOf(adapted), writable: writableOf(adapted) };
}

function readableOf<H>(channel: Adaptable<H>): ChannelWebStream['readable'] {
  /** Acknowledges the chunk before. */
  let ack = ignore;
  let isOpen = true;
  return new ReadableStream<UnsharedBytes>(
    {
      start(controller) {
        const fail = (error: unknown): void => {
          isOpen = false;
          controller.error(error);
        };
        channel.listen({
          onInboundOver(end) {
            ack(); // a stream that has ended asks for no more
            if ('error' in end) {
              // A chunk whose read was given up waits in the stream: it comes first, unless the bytes are wanted no more.
              if (controller.desiredSize === 0 || channel.isInboundCancelled) {
                fail(end.error);
              }
            } else if (isOpen) {
              isOpen = false;
              controller.close();
            }
          },
          onCut(error) {
            if (!channel.hasPeerEnded) {
              fail(error); // nobody may be reading, and has to be told all the same
            }
          },
        });
      },
      pull(controller) {
        ack();
        return new Promise<void>((resolve) => {
          channel.deliveries$.pipe(take(1)).subscribe({
            next: (delivery) => {
              ack = delivery.ack;
              if (isOpen) {
                controller.enqueue(delivery.chunk as Buffer<ArrayBuffer>); // no carrier delivers shared memory
              }
            },
            error: (error: unknown) => {
              controller.error(error); // unless it has been told
              resolve();
            },
            complete: resolve,
          });
        });
      },
      cancel() {
        isOpen = false;
        channel.cancel();
      },
    },
    { highWaterMark: 0 },
  );
}

/** A promise that somebody waits for. */
interface Waiting {
  resolve(): void;
  reject(reason: unknown): void;
}

function writableOf<H>(channel: Adaptable<H>): ChannelWebStream['writable'] {
  /** The write whose bytes wait, or the close: there is one at a time. */
  let waiting: Waiting | undefined;
  let isClosing = false;
  let isAborted = false;
  const settle = (end: HalfEnd): void => {
    const settled = waiting;
    waiting = undefined;
    if ('error' in end) {
      settled?.reject(end.error);
    } else {
      settled?.resolve();
    }
  };
  const wait = (): Promise<void> =>
    new Promise<void>((resolve, reject) => {
      waiting = { resolve, reject };
    });
  return new WritableStream<Uint8Array | string>({
    start(controller) {
      const fail = (error: unknown): void => {
        settle({ error });
        controller.error(error);
      };
      // `abort()` waits for the write under way: that is to be given up at once.
      const { signal } = controller as unknown as { readonly signal: AbortSignal }; // not in every version of the types
      signal.addEventListener('abort', () => {
        const { reason } = signal as { reason: unknown };
        isAborted = true;
        channel.abort(reason);
        settle({ error: reason });
      });
      channel.listen({
        onTaken() {
          if (!isClosing && channel.isWritable) {
            settle({});
          }
        },
        onStopped(end) {
          if (isAborted) {
            return; // the stream sees to itself
          }
          if ('error' in end) {
            fail(end.error);
          } else if (!isClosing) {
            settle({});
            controller.error(new StoppedError({ channelId: channel.id })); // somebody else has ended it
          }
        },
        onEndSent(end) {
          if (isAborted) {
            return;
          }
          if ('error' in end) {
            fail(end.error); // bytes are lost
          } else if (isClosing) {
            settle({});
          }
        },
        onPeerError(error) {
          fail(error);
          channel.abort(error); // nobody can end the half by way of a stream that has failed
        },
      });
    },
    async write(chunk) {
      try {
        channel.give(toBytes('chunk', chunk));
      } catch (error) {
        channel.abort(error); // the stream fails by it, so that nobody else would end the half
        throw error;
      }
      if (!channel.isWritable) {
        await wait();
      }
    },
    async close() {
      isClosing = true;
      const sent = wait();
      channel.finish({});
      await sent;
    },
    abort(reason) {
      channel.abort(reason);
    },
  });
}

function ignore(): void {
  // nothing has been read yet
}
