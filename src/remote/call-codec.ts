import { Buffer } from 'node:buffer';
import { toBytes } from '../arguments.js';
import type { Codec } from '../messages/codec.js';
import { type Encoder, encoder } from '../messages/message-frame.js';
import type { TextEncode } from '../messages/text-codec.js';
import type { Reason } from '../protocol/reason.js';
import { RemoteError } from './remote-error.js';

/** What a message is, by its first byte. What the codec makes follows; nothing stands for `undefined`. */
const Kind = {
  /** A value. */
  value: 0,
  /** The last one of its half: an object with `code`, `message` and, where there is any, `data`. */
  error: 1,
  /** The first one of the caller's half: an array; nothing stands for an empty one. */
  arguments: 2,
  /** The same, and the values of one more argument follow. */
  argumentsAndStream: 3,
  /** A value of which the codec makes no bytes: an empty string or chunk, a message of protobuf that is all defaults. */
  empty: 4,
} as const;

const NOTHING = new Uint8Array();

/** An error that has come. */
export class Failure {
  constructor(readonly error: RemoteError) {}
}

/** Arguments that have come. */
export class Arguments {
  /**
   * @param codec - makes them of `bytes`
   * @param bytes - what has come
   * @param hasStream - whether the values of one more follow
   */
  constructor(
    private readonly codec: Pick<CallCodec, 'valueOf'>,
    private readonly bytes: Uint8Array,
    readonly hasStream: boolean,
  ) {}

  /** Throws what is wrong with them. To be called before the next message is taken. */
  decode(): unknown {
    return this.bytes.length === 0 ? [] : this.codec.valueOf(this.bytes);
  }
}

/** The messages of calls: one for all of a `serve` or a `remote`. What is decoded is a value, a {@link Failure}, or {@link Arguments}. */
export class CallCodec implements Pick<Codec<unknown>, 'decode'> {
  /** The message of a value. */
  readonly value: Encoder<unknown>;
  readonly #codec: Codec<unknown>;
  readonly #error: Encoder<unknown>;
  readonly #arguments: Encoder<unknown>;
  readonly #argumentsAndStream: Encoder<unknown>;

  /**
   * @param codec - makes bytes of values, and values of bytes
   * @param maxMessageSize - bytes that a message may have
   */
  constructor(codec: Codec<unknown>, maxMessageSize: number) {
    const encoderOf = (kind: number): Encoder<unknown> =>
      encoder(withKind(kind, codec), maxMessageSize, undefined);
    this.#codec = codec;
    this.value = encoderOf(Kind.value);
    this.#error = encoderOf(Kind.error);
    this.#arguments = encoderOf(Kind.arguments);
    this.#argumentsAndStream = encoderOf(Kind.argumentsAndStream);
  }

  /** The message of arguments: without those at the end that are `undefined`. Before a stream all of them keep its place. */
  arguments(args: readonly unknown[], hasStream: boolean): Uint8Array {
    let given = args;
    while (!hasStream && given.length > 0 && given.at(-1) === undefined) {
      given = given.slice(0, -1);
    }
    const encode = hasStream ? this.#argumentsAndStream : this.#arguments;
    return encode(given.length === 0 ? undefined : given);
  }

  /** The message of an error. */
  error({ code, message, data }: Reason & { readonly data?: unknown }): Uint8Array {
    return this.#error(data === undefined ? { code, message } : { code, message, data });
  }

  decode(bytes: Uint8Array): unknown {
    const kind = bytes[0];
    const content = bytes.subarray(1);
    switch (kind) {
      case Kind.value:
        return this.valueOf(content);
      case Kind.empty:
        return this.#codec.decode(content);
      case Kind.error:
        return new Failure(errorOf(this.valueOf(content)));
      case Kind.arguments:
      case Kind.argumentsAndStream:
        return new Arguments(this, content, kind === Kind.argumentsAndStream);
      default:
        throw new RangeError(`there is no kind ${kind}`);
    }
  }

  /** What bytes mean, without a kind. */
  valueOf(bytes: Uint8Array): unknown {
    return bytes.length === 0 ? undefined : this.#codec.decode(bytes);
  }

  /** The bytes of a value, without a kind. */
  bytesOf(value: unknown): Uint8Array {
    return bytesBy(this.#codec, value);
  }
}

const bytesBy = (codec: Pick<Codec<unknown>, 'encode'>, value: unknown): Uint8Array =>
  value === undefined ? NOTHING : toBytes('what encode returns', codec.encode(value));

/** Makes bytes with their kind before them. */
function withKind(
  kind: number,
  codec: Pick<Codec<unknown>, 'encode'>,
): { readonly encode: TextEncode<unknown> } {
  const { toText } = codec.encode as TextEncode<unknown>;
  const emptyKind = kind || Kind.empty; // what is no value has its kind without bytes, too
  return {
    encode: Object.assign(
      (value: unknown) => {
        const bytes = bytesBy(codec, value);
        return Buffer.concat([Buffer.of(value === undefined || bytes.length > 0 ? kind : emptyKind), bytes]);
      },
      toText && {
        toText: (value: unknown) => {
          const text = value === undefined ? '' : toText(value);
          return String.fromCharCode(value === undefined || text.length > 0 ? kind : emptyKind) + text;
        },
      },
    ),
  };
}

function errorOf(value: unknown): RemoteError {
  const { code, message, data } = Object(value) as Partial<RemoteError>;
  if (typeof code !== 'string' || typeof message !== 'string') {
    throw new TypeError('an error must have a code and a message');
  }
  return new RemoteError(code, message, data);
}
