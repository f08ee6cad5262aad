import fc from 'fast-check';
import { concat, lastValueFrom, NEVER, Observable, of, Subject, toArray } from 'rxjs';
import { ProtocolError } from '../../src/index.js';
import { decodeFrames, type FramePart } from '../../src/framing/decode-frames.js';
import type { Framing } from '../../src/framing/framing.js';

const FOUR: Framing = { lengthSize: 4 };

/** Little-endian, and 3 bytes long, which frame-stream knows nothing of. */
const CUSTOM: Framing = {
  lengthSize: 3,
  getLength: (bytes) => bytes.readUIntLE(0, 3),
  setLength: (bytes, length) => bytes.writeUIntLE(length, 0, 3),
};

const framings: readonly [name: string, framing: Framing, length: (bytes: number) => Buffer][] = [
  ['1 byte', { lengthSize: 1 }, (bytes) => Buffer.of(bytes)],
  ['2 bytes', { lengthSize: 2 }, (bytes) => Buffer.of(bytes >> 8, bytes & 0xff)],
  ['4 bytes', FOUR, (bytes) => Buffer.of(0, 0, bytes >> 8, bytes & 0xff)],
  ['3 bytes of the application’s own kind', CUSTOM, (bytes) => Buffer.of(bytes & 0xff, bytes >> 8, 0)],
];

const frame = (bytes: Uint8Array): Buffer =>
  Buffer.concat([Buffer.of(0, 0, bytes.length >> 8, bytes.length & 0xff), bytes]);

const FRAMES = [
  Buffer.from('first'),
  Buffer.alloc(0),
  Buffer.from('x'),
  Buffer.alloc(20, 'y'),
  Buffer.alloc(0),
];

/** Puts parts together, and checks what they say of themselves. */
function whole(parts: readonly FramePart[]): Buffer[] {
  const frames: Buffer[] = [];
  let open: FramePart[] = [];
  let length = 0;
  for (const part of parts) {
    expect(part.framePos).toBe(length);
    length += part.length;
    open.push(part);
    expect(part.frameLength).toBe(open[0]?.frameLength);
    expect(part.frameEnd).toBe(length === part.frameLength);
    if (part.frameEnd) {
      frames.push(Buffer.concat(open));
      open = [];
      length = 0;
    }
  }
  expect(open).toEqual([]);
  return frames;
}

const decode = (framing: Framing, chunks: readonly Uint8Array[]): Promise<FramePart[]> =>
  lastValueFrom(of(...chunks).pipe(decodeFrames(framing), toArray()));

/** What a decoder has emitted so far, in plain words. */
interface Seen {
  readonly parts: string[];
  readonly error: unknown;
  readonly isComplete: boolean;
}

function watch(source$: Observable<Uint8Array>, framing: Framing = FOUR): Seen {
  const seen = { parts: [] as string[], error: undefined as unknown, isComplete: false };
  source$.pipe(decodeFrames(framing)).subscribe({
    next: (part) => {
      seen.parts.push(part.toString());
    },
    error: (error: unknown) => {
      seen.error = error;
    },
    complete: () => {
      seen.isComplete = true;
    },
  });
  return seen;
}

describe.each(framings)('frames with a length of %s', (_name, framing, length) => {
  const wire = Buffer.concat(FRAMES.flatMap((bytes) => [length(bytes.length), bytes]));

  it('are the same wherever the carrier cuts its bytes', async () => {
    for (let cut = 0; cut <= wire.length; cut += 1) {
      const parts = await decode(framing, [wire.subarray(0, cut), wire.subarray(cut)]);
      expect(whole(parts)).toEqual(FRAMES);
    }
  });

  it('are the same when they come as single bytes', async () => {
    const parts = await decode(
      framing,
      [...wire].map((byte) => Buffer.of(byte)),
    );
    expect(whole(parts)).toEqual(FRAMES);
  });
});

describe('decodeFrames', () => {
  it('gives back any frames, in whatever chunks they come', async () => {
    const bytes = fc.uint8Array({ maxLength: 300 }).map((array) => Buffer.from(array));
    await fc.assert(
      fc.asyncProperty(
        fc.array(bytes, { maxLength: 20 }),
        fc.array(fc.integer({ min: 0, max: 40 }), { maxLength: 100 }),
        async (frames, sizes) => {
          const chunks: Buffer[] = [];
          let rest: Buffer = Buffer.concat(frames.map(frame));
          for (const size of sizes) {
            chunks.push(rest.subarray(0, size));
            rest = rest.subarray(size);
          }
          expect(whole(await decode(FOUR, [...chunks, rest]))).toEqual(frames);
        },
      ),
    );
  });

  it('emits what a chunk brings while that is being delivered', () => {
    const chunks$ = new Subject<Uint8Array>();
    const seen = watch(chunks$);
    chunks$.next(frame(Buffer.from('whole')));
    expect(seen.parts).toEqual(['whole']);
    chunks$.next(frame(Buffer.from('in parts')).subarray(0, 6));
    expect(seen.parts).toEqual(['whole', 'in']);
    chunks$.next(Buffer.from(' parts'));
    expect(seen.parts).toEqual(['whole', 'in', ' parts']);
  });

  it('takes chunks that are no Buffers', async () => {
    const parts = await decode(FOUR, [new Uint8Array([0, 0, 0, 2, 1]), new Uint8Array([2])]);
    expect(whole(parts)).toEqual([Buffer.of(1, 2)]);
  });

  it('does not copy the bytes of a frame', async () => {
    const chunk = frame(Buffer.alloc(10_000));
    const [part] = await decode(FOUR, [chunk]);
    expect(part?.buffer).toBe(chunk.buffer);
    expect(part?.byteOffset).toBe(chunk.byteOffset + 4);
  });

  it('goes on with a chunk that comes while another is being worked through', () => {
    const chunks$ = new Subject<Uint8Array>();
    const parts: string[] = [];
    chunks$.pipe(decodeFrames(FOUR)).subscribe((part) => {
      parts.push(part.toString());
      if (parts.length === 1) {
        chunks$.next(frame(Buffer.from('third')));
      }
    });
    chunks$.next(Buffer.concat([frame(Buffer.from('first')), frame(Buffer.from('second'))]));
    expect(parts).toEqual(['first', 'second', 'third']);
  });

  it('keeps the bytes of different subscribers apart', () => {
    const chunks$ = new Subject<Uint8Array>();
    const early = watch(chunks$);
    chunks$.next(frame(Buffer.from('one')));
    const late = watch(chunks$);
    chunks$.next(frame(Buffer.from('two')));
    expect(early.parts).toEqual(['one', 'two']);
    expect(late.parts).toEqual(['two']);
  });

  describe('when the source ends in the middle of a frame', () => {
    it.each([2, 4, 6])('completes with it, after %i bytes', (bytes) => {
      const chunks$ = new Subject<Uint8Array>();
      const seen = watch(chunks$);
      chunks$.next(frame(Buffer.from('frame')).subarray(0, bytes));
      chunks$.complete();
      expect(seen.isComplete).toBe(true);
      expect(seen.error).toBeUndefined();
    });

    it.each([2, 4, 6])('errors with its error, after %i bytes', (bytes) => {
      const chunks$ = new Subject<Uint8Array>();
      const seen = watch(chunks$);
      const broken = new Error('of the carrier');
      chunks$.next(frame(Buffer.from('frame')).subarray(0, bytes));
      chunks$.error(broken);
      expect(seen.error).toBe(broken);
    });
  });

  describe('where the framing refuses a length', () => {
    const wire = Buffer.concat([
      Buffer.of(1),
      Buffer.from('a'),
      Buffer.of(255),
      Buffer.of(1),
      Buffer.from('b'),
    ]);

    it('errors with ProtocolError when getLength throws, after what came before', () => {
      const reason = new Error('of getLength');
      const chunks$ = new Subject<Uint8Array>();
      const seen = watch(chunks$, {
        lengthSize: 1,
        getLength: (bytes) => {
          if (bytes[0] === 255) {
            throw reason;
          }
          return bytes.readUInt8(0);
        },
      });
      chunks$.next(wire);
      expect(seen.parts).toEqual(['a']);
      expect(seen.error).toBeInstanceOf(ProtocolError);
      expect(seen.error).toMatchObject({ message: 'frame length refused', cause: reason });
      expect(chunks$.observed).toBe(false);
    });

    it('errors with ProtocolError when getLength returns less than 0, after what came before', async () => {
      const parts: string[] = [];
      const error: unknown = await new Promise((resolve) => {
        concat(of(wire, frame(Buffer.from('c'))), NEVER)
          .pipe(decodeFrames({ lengthSize: 1, getLength: (bytes) => bytes.readInt8(0) }))
          .subscribe({
            next: (part) => {
              parts.push(part.toString());
            },
            error: resolve,
          });
      });
      expect(parts).toEqual(['a']);
      expect(error).toBeInstanceOf(ProtocolError);
      expect(error).toMatchObject({
        message: 'frame length refused',
        cause: new RangeError('the length of a frame must be a whole number from 0, got -1'),
      });
    });

    it.each([NaN, 1.5, Infinity])('errors with ProtocolError when getLength returns %p', (length) => {
      const seen = watch(of(wire), { lengthSize: 1, getLength: () => length });
      expect(seen.error).toBeInstanceOf(ProtocolError);
    });

    it('takes a length of 4 bytes for unsigned', () => {
      const seen = watch(concat(of(Buffer.from('ffffffff61', 'hex')), NEVER));
      expect(seen).toEqual({ parts: ['a'], error: undefined, isComplete: false });
    });
  });

  describe('when it is unsubscribed', () => {
    it('stops in the middle of a chunk', () => {
      const chunks$ = new Subject<Uint8Array>();
      const parts: string[] = [];
      const subscription = chunks$.pipe(decodeFrames(FOUR)).subscribe((part) => {
        parts.push(part.toString());
        if (parts.length === 2) {
          subscription.unsubscribe();
        }
      });
      chunks$.next(Buffer.concat(['a', 'b', 'c', 'd'].map((text) => frame(Buffer.from(text)))));
      expect(parts).toEqual(['a', 'b']);
      expect(chunks$.observed).toBe(false);
      chunks$.next(frame(Buffer.from('e')));
      expect(parts).toEqual(['a', 'b']);
    });

    it('lets go of the source in the middle of a frame', () => {
      const chunks$ = new Subject<Uint8Array>();
      const subscription = chunks$.pipe(decodeFrames(FOUR)).subscribe();
      chunks$.next(Buffer.of(0, 0, 0, 9, 1));
      subscription.unsubscribe();
      expect(chunks$.observed).toBe(false);
    });
  });
});
