import fc from 'fast-check';
import { FREE_HANDSHAKE_DATA, HandshakeMemory } from '../../src/flow/handshake-memory.js';

describe('HandshakeMemory', () => {
  it('has room for a little in every channel', () => {
    const memory = new HandshakeMemory(0);
    expect(Array.from({ length: 10 }, () => memory.resize(0, FREE_HANDSHAKE_DATA)).every(Boolean)).toBe(true);
    expect(memory.resize(0, FREE_HANDSHAKE_DATA + 1)).toBe(false);
  });

  it('has room for more while its budget lasts', () => {
    const memory = new HandshakeMemory(1000);
    expect(memory.resize(0, FREE_HANDSHAKE_DATA + 600)).toBe(true);
    expect(memory.resize(0, FREE_HANDSHAKE_DATA + 401)).toBe(false);
    expect(memory.resize(0, FREE_HANDSHAKE_DATA + 400)).toBe(true);
    expect(memory.resize(0, FREE_HANDSHAKE_DATA + 1)).toBe(false);
    expect(memory.resize(0, 0)).toBe(true);
  });

  it('counts for a channel what it keeps in all, and leaves that as it is where there is no more', () => {
    const memory = new HandshakeMemory(1000);
    expect(memory.resize(0, 200)).toBe(true);
    expect(memory.resize(200, 200 + 1056)).toBe(true);
    expect(memory.resize(1256, 1257)).toBe(false);
    expect(memory.resize(1256, 1000)).toBe(true);
    expect(memory.resize(0, FREE_HANDSHAKE_DATA + 256)).toBe(true);
    expect(memory.resize(0, FREE_HANDSHAKE_DATA + 1)).toBe(false);
  });

  it('has never given more than its budget, and gets back all', () => {
    const step = fc.record({ length: fc.nat(2000), isTaken: fc.boolean() });
    fc.assert(
      fc.property(fc.nat(10_000), fc.array(step), (budget, steps) => {
        const memory = new HandshakeMemory(budget);
        const taken: number[] = [];
        for (const { length, isTaken } of steps) {
          if (isTaken && memory.resize(0, length)) {
            taken.push(length);
          } else if (!isTaken && taken.length > 0) {
            memory.resize(taken.shift() ?? 0, 0);
          }
          const sum = taken.reduce((bytes, one) => bytes + Math.max(0, one - FREE_HANDSHAKE_DATA), 0);
          expect(sum).toBeLessThanOrEqual(budget);
        }
        for (const length of taken) {
          memory.resize(length, 0);
        }
        expect(memory.resize(0, FREE_HANDSHAKE_DATA + budget)).toBe(true);
        expect(memory.resize(0, FREE_HANDSHAKE_DATA + 1)).toBe(false);
      }),
    );
  });
});
