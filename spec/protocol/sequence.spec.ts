import fc from 'fast-check';
import { advance, distance, MAX_WINDOW } from '../../src/protocol/sequence.js';

const u32 = fc.integer({ min: 0, max: 0xffff_ffff });

describe('advance', () => {
  it.each([
    [0, 0, 0],
    [0xffff_fffe, 1, 0xffff_ffff],
    [0xffff_ffff, 1, 0],
    [0xffff_ffff, 0xffff_ffff, 0xffff_fffe],
    [0x7fff_ffff, 1, 0x8000_0000],
    [0, -1, 0xffff_ffff],
  ])('goes from %i by %i to %i', (from, bytes, to) => {
    expect(advance(from, bytes)).toBe(to);
  });

  it('adds modulo 2^32', () => {
    fc.assert(
      fc.property(u32, fc.integer({ min: -0xffff_ffff, max: 2 ** 50 }), (from, bytes) => {
        expect(advance(from, bytes)).toBe(Number(BigInt.asUintN(32, BigInt(from) + BigInt(bytes))));
      }),
    );
  });
});

describe('distance', () => {
  it.each([
    [0, 0, 0],
    [0xffff_ffff, 0, 1],
    [0, 0xffff_ffff, -1],
    [0, 0x7fff_ffff, 0x7fff_ffff],
    [0, 0x8000_0000, -0x8000_0000],
    [0x8000_0000, 0x7fff_ffff, -1],
  ])('from %i to %i is %i', (from, to, way) => {
    expect(distance(from, to)).toBe(way);
  });

  it('is the shorter way round, with its sign', () => {
    fc.assert(
      fc.property(u32, u32, (from, to) => {
        expect(distance(from, to)).toBe(Number(BigInt.asIntN(32, BigInt(to) - BigInt(from))));
      }),
    );
  });

  it('undoes advance for every step that a window allows', () => {
    fc.assert(
      fc.property(u32, fc.integer({ min: 0, max: MAX_WINDOW }), (from, bytes) => {
        expect(distance(from, advance(from, bytes))).toBe(bytes);
        expect(distance(advance(from, bytes), from)).toBe(0 - bytes);
      }),
    );
  });
});

describe('MAX_WINDOW', () => {
  it('is the largest step that distance does not take for a step back', () => {
    expect(distance(0, MAX_WINDOW)).toBe(MAX_WINDOW);
    expect(distance(0, MAX_WINDOW + 1)).toBeLessThan(0);
  });
});
