import { createHmac } from 'node:crypto';
import {
  clientStatement,
  decodeBegin,
  decodeBegun,
  decodeResume,
  decodeResumed,
  encodeBegin,
  encodeBegun,
  encodeRefused,
  encodeResume,
  encodeResumed,
  serverStatement,
} from '../../src/resume/handshake.js';
import { isProved, prove, randomKey } from '../../src/resume/proof.js';
import { BODY_SIZES, HEADER_SIZE } from '../../src/resume/record.js';

const bytes = (value: string): Buffer => Buffer.alloc(16, value, 'hex');

const ID = bytes('11');
const SECRET = bytes('22');
const SERVER_NONCE = bytes('33');
const CLIENT_NONCE = bytes('44');
const NEXT_NONCE = bytes('55');

const CLAIM = {
  serverNonce: SERVER_NONCE,
  id: ID,
  generation: 258,
  clientNonce: CLIENT_NONCE,
  position: 4096,
};
const ANSWER = { position: 772, nonce: NEXT_NONCE };

/** What the client proves behind the words, and what the server adds to it. */
const CLAIMED = `${'33'.repeat(16)}${'11'.repeat(16)}00000102${'44'.repeat(16)}0000000000001000`;
const ANSWERED = `0000000000000304${'55'.repeat(16)}`;

describe('the records of a handshake', () => {
  it.each([
    ['BEGIN', encodeBegin(4096), '0200000009' + '01' + '0000000000001000'],
    [
      'BEGUN',
      encodeBegun({ id: ID, secret: SECRET, bufferSize: 4096, nonce: SERVER_NONCE }),
      '0300000038' + '11'.repeat(16) + '22'.repeat(16) + '0000000000001000' + '33'.repeat(16),
    ],
    [
      'RESUME',
      encodeResume(CLAIM, Buffer.alloc(32, 'ff', 'hex')),
      '040000005d' + '01' + CLAIMED + 'ff'.repeat(32),
    ],
    [
      'RESUMED',
      encodeResumed(ANSWER, Buffer.alloc(32, 'ff', 'hex')),
      '0500000038' + ANSWERED + 'ff'.repeat(32),
    ],
    ['REFUSED', encodeRefused(3), '0600000001' + '03'],
  ])('%s is what it is, byte for byte, and as long as it is read', (_name, record, expected) => {
    expect(record.toString('hex')).toBe(expected);
    expect(BODY_SIZES.get(record.readUInt8(0))).toBe(record.length - HEADER_SIZE);
  });

  it('are read as they were written', () => {
    const begun = { id: ID, secret: SECRET, bufferSize: 4096, nonce: SERVER_NONCE };
    const proof = Buffer.alloc(32, 'ff', 'hex');
    const body = (record: Buffer): Buffer => record.subarray(HEADER_SIZE);
    expect(decodeBegin(body(encodeBegin(4096)))).toBe(4096);
    expect(decodeBegun(body(encodeBegun(begun)))).toEqual(begun);
    expect(decodeResume(body(encodeResume(CLAIM, proof)))).toEqual({ claim: CLAIM, proof });
    expect(decodeResumed(body(encodeResumed(ANSWER, proof)))).toEqual({ answer: ANSWER, proof });
  });

  it('are copied out of the memory that they were read in', () => {
    const body = encodeBegun({ id: ID, secret: SECRET, bufferSize: 1, nonce: SERVER_NONCE }).subarray(5);
    const { id, secret, nonce } = decodeBegun(body);
    body.fill(0);
    expect([id, secret, nonce]).toEqual([ID, SECRET, SERVER_NONCE]);
  });
});

describe('a random key', () => {
  it('keeps no memory alive but its own, however long its session lives', () => {
    expect(randomKey().buffer.byteLength).toBe(16);
  });
});

describe('a proof', () => {
  it.each([
    ['client', clientStatement(CLAIM), `rxmux resume 1 client`, CLAIMED],
    ['server', serverStatement(CLAIM, ANSWER), `rxmux resume 1 server`, CLAIMED + ANSWERED],
  ])('of the %s is HMAC-SHA-256 over words and fields', async (_side, statement, words, fields) => {
    const proof = createHmac('sha256', SECRET).update(words).update(fields, 'hex').digest();
    expect(await prove(SECRET, statement)).toEqual(proof);
    expect(await isProved(SECRET, statement, proof)).toBe(true);
  });

  it('of either side is none of the other, and none where any bit differs', async () => {
    const statement = serverStatement(CLAIM, ANSWER);
    const proof = await prove(SECRET, statement);
    expect(await isProved(SECRET, clientStatement(CLAIM), proof)).toBe(false);
    for (let at = 0; at < statement.length; at += 1) {
      const changed = Buffer.from(statement);
      changed[at] = (changed[at] ?? 0) ^ 1;
      expect(await isProved(SECRET, changed, proof)).toBe(false);
    }
  });
});
