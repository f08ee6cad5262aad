import { Buffer } from 'node:buffer';
import {
  decodeExtension,
  encodeExtension,
  type Extension,
  extensionSize,
  type UnknownExtension,
} from './extension.js';
import { type InvalidHeader, invalidHeader } from './invalid-header.js';
import {
  creditMessage,
  dataMessage,
  endMessage,
  handshakeMessage,
  type Message,
  MessageType,
} from './message.js';
import { readUint32, writeUint32 } from './uint32.js';

const CHANNEL = 1;
const FREE_OR_DATA_SEQ = 5;
const CREDIT_SEQ = 9;

/** Bytes of a HANDSHAKE before the application's data. */
export const HANDSHAKE_SIZE = 9;

/** The data of every HANDSHAKE without: most are, and each channel keeps its own. */
const NO_DATA = Buffer.alloc(0);

/** Bytes of a DATA header. */
const DATA_SIZE = 9;

/** How many bytes {@link encodeHeader} writes for `message`. */
export function headerSize(message: Message): number {
  switch (message.type) {
    case MessageType.keepAlive:
      return 1;
    case MessageType.end:
    case MessageType.errorEnd:
      return 5;
    case MessageType.data:
      return DATA_SIZE;
    case MessageType.handshake:
      return HANDSHAKE_SIZE + message.data.length;
    case MessageType.preHandshake:
      return message.seq === 0 ? 9 : 13; // without its seq it means 0
    case MessageType.status:
    case MessageType.finishedStatus:
      return 13;
    default:
      return extensionSize(message);
  }
}

/** Writes a header frame, without the frame's length, at `at`: {@link headerSize} bytes. */
export function encodeHeader(message: Message, bytes: Buffer, at: number): void {
  if (isExtension(message)) {
    bytes[at] = MessageType.keepAlive;
    encodeExtension(message, bytes, at);
    return;
  }
  bytes[at] = message.type;
  if (message.type === MessageType.keepAlive) {
    return;
  }
  writeUint32(bytes, at + CHANNEL, message.channel);
  switch (message.type) {
    case MessageType.end:
    case MessageType.errorEnd:
      break;
    case MessageType.data:
      writeUint32(bytes, at + FREE_OR_DATA_SEQ, message.seq);
      break;
    case MessageType.handshake:
      writeUint32(bytes, at + FREE_OR_DATA_SEQ, message.free);
      bytes.set(message.data, at + HANDSHAKE_SIZE);
      break;
    default:
      writeUint32(bytes, at + FREE_OR_DATA_SEQ, message.free);
      if (headerSize(message) > CREDIT_SEQ) {
        writeUint32(bytes, at + CREDIT_SEQ, message.seq);
      }
  }
}

/**
 * What the bytes of a whole header frame say. Bytes beyond a message's length are ignored, as the reference does.
 *
 * @param bytes - where the header frame is, without its length; the application's data in a HANDSHAKE is copied
 * @param start - where in `bytes` it begins
 * @param end - where it ends
 * @param knowsExtensions - whether more is made of an extended keep-alive than a keep-alive
 */
export function decodeHeader(
  bytes: Buffer,
  start = 0,
  end = bytes.length,
  knowsExtensions = false,
): Message | UnknownExtension | InvalidHeader {
  const size = end - start;
  const type = size > 0 ? bytes[start] : undefined;
  if (type === MessageType.keepAlive) {
    return size === 1 || !knowsExtensions ? { type } : decodeExtension(bytes, start, end);
  }
  if (size < 5) {
    return tooShort(size, 5);
  }
  const channel = readUint32(bytes, start + CHANNEL);
  switch (type) {
    case MessageType.end:
    case MessageType.errorEnd:
      return endMessage(type, channel);

    case MessageType.handshake:
      if (size < HANDSHAKE_SIZE) {
        return tooShort(size, HANDSHAKE_SIZE, channel);
      }
      return handshakeMessage(
        channel,
        readUint32(bytes, start + FREE_OR_DATA_SEQ),
        size > HANDSHAKE_SIZE ? copy(bytes, start + HANDSHAKE_SIZE, end) : NO_DATA,
      );

    case MessageType.status:
    case MessageType.finishedStatus:
    case MessageType.preHandshake: {
      const needed = type === MessageType.preHandshake ? 9 : 13;
      if (size < needed) {
        return tooShort(size, needed, channel);
      }
      const free = readUint32(bytes, start + FREE_OR_DATA_SEQ);
      return creditMessage(type, channel, free, size >= 13 ? readUint32(bytes, start + CREDIT_SEQ) : 0);
    }

    case MessageType.data:
      return size < DATA_SIZE
        ? tooShort(size, DATA_SIZE, channel)
        : dataMessage(channel, readUint32(bytes, start + FREE_OR_DATA_SEQ));

    default:
      return invalidHeader(`unknown type: ${type}`, channel);
  }
}

/** In memory of its own: the channel keeps it, and a slab of Node's buffer pool would be kept with it. */
function copy(bytes: Buffer, start: number, end: number): Buffer {
  const own = Buffer.allocUnsafeSlow(end - start);
  bytes.copy(own, 0, start, end);
  return own;
}

const tooShort = (size: number, needed: number, channelId?: number): InvalidHeader =>
  invalidHeader(`short buffer length ${size} < ${needed}`, channelId);

const isExtension = (message: Message): message is Extension => typeof message.type === 'string';
