import { compact, copy, unshared } from '../../src/flow/compact.js';

describe('compact', () => {
  it('copies a view of less than three quarters of its memory to memory of its own', () => {
    const whole = Buffer.alloc(1000, 7);
    const result = compact(whole.subarray(100, 849));
    expect(result).toEqual(Buffer.alloc(749, 7));
    expect(result.buffer).not.toBe(whole.buffer);
    expect(result.buffer.byteLength).toBe(749);
  });

  it('leaves a view of three quarters of its memory or more as it is', () => {
    const view = Buffer.alloc(1000).subarray(100, 850);
    expect(compact(view)).toBe(view);
  });
});

describe('copy', () => {
  it('copies bytes to memory of their own', () => {
    const bytes = Buffer.from('some'); // in the pool that Node's buffers share
    const result = copy(bytes);
    expect(result).toEqual(bytes);
    expect(result.buffer.byteLength).toBe(4);
    expect(result.byteOffset).toBe(0);
  });
});

describe('unshared', () => {
  it('copies a small part of memory that several may share', () => {
    const shared = new Uint8Array(32_768).fill(7);
    const result = unshared(shared.subarray(100, 200));
    expect(result).toEqual(Buffer.alloc(100, 7));
    expect(result.buffer.byteLength).toBe(100);
  });

  it('leaves a part of larger memory as it is, and what is most of it', () => {
    for (const bytes of [new Uint8Array(32_769).subarray(0, 100), new Uint8Array(32_768).subarray(100)]) {
      expect(unshared(bytes).buffer).toBe(bytes.buffer);
    }
  });
});
