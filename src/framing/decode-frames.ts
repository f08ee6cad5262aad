import { Decoder } from 'frame-stream';
import { Observable, type OperatorFunction } from 'rxjs';
import { ProtocolError } from '../errors.js';
import type { Framing } from './framing.js';
import { quietly } from './quietly.js';

/** A part of a frame, as the carrier happened to cut it: a view of the carrier's chunk. */
export interface FramePart extends Buffer {
  /** Where in the frame this part begins, in bytes. */
  readonly framePos: number;
  /** Bytes of the whole frame. */
  readonly frameLength: number;
  /** Whether this part is the frame's last. An empty frame is one empty part. */
  readonly frameEnd: boolean;
}

/**
 * frame-stream's decoder, with its parts handed on at once. They are not to pass through the buffer of a Readable:
 * that would swallow empty frames, and hold bytes that no receive window counts.
 */
class PartDecoder extends Decoder {
  constructor(
    { lengthSize, getLength }: Framing,
    private readonly onPart: (part: FramePart) => void,
  ) {
    super({ lengthSize, unbuffered: true, ...(getLength && { getLength: checked(getLength) }) });
  }

  override push(part: FramePart): boolean {
    // Where a chunk ends with a frame's length, the decoder begins the frame with a part of nothing.
    if (part.length > 0 || part.frameEnd) {
      this.onPart(part);
    }
    return true;
  }
}

/** The decoder tells of a negative length only on a later tick, and of one that is no number not at all. */
function checked(getLength: (bytes: Buffer) => number): (bytes: Buffer) => number {
  return (bytes) => {
    const length = getLength(bytes);
    if (!Number.isInteger(length) || length < 0) {
      throw new RangeError(`the length of a frame must be a whole number from 0, got ${length}`);
    }
    return length;
  };
}

/**
 * Cuts a carrier's bytes into parts of frames.
 *
 * @returns an operator whose result emits each part while the chunk that it came in is being delivered, and completes
 *   with the source, be it in the middle of a frame. It errors with the source's error, and with
 *   {@link ProtocolError} where `framing` refuses a length.
 */
export function decodeFrames(framing: Framing): OperatorFunction<Uint8Array, FramePart> {
  return (source) =>
    new Observable<FramePart>((subscriber) => {
      const decoder = quietly(
        () =>
          new PartDecoder(framing, (part) => {
            subscriber.next(part);
          }),
      );
      subscriber.add(() => decoder.destroy());
      subscriber.add(
        source.subscribe({
          next: (chunk) => {
            try {
              decoder.write(chunk);
            } catch (cause) {
              subscriber.error(new ProtocolError('frame length refused', { cause })); // thrown by getLength
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
