import { Buffer } from 'node:buffer';
import { POSITION_SIZE, readPosition, writePosition } from '../flow/position.js';
import { HEADER_SIZE, KEY_SIZE, record, RecordType, type RecordTypeValue } from './record.js';

/** The version of the records that is spoken here. */
export const VERSION = 1;

/** A new session. */
export interface Begun {
  readonly id: Buffer;
  readonly secret: Buffer;
  /** Bytes that the server keeps at most until they are acknowledged. */
  readonly bufferSize: number;
  /** What the first resumption is proved over. */
  readonly nonce: Buffer;
}

/** What a client says to go on with its session, before it is proved. */
export interface ResumeClaim {
  /** The nonce that the server has issued for it, over the connection before. */
  readonly serverNonce: Buffer;
  readonly id: Buffer;
  /** Which of the session's connections it is: each has a higher number than those before it. */
  readonly generation: number;
  readonly clientNonce: Buffer;
  /** Up to where the client has all that the server has sent. */
  readonly position: number;
}

/** What a server says to it, before that is proved. */
export interface ResumeAnswer {
  /** Up to where the server has all that the client has sent. */
  readonly position: number;
  /** What the next resumption is proved over. */
  readonly nonce: Buffer;
}

/** Why a server does not give a client what it wants. */
export const Refusal = {
  /** It does not know the session, or the proof is wrong: nobody is told which. */
  unknown: 1,
  /** It has as many sessions as it may have. */
  full: 2,
  /** `authorize` says no. */
  unauthorized: 3,
  /** It does not speak that version. */
  version: 4,
} as const;

const WORDS: Readonly<Record<number, string>> = {
  [Refusal.unknown]: 'does not know the session',
  [Refusal.full]: 'has no room for more sessions',
  [Refusal.unauthorized]: 'does not authorize the connection',
  [Refusal.version]: 'does not speak this version',
};

/** What it means, for people. */
export const wordsOf = (refusal: number): string => `the server ${WORDS[refusal] ?? `refuses: ${refusal}`}`;

/** The version that a client speaks: the first byte of what it says first. */
export const versionOf = (body: Buffer): number => body.readUInt8(0);

/** Fields one after the other: numbers are of one byte. */
function fields(type: RecordTypeValue, ...parts: readonly (number | Uint8Array)[]): Buffer {
  const body = Buffer.concat(parts.map((part) => (typeof part === 'number' ? Buffer.of(part) : part)));
  return Buffer.concat([record(type, body.length).subarray(0, HEADER_SIZE), body]);
}

/** @param bufferSize - bytes that the client keeps at most until they are acknowledged */
export const encodeBegin = (bufferSize: number): Buffer =>
  fields(RecordType.begin, VERSION, position(bufferSize));

/** How many bytes the client keeps. */
export const decodeBegin = (body: Buffer): number => readPosition(body, 1);

export const encodeBegun = ({ id, secret, bufferSize, nonce }: Begun): Buffer =>
  fields(RecordType.begun, id, secret, position(bufferSize), nonce);

export const decodeBegun = (body: Buffer): Begun => ({
  id: keyAt(body, 0),
  secret: keyAt(body, KEY_SIZE),
  bufferSize: readPosition(body, 2 * KEY_SIZE),
  nonce: keyAt(body, 2 * KEY_SIZE + POSITION_SIZE),
});

export const encodeResume = (claim: ResumeClaim, proof: Uint8Array): Buffer =>
  fields(RecordType.resume, VERSION, encodeClaim(claim), proof);

/** The claim and its proof. */
export function decodeResume(body: Buffer): { readonly claim: ResumeClaim; readonly proof: Buffer } {
  const idAt = 1 + KEY_SIZE;
  const generationAt = idAt + KEY_SIZE;
  const clientNonceAt = generationAt + 4;
  const positionAt = clientNonceAt + KEY_SIZE;
  return {
    claim: {
      serverNonce: keyAt(body, 1),
      id: keyAt(body, idAt),
      generation: body.readUInt32BE(generationAt),
      clientNonce: keyAt(body, clientNonceAt),
      position: readPosition(body, positionAt),
    },
    proof: Buffer.from(body.subarray(positionAt + POSITION_SIZE)),
  };
}

export const encodeResumed = (answer: ResumeAnswer, proof: Uint8Array): Buffer =>
  fields(RecordType.resumed, encodeAnswer(answer), proof);

/** The answer and its proof. */
export const decodeResumed = (body: Buffer): { readonly answer: ResumeAnswer; readonly proof: Buffer } => ({
  answer: { position: readPosition(body, 0), nonce: keyAt(body, POSITION_SIZE) },
  proof: Buffer.from(body.subarray(POSITION_SIZE + KEY_SIZE)),
});

export const encodeRefused = (refusal: number): Buffer => fields(RecordType.refused, refusal);

/** What the client proves: all fields have a length that does not change, so no two claims are stated alike. */
export const clientStatement = (claim: ResumeClaim): Buffer =>
  Buffer.concat([Buffer.from(`rxmux resume ${VERSION} client`), encodeClaim(claim)]);

/** What the server proves: that it answers to this claim. */
export const serverStatement = (claim: ResumeClaim, answer: ResumeAnswer): Buffer =>
  Buffer.concat([Buffer.from(`rxmux resume ${VERSION} server`), encodeClaim(claim), encodeAnswer(answer)]);

function encodeClaim({ serverNonce, id, generation, clientNonce, position: at }: ResumeClaim): Buffer {
  const number = Buffer.alloc(4);
  number.writeUInt32BE(generation);
  return Buffer.concat([serverNonce, id, number, clientNonce, position(at)]);
}

const encodeAnswer = ({ position: at, nonce }: ResumeAnswer): Buffer => Buffer.concat([position(at), nonce]);

/** A copy: the body is used again. */
const keyAt = (body: Buffer, at: number): Buffer => Buffer.from(body.subarray(at, at + KEY_SIZE));

function position(at: number): Buffer {
  const bytes = Buffer.alloc(POSITION_SIZE);
  writePosition(bytes, 0, at);
  return bytes;
}
