import { ProtocolError } from '../errors.js';
import { type CreditMessage, type Message, MessageType } from './message.js';

const CHANNEL = 1;
const FREE_OR_DATA_SEQ = 5;
const CREDIT_SEQ = 9;

/** Bytes of a HANDSHAKE before the application's data. */
export const HANDSHAKE_SIZE = 9;

/** The bytes of a header frame, without the frame's length. */
export function encodeHeader(message: Message): Buffer {
  switch (message.type) {
    case MessageType.keepAlive:
      return Buffer.of(message.type);

    case MessageType.end:
    case MessageType.errorEnd:
      return header(5, message.type, message.channel);

    case MessageType.data: {
      const bytes = header(9, message.type, message.channel);
      bytes.writeUInt32BE(message.seq, FREE_OR_DATA_SEQ);
      return bytes;
    }

    case MessageType.handshake: {
      const bytes = header(HANDSHAKE_SIZE + message.data.length, message.type, message.channel);
      bytes.writeUInt32BE(message.free, FREE_OR_DATA_SEQ);
      bytes.set(message.data, HANDSHAKE_SIZE);
      return bytes;
    }

    case MessageType.status:
    case MessageType.finishedStatus:
    case MessageType.preHandshake: {
      // A PRE_HANDSHAKE that leaves out its seq means 0.
      const short = message.type === MessageType.preHandshake && message.seq === 0;
      const bytes = header(short ? 9 : 13, message.type, message.channel);
      bytes.writeUInt32BE(message.free, FREE_OR_DATA_SEQ);
      if (!short) {
        bytes.writeUInt32BE(message.seq, CREDIT_SEQ);
      }
      return bytes;
    }
  }
}

function header(length: number, type: number, channel: number): Buffer {
  const bytes = Buffer.allocUnsafe(length);
  bytes[0] = type;
  bytes.writeUInt32BE(channel, CHANNEL);
  return bytes;
}

/**
 * What the bytes of a whole header frame say. Bytes beyond a message's length are ignored, as the reference does.
 *
 * @param bytes - the header frame, without its length; the application's data in a HANDSHAKE is copied out of it
 * @throws {@link ProtocolError} where the type is unknown or the header is too short for its type
 */
export function decodeHeader(bytes: Buffer): Message {
  const type = bytes[0];
  if (type === MessageType.keepAlive) {
    return { type };
  }
  need(bytes, 5);
  const channel = bytes.readUInt32BE(CHANNEL);
  switch (type) {
    case MessageType.end:
    case MessageType.errorEnd:
      return { type, channel };

    case MessageType.handshake:
      need(bytes, HANDSHAKE_SIZE, channel);
      return {
        type,
        channel,
        free: bytes.readUInt32BE(FREE_OR_DATA_SEQ),
        data: Buffer.concat([bytes.subarray(HANDSHAKE_SIZE)]),
      };

    case MessageType.status:
    case MessageType.finishedStatus:
      need(bytes, 13, channel);
      return credit(type, channel, bytes);

    case MessageType.preHandshake:
      need(bytes, 9, channel);
      return credit(type, channel, bytes);

    case MessageType.data:
      need(bytes, 9, channel);
      return { type, channel, seq: bytes.readUInt32BE(FREE_OR_DATA_SEQ) };

    default:
      throw new ProtocolError(`unknown type: ${type}`, { channelId: channel });
  }
}

function credit(type: CreditMessage['type'], channel: number, bytes: Buffer): CreditMessage {
  const free = bytes.readUInt32BE(FREE_OR_DATA_SEQ);
  return { type, channel, free, seq: bytes.length >= 13 ? bytes.readUInt32BE(CREDIT_SEQ) : 0 };
}

function need(bytes: Buffer, size: number, channelId?: number): void {
  if (bytes.length < size) {
    throw new ProtocolError(`short buffer length ${bytes.length} < ${size}`, { channelId });
  }
}
