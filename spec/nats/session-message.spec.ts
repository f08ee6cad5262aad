import { decodeMessage, encodeMessage, HEADER_SIZE, Kind } from '../../src/nats/session-message.js';

const HEADER = {
  kind: Kind.state,
  flags: 37,
  position: 2 ** 40 + 1,
  received: 2 ** 41 + 2,
  taken: 2 ** 42 + 3,
  window: 0xffff_ffff,
  number: 7,
};

describe('a message of a session', () => {
  it('is read as it was written, with so many of the bytes', () => {
    const message = encodeMessage(
      HEADER,
      [Buffer.from('by'), Buffer.from('tes and'), Buffer.from(' more')],
      5,
    );
    expect(message.toString('hex')).toBe(
      '1525000001000000000100000200000000020000040000000003ffffffff000000076279746573',
    );
    expect(decodeMessage(message)).toEqual({ ...HEADER, bytes: Buffer.from('bytes') });
  });

  it('has a header of 34 bytes', () => {
    expect(encodeMessage(HEADER)).toHaveLength(HEADER_SIZE);
    expect(HEADER_SIZE).toBe(34);
  });

  it.each([0x00, 0x10, 0x16, 0x21])('is none with a first byte of %i', (kind) => {
    expect(decodeMessage(encodeMessage({ ...HEADER, kind }))).toBeUndefined();
  });

  it('is none with less than a header', () => {
    expect(decodeMessage(encodeMessage(HEADER).subarray(1))).toBeUndefined();
  });

  it('has a view of the memory that it comes in', () => {
    const memory = encodeMessage(HEADER, [Buffer.from('bytes')], 5);
    const { bytes } = decodeMessage(memory) ?? {};
    expect([bytes?.buffer === memory.buffer, bytes?.byteOffset]).toEqual([true, memory.byteOffset + 34]);
  });
});
