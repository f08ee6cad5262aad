import fc from 'fast-check';
import { readPosition, writePosition } from '../../src/flow/position.js';

describe('a position', () => {
  it('is 64 bits, the highest first', () => {
    const memory = Buffer.alloc(10, 0xff);
    writePosition(memory, 1, 0x1_0203_0405_0607);
    expect(memory.toString('hex')).toBe('ff0001020304050607ff');
  });

  it('is read as it was written, up to 2^53', () => {
    fc.assert(
      fc.property(fc.maxSafeNat(), (position) => {
        const memory = Buffer.alloc(8);
        writePosition(memory, 0, position);
        expect(readPosition(memory, 0)).toBe(position);
        expect(memory.readBigUInt64BE()).toBe(BigInt(position));
      }),
    );
  });

  it('beyond that is still beyond all that anybody has sent', () => {
    expect(readPosition(Buffer.alloc(8, 0xff), 0)).toBeGreaterThan(Number.MAX_SAFE_INTEGER);
  });
});
