import fc from 'fast-check';
import { BODY_SIZES, dataRecord, positionRecord, record, RecordType } from '../../src/resume/record.js';
import { RecordReader } from '../../src/resume/record-reader.js';

/** What is read of pieces: bodies of DATA joined, and all others by their type. */
function read(pieces: readonly Buffer[]): string[] {
  const reader = new RecordReader();
  const heard: string[] = [];
  for (const piece of pieces) {
    reader.push(piece);
    for (let one = reader.next(); one !== undefined; one = reader.next()) {
      heard.push(
        one.type === RecordType.data ? one.body.toString('hex') : `<${one.type}:${one.body.toString('hex')}>`,
      );
    }
  }
  return heard;
}

/** Cuts bytes at some places. */
const cutAt = (bytes: Buffer, places: readonly number[]): Buffer[] =>
  [0, ...[...places].sort((a, b) => a - b)].map((from, i, all) =>
    bytes.subarray(from, all[i + 1] ?? bytes.length),
  );

const data = (...chunks: Uint8Array[]): Buffer =>
  Buffer.concat(
    dataRecord(
      chunks,
      chunks.reduce((sum, { length }) => sum + length, 0),
    ),
  );

const anyRecord = fc.oneof(
  fc.uint8Array({ minLength: 1, maxLength: 6000 }).map((bytes) => data(bytes)),
  fc.maxSafeNat().map((position) => positionRecord(RecordType.acknowledgement, position)),
  fc.constantFrom(...BODY_SIZES.entries()).map(([type, size]) => {
    const bytes = record(RecordType.ping, size);
    bytes[0] = type;
    return bytes;
  }),
);

describe('RecordReader', () => {
  it('reads the same, wherever the bytes are cut', () => {
    fc.assert(
      fc.property(
        fc.array(anyRecord, { maxLength: 8 }),
        fc.array(fc.nat(30_000), { maxLength: 20 }),
        (records, cuts) => {
          const bytes = Buffer.concat(records);
          const whole = read([bytes]);
          const cut = read(
            cutAt(
              bytes,
              cuts.map((at) => Math.min(at, bytes.length)),
            ),
          );
          expect(cut.join('')).toBe(whole.join(''));
          expect(whole.length).toBe(records.length);
        },
      ),
    );
  });

  it('reads the same one byte at a time', () => {
    const bytes = Buffer.concat([
      data(Buffer.from('ab'), Buffer.from('c')),
      positionRecord(RecordType.fin, 3),
      record(RecordType.bye),
    ]);
    expect(read([...bytes].map((byte) => Buffer.of(byte)))).toEqual([
      '61',
      '62',
      '63',
      '<18:0000000000000003>',
      '<21:>',
    ]);
  });

  it('copies no bytes of DATA', () => {
    const reader = new RecordReader();
    const bytes = data(Buffer.alloc(5000, 'x'));
    reader.push(bytes);
    const { body } = reader.next() ?? { body: Buffer.alloc(0) };
    expect(body.buffer).toBe(bytes.buffer);
    expect(body).toHaveLength(5000);
  });

  it('does not read on before it is asked to', () => {
    const reader = new RecordReader();
    reader.push(Buffer.concat([record(RecordType.ping), record(RecordType.pong)]));
    expect(reader.next()?.type).toBe(RecordType.ping);
    reader.push(record(RecordType.bye));
    expect(reader.next()?.type).toBe(RecordType.pong);
    expect(reader.next()?.type).toBe(RecordType.bye);
    expect(reader.next()).toBeUndefined();
  });

  it.each([
    ['a type that there is not', Buffer.from('6300000000', 'hex')],
    ['a record that is too long', Buffer.from('11ffffffff', 'hex')],
    ['one that is too short', Buffer.from('1100000007', 'hex')],
    ['DATA without bytes', Buffer.from('1000000000', 'hex')],
    ['what another protocol begins with', Buffer.from('GET / HTTP/1.1')],
  ])('refuses %s as soon as it has come so far', (_what, bytes) => {
    const reader = new RecordReader();
    reader.push(bytes.subarray(0, 4));
    expect(reader.next()).toBeUndefined();
    reader.push(bytes.subarray(4, 5));
    expect(() => reader.next()).toThrow(/^a record of type \d+ with \d+ bytes$/);
  });
});

describe('dataRecord', () => {
  it('copies small pieces that come first behind the header, and keeps all others as they are', () => {
    expect(dataRecord([Buffer.from('ab'), Buffer.from('c')], 3)).toEqual([
      Buffer.from('1000000003616263', 'hex'),
    ]);
    const [large, last] = [Buffer.alloc(5000), Buffer.of(3)];
    const pieces = dataRecord([Buffer.of(1), Buffer.of(2), large, last], 5003);
    expect(pieces).toHaveLength(3);
    expect(pieces[0]).toEqual(Buffer.from('100000138b0102', 'hex'));
    expect(pieces[1]).toBe(large);
    expect(pieces[2]).toBe(last);
  });

  it('has a record ahead of it in the same piece', () => {
    const large = Buffer.alloc(5000);
    expect(dataRecord([Buffer.of(7), large], 5001, record(RecordType.ping))).toEqual([
      Buffer.from('1300000000100000138907', 'hex'),
      large,
    ]);
  });
});
