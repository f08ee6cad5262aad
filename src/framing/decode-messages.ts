import { Observable, type OperatorFunction } from 'rxjs';
import { bufferOn } from '../arguments.js';
import { ProtocolError } from '../errors.js';
import type { Framing } from './framing.js';
import { MessageReader, type ReceivedMessage } from './message-reader.js';
import type { Traffic } from './traffic.js';
import { memoryIsGone } from '../flow/memory-is-gone.js';

/**
 * What a carrier's bytes say.
 *
 * @param maxHeaderSize - bytes; a larger header is skipped without being kept. 0 = no limit
 * @param extensions - whether more is made of an extended keep-alive than a keep-alive
 * @param received - what has come is added to it
 * @returns an operator whose result emits each message while its chunk is delivered: one for each header; for DATA, one
 *   for each part of its payload. It completes with the source, even inside a frame. It errors with the source's error, and
 *   with {@link ProtocolError} where `framing` refuses a length, or where the first frame shows that the peer speaks
 *   something else: it is too big and no HANDSHAKE. It errors with TypeError where the memory of a chunk is transferred while
 *   its messages are emitted.
 */
export function decodeMessages(
  framing: Framing,
  maxHeaderSize: number,
  extensions = false,
  received?: Traffic,
): OperatorFunction<Uint8Array, ReceivedMessage> {
  return (source) =>
    new Observable<ReceivedMessage>((subscriber) => {
      const reader = new MessageReader(
        framing,
        maxHeaderSize,
        (message) => {
          subscriber.next(message);
        },
        extensions,
        received,
      );
      subscriber.add(() => {
        reader.stop();
      });
      subscriber.add(
        source.subscribe({
          next: (chunk) => {
            try {
              reader.read(bufferOn(chunk));
            } catch (error) {
              subscriber.error(
                isGone(chunk) ? memoryIsGone('bytes that were still to be read') : refusal(error),
              );
            }
          },
          error: (error: unknown) => {
            subscriber.error(error);
          },
          complete: () => {
            subscriber.complete();
          },
        }),
      );
    });
}

/** There is nothing to be refused in a chunk that was empty when it came. */
const isGone = (chunk: Uint8Array): boolean => ArrayBuffer.isView(chunk) && chunk.byteLength === 0;

const refusal = (cause: unknown): ProtocolError =>
  cause instanceof ProtocolError ? cause : new ProtocolError('frame length refused', { cause });
