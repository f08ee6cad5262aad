import { Observable, type OperatorFunction } from 'rxjs';
import { HeaderTooBigError, type MuxError } from '../errors.js';
import { compact } from '../flow/compact.js';
import { decodeHeader } from '../protocol/codec.js';
import { type DataMessage, type Message, MessageType } from '../protocol/message.js';
import { advance } from '../protocol/sequence.js';
import type { FramePart } from './decode-frames.js';

/** Bytes that have arrived for a channel: a payload, or a part of one. */
export interface PayloadMessage {
  readonly type: typeof MessageType.data;
  readonly channel: number;
  /** Bytes that the peer has sent on the channel up to the end of this part, modulo 2^32. */
  readonly seq: number;
  /** A view of the carrier's chunk. May be empty. */
  readonly bytes: Buffer;
  /** Whether this is the first part of its payload. */
  readonly isFirst: boolean;
}

/** A header frame that says nothing: too big, too short, or of no known type. */
export interface InvalidMessage {
  readonly type: 'invalid';
  readonly error: MuxError;
  /** The first bytes of a header that was too big: what it was about to say. */
  readonly start?: Buffer;
}

/** What the peer says, in order: each DATA header together with the payload frame that follows it. */
export type ReceivedMessage = Exclude<Message, DataMessage> | PayloadMessage | InvalidMessage;

/** Bytes of a header that is too big which are kept, to tell whom it concerns. */
const KEPT_OF_TOO_BIG = 9;

/**
 * Puts the parts of header frames together and says what they mean; parts of payload frames pass through uncopied.
 *
 * @param maxHeaderSize - bytes; a larger header is skipped without being kept. 0 = no limit
 * @returns an operator whose result emits, for every header frame, one message, or for a DATA header, one message for
 *   each part of its payload. Completes and errors with its source.
 */
export function decodeMessages(maxHeaderSize: number): OperatorFunction<FramePart, ReceivedMessage> {
  return (source) =>
    new Observable<ReceivedMessage>((subscriber) => {
      let header: Buffer[] = [];
      let payloadOf: DataMessage | undefined;

      const receivePayload = ({ channel, seq }: DataMessage, part: FramePart): void => {
        const partEnd = part.framePos + part.length;
        if (part.frameEnd) {
          payloadOf = undefined;
        }
        subscriber.next({
          type: MessageType.data,
          channel,
          seq: advance(seq, partEnd - part.frameLength),
          bytes: part,
          isFirst: part.framePos === 0,
        });
      };

      const receiveHeader = (part: FramePart): void => {
        const isTooBig = maxHeaderSize > 0 && part.frameLength > maxHeaderSize;
        if (!isTooBig || part.framePos < KEPT_OF_TOO_BIG) {
          const kept = isTooBig ? part.subarray(0, KEPT_OF_TOO_BIG) : part;
          header.push(part.frameEnd ? kept : compact(kept));
        }
        if (!part.frameEnd) {
          return;
        }
        const [first] = header;
        const bytes = first !== undefined && header.length === 1 ? first : Buffer.concat(header);
        header = [];
        if (isTooBig) {
          const start = Buffer.from(bytes.subarray(0, KEPT_OF_TOO_BIG));
          const channelId = start.length >= 5 ? start.readUInt32BE(1) : undefined;
          subscriber.next({ type: 'invalid', error: new HeaderTooBigError({ channelId }), start });
          return;
        }
        let message: Message;
        try {
          message = decodeHeader(bytes);
        } catch (error) {
          subscriber.next({ type: 'invalid', error: error as MuxError });
          return;
        }
        if (message.type === MessageType.data) {
          payloadOf = message;
        } else {
          subscriber.next(message);
        }
      };

      return source.subscribe({
        next: (part) => {
          if (payloadOf === undefined) {
            receiveHeader(part);
          } else {
            receivePayload(payloadOf, part);
          }
        },
        error: (error: unknown) => {
          subscriber.error(error);
        },
        complete: () => {
          subscriber.complete();
        },
      });
    });
}
