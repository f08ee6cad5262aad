import fc from 'fast-check';
import { Decoder, type DecodeOptions, Encoder, type EncodeOptions } from 'frame-stream';
import { once } from 'node:events';
import { BehaviorSubject } from 'rxjs';
import { frameLengths } from '../../src/framing/frame-lengths.js';
import type { Framing } from '../../src/framing/framing.js';
import { MessageReader, type ReceivedMessage } from '../../src/framing/message-reader.js';
import { MessageWriter } from '../../src/framing/message-writer.js';
import { decodeHeader } from '../../src/protocol/codec.js';
import type { InvalidHeader } from '../../src/protocol/invalid-header.js';
import { type DataMessage, type Message, MessageType } from '../../src/protocol/message.js';
import { advance } from '../../src/protocol/sequence.js';
import { anything, cut, framesOf, heard } from './conversation.js';
import { framings } from './framings.js';

// frame-stream is what bpmux cuts its frames with: the reference that the framing here is held to.

/** What frame-stream makes of the carrier's bytes: frames, or with `unbuffered` their parts. */
interface FramePart extends Buffer {
  readonly framePos: number;
  readonly frameLength: number;
  readonly frameEnd: boolean;
}

/** frame-stream's decoder, with its frames to be seen at once. Empty ones would not come out of a Readable. */
class FrameDecoder extends Decoder {
  readonly frames: FramePart[] = [];

  constructor({ lengthSize, getLength }: Framing, options: DecodeOptions = {}) {
    super({ lengthSize, ...(getLength && { getLength }), ...options });
  }

  override push(frame: FramePart): boolean {
    this.frames.push(frame);
    return true;
  }
}

/** frame-stream's encoder, with what it writes to be seen at once. */
class FrameEncoder extends Encoder {
  readonly written: Buffer[] = [];

  constructor({ lengthSize, setLength }: Framing) {
    super({ lengthSize, ...(setLength && { setLength: setLength as EncodeOptions['setLength'] & object }) });
  }

  override push(bytes: Buffer): boolean {
    this.written.push(bytes);
    return true;
  }
}

/** A writer, and what frame-stream makes of all that it has given its carrier. */
function writing(framing: Framing, coalesceWrites = true) {
  const decoder = new FrameDecoder(framing);
  const errors: unknown[] = [];
  const carrier = {
    capacity$: new BehaviorSubject(65_536),
    write: (chunks: readonly Uint8Array[]) => {
      for (const chunk of chunks) {
        decoder.write(chunk);
      }
    },
    end: () => undefined,
  };
  const writer = new MessageWriter(carrier, {
    framing,
    coalesceWrites,
    onError: (error) => errors.push(error),
  });
  return { writer, frames: decoder.frames, errors };
}

/** What `parts` of frames say, put together as simply as can be. */
function messagesIn(parts: readonly FramePart[]): ReceivedMessage[] {
  const messages: ReceivedMessage[] = [];
  let start: Buffer[] = [];
  let payloadOf: DataMessage | undefined;
  for (const part of parts) {
    const { framePos, frameLength, frameEnd } = part;
    const bytes = Buffer.from(part);
    if (payloadOf === undefined) {
      start.push(bytes);
      if (frameEnd) {
        const message = decoded(Buffer.concat(start));
        start = [];
        if (message.type === MessageType.data) {
          payloadOf = message;
        } else {
          messages.push(message);
        }
      }
    } else if (bytes.length > 0 || frameEnd) {
      const { type, channel } = payloadOf;
      const seq = advance(payloadOf.seq, framePos + bytes.length - frameLength);
      messages.push({ type, channel, seq, bytes, isFirst: framePos === 0 });
      if (frameEnd) {
        payloadOf = undefined;
      }
    }
  }
  return messages;
}

function decoded(frame: Buffer): Message | InvalidHeader {
  return decodeHeader(frame) as Message | InvalidHeader; // without extensions
}

/** What `action` throws. */
function thrownBy(action: () => unknown): unknown {
  try {
    action();
  } catch (error) {
    return error;
  }
  return undefined;
}

/** Compares many bytes faster than `toEqual` does. */
function expectSame(frames: readonly Buffer[], expected: readonly Buffer[]): void {
  expect(frames.map(({ length }) => length)).toEqual(expected.map(({ length }) => length));
  expect(frames.findIndex((frame, index) => expected[index]?.equals(frame) !== true)).toBe(-1);
}

describe.each(framings)('with lengths of $name', ({ framing, max }) => {
  const maxPayload = Math.min(max, 70_000);
  const maxData = maxPayload - 9;

  it('frame-stream reads the frames that MessageWriter writes, though several write in between each other', () => {
    const step = fc.record({ who: fc.nat(1), said: anything(maxData), isFlushed: fc.boolean() });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 30, size: 'max' }), fc.boolean(), (steps, coalesceWrites) => {
        const ends = [writing(framing, coalesceWrites), writing(framing, coalesceWrites)];
        const expected: Buffer[][] = [[], []];
        for (const { who, said, isFlushed } of steps) {
          const writer = ends[who]?.writer;
          if (said.type === MessageType.data) {
            writer?.writeData(said.channel, said.seq, said.payload);
          } else {
            writer?.write(said);
          }
          if (isFlushed) {
            writer?.flush();
          }
          expected[who]?.push(...framesOf(said));
        }
        ends.forEach(({ writer, frames }, who) => {
          writer.flush();
          expectSame(frames, expected[who] ?? []);
        });
      }),
    );
  });

  it('MessageReader reads what frame-stream writes, in whatever chunks it comes', () => {
    fc.assert(
      fc.property(
        fc.array(anything(maxData), { maxLength: 20, size: 'max' }),
        fc.array(fc.oneof(fc.nat(20), fc.nat(20_000)), { maxLength: 60, size: 'max' }),
        (conversation, sizes) => {
          const encoder = new FrameEncoder(framing);
          const frames = conversation.flatMap(framesOf);
          for (const frame of frames) {
            encoder.write(frame);
          }
          const messages: ReceivedMessage[] = [];
          const reader = new MessageReader(framing, 0, (message) => messages.push(message));
          for (const chunk of cut(Buffer.concat(encoder.written), sizes)) {
            reader.read(chunk);
          }
          const said = heard(messages).filter(
            (message) => message.type !== 'invalid' && message.type !== 'badHandshake',
          );
          expectSame(said.flatMap(framesOf), frames);
        },
      ),
    );
  });

  it('MessageReader makes of any frames, cut anywhere, what frame-stream makes of them', () => {
    const frame = fc
      .tuple(fc.nat(9), fc.uint8Array({ maxLength: 30, size: 'max' }), fc.nat(20))
      .map(([type, bytes, size]) => Buffer.from([type, ...bytes]).subarray(0, size));
    fc.assert(
      fc.property(
        fc.array(frame, { maxLength: 30, size: 'max' }),
        fc.array(fc.nat(20), { maxLength: 60, size: 'max' }),
        fc.nat(30),
        (frames, sizes, missing) => {
          const encoder = new FrameEncoder(framing);
          for (const bytes of frames) {
            encoder.write(bytes);
          }
          const wire = Buffer.concat(encoder.written);
          const decoder = new FrameDecoder(framing, { unbuffered: true });
          const messages: ReceivedMessage[] = [];
          const reader = new MessageReader(framing, 0, (message) => messages.push(message));
          for (const chunk of cut(wire.subarray(0, Math.max(0, wire.length - missing)), sizes)) {
            decoder.write(chunk);
            reader.read(chunk);
          }
          expect(messages).toEqual(messagesIn(decoder.frames));
        },
      ),
    );
  });

  it('a length is the same to both, whatever its bytes', () => {
    const { lengthSize } = framing;
    const lengths = frameLengths(framing);
    fc.assert(
      fc.property(fc.uint8Array({ minLength: lengthSize, maxLength: lengthSize }), (array) => {
        const bytes = Buffer.from(array);
        const decoder = new FrameDecoder(framing, { unbuffered: true });
        decoder.write(Buffer.concat([bytes, Buffer.of(1)]));
        expect(decoder.frames[0]?.frameLength).toBe(lengths.read(bytes, 0));
      }),
    );
  });
});

describe('a length that does not fit into its bytes', () => {
  it.each([1, 2])('is refused by both with the same words, where these are %i', (lengthSize) => {
    const payload = Buffer.alloc(2 ** (8 * lengthSize));
    const { writer, errors } = writing({ lengthSize });
    writer.writeData(7, payload.length, payload);
    const encoder = new FrameEncoder({ lengthSize });
    const { message } = thrownBy(() => encoder.write(payload)) as Error;
    expect(errors).toMatchObject([{ message }]);
  });
});

describe('a length that the application refuses', () => {
  const reason = new Error('of the application');
  const refuse = (): never => {
    throw reason;
  };

  it('to write is refused by both with its own exception', () => {
    const framing = { lengthSize: 4, setLength: refuse };
    const { writer, errors } = writing(framing);
    writer.write({ type: MessageType.keepAlive });
    expect(errors).toEqual([reason]);
    expect(thrownBy(() => new FrameEncoder(framing).write(Buffer.of(7)))).toBe(reason);
  });

  it('to read is refused by both with its own exception', () => {
    const framing = { lengthSize: 4, getLength: refuse };
    const bytes = Buffer.alloc(4);
    const reader = new MessageReader(framing, 0, () => undefined);
    expect(thrownBy(() => new FrameDecoder(framing).write(bytes))).toBe(reason);
    expect(
      thrownBy(() => {
        reader.read(bytes);
      }),
    ).toBe(reason);
  });

  it('with a number below 0 is refused by both: here at once, by frame-stream as an event', async () => {
    const framing = { lengthSize: 1, getLength: () => -1 };
    const reader = new MessageReader(framing, 0, () => undefined);
    expect(() => {
      reader.read(Buffer.of(0));
    }).toThrow(RangeError);
    const decoder = new FrameDecoder(framing);
    const failure = once(decoder, 'error');
    decoder.write(Buffer.of(0));
    expect(await failure).toMatchObject([{ message: 'Message length is less than zero' }]);
  });
});
