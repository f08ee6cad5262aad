import fc from 'fast-check';
import { frameLengths } from '../../src/framing/frame-lengths.js';
import { framings } from './framings.js';

describe.each(framings)('lengths of $name', ({ framing, max, length }) => {
  const lengths = frameLengths(framing);
  const { lengthSize } = framing;
  const anyLength = fc.oneof(fc.constantFrom(0, 1, max - 1, max), fc.nat(max));

  it('have that size', () => {
    expect(lengths.size).toBe(lengthSize);
  });

  it('are read where they are, whatever is around', () => {
    fc.assert(
      fc.property(anyLength, fc.uint8Array(), fc.uint8Array(), (value, before, after) => {
        const bytes = Buffer.concat([before, length(value), after]);
        expect(lengths.read(bytes, before.length)).toBe(value);
      }),
    );
  });

  it('are written where they belong, and what is around is left alone', () => {
    fc.assert(
      fc.property(anyLength, fc.nat(20), fc.constantFrom(0x00, 0xff), (value, at, before) => {
        const bytes = Buffer.alloc(at + lengthSize + 20, before);
        lengths.write(bytes, at, value);
        expect(bytes).toEqual(
          Buffer.concat([Buffer.alloc(at, before), length(value), Buffer.alloc(20, before)]),
        );
      }),
    );
  });

  it('are refused where they do not fit', () => {
    const bytes = Buffer.alloc(lengthSize);
    expect(() => {
      lengths.write(bytes, 0, max + 1);
    }).toThrow('out of range');
  });
});

describe('getLength', () => {
  it('is given the bytes of the length, and no others', () => {
    const getLength = jest.fn(() => 0);
    frameLengths({ lengthSize: 2, getLength }).read(Buffer.of(1, 2, 3, 4), 1);
    expect(getLength.mock.calls).toEqual([[Buffer.of(2, 3)]]);
  });

  it('may throw: whoever reads or writes the length is told', () => {
    const reason = new Error('of getLength');
    const { read } = frameLengths({
      lengthSize: 1,
      getLength: () => {
        throw reason;
      },
    });
    expect(() => read(Buffer.of(1), 0)).toThrow(reason);
  });

  it.each([-1, -Infinity, Infinity, NaN, 1.5, '1', 1n, undefined])(
    'makes a RangeError of %p, which is no length',
    (value) => {
      const { read } = frameLengths({ lengthSize: 1, getLength: () => value as number });
      expect(() => read(Buffer.of(1), 0)).toThrow(
        new RangeError(`the length of a frame must be a whole number from 0, got ${String(value)}`),
      );
    },
  );
});

describe('setLength', () => {
  it('is given as many bytes as the length has, all 0, and the length', () => {
    const given: [Buffer, number][] = [];
    const { write } = frameLengths({
      lengthSize: 3,
      setLength: (bytes, length) => {
        given.push([Buffer.from(bytes), length]);
        bytes.fill(0xff);
      },
    });
    const bytes = Buffer.alloc(5, 0xee);
    write(bytes, 1, 7);
    write(bytes, 1, 8);
    expect(given).toEqual([
      [Buffer.of(0, 0, 0), 7],
      [Buffer.of(0, 0, 0), 8],
    ]);
    expect(bytes).toEqual(Buffer.from('eeffffffee', 'hex'));
  });

  it('reaches no other bytes, though it looks past what it is given', () => {
    const { write } = frameLengths({
      lengthSize: 2,
      setLength: ({ buffer }, length) => {
        new DataView(buffer).setUint16(0, length);
        new Uint8Array(buffer).fill(0xff, 2);
      },
    });
    const bytes = Buffer.alloc(6);
    write(bytes, 2, 0x0102);
    expect(bytes).toEqual(Buffer.of(0, 0, 1, 2, 0, 0));
  });

  it('may throw: whoever reads or writes the length is told', () => {
    const reason = new Error('of setLength');
    const { write } = frameLengths({
      lengthSize: 1,
      setLength: () => {
        throw reason;
      },
    });
    expect(() => {
      write(Buffer.alloc(1), 0, 1);
    }).toThrow(reason);
  });
});
