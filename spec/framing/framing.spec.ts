import { maxFrameLength } from '../../src/framing/framing.js';

describe('maxFrameLength', () => {
  it.each([
    [1, 255],
    [2, 65_535],
    [3, 16_777_215],
    [4, 4_294_967_295],
    [8, 4_294_967_295], // no frame is longer than what can be counted on a channel
  ])('of lengths of %i bytes is %i', (lengthSize, length) => {
    expect(maxFrameLength({ lengthSize })).toBe(length);
  });
});
