import { compact } from '../../src/flow/compact.js';

describe('compact', () => {
  it('copies a view of less than half of its memory to memory of its own', () => {
    const whole = Buffer.alloc(1000, 7);
    const copy = compact(whole.subarray(100, 599));
    expect(copy).toEqual(Buffer.alloc(499, 7));
    expect(copy.buffer).not.toBe(whole.buffer);
    expect(copy.buffer.byteLength).toBe(499);
  });

  it('leaves a view of half of its memory or more as it is', () => {
    const view = Buffer.alloc(1000).subarray(100, 600);
    expect(compact(view)).toBe(view);
  });
});
