import fc from 'fast-check';
import { cutReason, decodeReason, encodeReason, type Reason, reasonSize } from '../../src/protocol/reason.js';

/** Text of characters of one to four bytes. */
const text = (maxLength: number): fc.Arbitrary<string> =>
  fc.string({ unit: fc.constantFrom('a', 'é', '€', '😀'), maxLength, size: 'max' });

const reason: fc.Arbitrary<Reason> = fc.record({ code: text(400), message: text(1500) });

function encoded(given: Reason | undefined): Buffer {
  const bytes = Buffer.alloc(reasonSize(given));
  encodeReason(given, bytes, 0);
  return bytes;
}

const decoded = (bytes: Buffer): Reason | undefined => decodeReason(bytes, 0, bytes.length);

describe('a reason', () => {
  it.each<[string, Reason | undefined, string]>([
    ['none', undefined, '00 0000'],
    ['code and message', { code: 'AB', message: 'cde' }, '02 4142 0003 636465'],
    ['a code alone', { code: 'A', message: '' }, '01 41 0000'],
    ['a message alone', { code: '', message: 'a' }, '00 0001 61'],
    ['more bytes than characters', { code: '€', message: '😀' }, '03 e282ac 0004 f09f9880'],
  ])('is carried byte for byte: %s', (_what, given, hex) => {
    const bytes = Buffer.from(hex.replaceAll(' ', ''), 'hex');
    expect(encoded(given)).toEqual(bytes);
    expect(decoded(bytes)).toEqual(given);
  });

  it('comes back as it was cut', () => {
    fc.assert(
      fc.property(reason, (given) => {
        const sent = cutReason(given);
        const isEmpty = sent.code === '' && sent.message === '';
        expect(decoded(encoded(sent))).toEqual(isEmpty ? undefined : sent);
      }),
    );
  });

  it('is written where it is told to be, and nothing around it is', () => {
    const given = { code: 'é', message: 'no' };
    const memory = Buffer.alloc(5 + reasonSize(given) + 5, 0xff);
    encodeReason(given, memory, 5);
    const around = Buffer.alloc(5, 0xff);
    expect(memory).toEqual(Buffer.concat([around, encoded(given), around]));
    expect(decodeReason(memory, 5, memory.length)).toEqual(given);
  });

  it.each([
    ['a', 255, 1024],
    ['é', 127, 512],
    ['€', 85, 341],
    ['😀', 63, 256],
  ])('is cut between characters: %s', (letter, code, message) => {
    const long = letter.repeat(2000);
    expect(cutReason({ code: long, message: long })).toEqual({
      code: letter.repeat(code),
      message: letter.repeat(message),
    });
    const fits = { code: letter.repeat(code), message: letter.repeat(message) };
    expect(cutReason(fits)).toEqual(fits);
  });

  it('is cut to what there is room for, the message before the code', () => {
    const long = { code: 'a'.repeat(100), message: 'b'.repeat(100) };
    expect(cutReason(long, 3 + 150)).toEqual({ code: long.code, message: 'b'.repeat(50) });
    expect(cutReason(long, 3 + 60)).toEqual({ code: 'a'.repeat(60), message: '' });
    expect(cutReason({ code: '€', message: '€' }, 3 + 5)).toEqual({ code: '€', message: '' });
    expect(cutReason(long, 3)).toEqual({ code: '', message: '' });
    fc.assert(
      fc.property(reason, fc.integer({ min: 3, max: 3000 }), (given, size) => {
        expect(reasonSize(cutReason(given, size))).toBeLessThanOrEqual(size);
      }),
    );
  });

  it('is none where not all of it is there', () => {
    const whole = encoded({ code: 'CODE', message: 'message' });
    for (let length = 0; length < whole.length; length += 1) {
      expect(decodeReason(whole, 0, length)).toBeUndefined();
    }
    expect(decodeReason(whole, 0, whole.length)).toBeDefined();
  });

  it('keeps its limits where the bytes are no UTF-8, of which each becomes three', () => {
    const bytes = Buffer.concat([
      Buffer.of(255),
      Buffer.alloc(255, 0xff),
      Buffer.of(0xff, 0xff),
      Buffer.alloc(65_535, 0xff),
    ]);
    expect(decoded(bytes)).toEqual({ code: '\ufffd'.repeat(85), message: '\ufffd'.repeat(341) });
  });

  it('is read whatever the peer sends', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), (sent) => {
        const read = decoded(Buffer.from(sent)) ?? { code: 'a', message: '' };
        expect(read.code.length + read.message.length).toBeGreaterThan(0);
      }),
    );
  });
});
