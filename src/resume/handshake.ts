import { Buffer } from 'node:buffer';
import { POSITION_SIZE, readPosition, writePosition } from '../flow/position.js';
import { HEADER_SIZE, KEY_SIZE, PROOF_SIZE, record, RecordType, type RecordTypeValue } from './record.js';

/** The version of the records that is spoken here. */
export const VERSION = 1;

/** What a server says of itself, whoever it is that has connected. */
export interface Greeting {
  readonly version: number;
  readonly nonce: Buffer;
}

/** A client wants a new session. */
export interface Begin {
  readonly version: number;
  /** Bytes that the client keeps at most until they are acknowledged. */
  readonly bufferSize: number;
}

/** A new session. */
export interface Begun {
  readonly id: Buffer;
  readonly secret: Buffer;
  /** Bytes that the server keeps at most until they are acknowledged. */
  readonly bufferSize: number;
}

/** What a client says to go on with its session, before it is proved. */
export interface ResumeClaim {
  readonly version: number;
  readonly id: Buffer;
  /** Which of the session's connections it is: each has a higher number than those before it. */
  readonly generation: number;
  readonly nonce: Buffer;
  /** Up to where the client has all that the server has sent. */
  readonly position: number;
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

/** Fields one after the other: numbers are of one byte. */
function fields(type: RecordTypeValue, ...parts: readonly (number | Uint8Array)[]): Buffer {
  const body = Buffer.concat(parts.map((part) => (typeof part === 'number' ? Buffer.of(part) : part)));
  return Buffer.concat([record(type, body.length).subarray(0, HEADER_SIZE), body]);
}

export const encodeGreeting = ({ version, nonce }: Greeting): Buffer =>
  fields(RecordType.greeting, version, nonce);

export const decodeGreeting = (body: Buffer): Greeting => ({
  version: body.readUInt8(0),
  nonce: Buffer.from(body.subarray(1)),
});

export const encodeBegin = ({ version, bufferSize }: Begin): Buffer =>
  fields(RecordType.begin, version, position(bufferSize));

export const decodeBegin = (body: Buffer): Begin => ({
  version: body.readUInt8(0),
  bufferSize: readPosition(body, 1),
});

export const encodeBegun = ({ id, secret, bufferSize }: Begun): Buffer =>
  fields(RecordType.begun, id, secret, position(bufferSize));

export const decodeBegun = (body: Buffer): Begun => ({
  id: Buffer.from(body.subarray(0, KEY_SIZE)),
  secret: Buffer.from(body.subarray(KEY_SIZE, 2 * KEY_SIZE)),
  bufferSize: readPosition(body, 2 * KEY_SIZE),
});

export const encodeResume = (claim: ResumeClaim, proof: Uint8Array): Buffer =>
  fields(RecordType.resume, claim.version, encodeClaim(claim), proof);

/** The claim and its proof. */
export function decodeResume(body: Buffer): { readonly claim: ResumeClaim; readonly proof: Buffer } {
  const generationAt = 1 + KEY_SIZE;
  const nonceAt = generationAt + 4;
  const positionAt = nonceAt + KEY_SIZE;
  return {
    claim: {
      version: body.readUInt8(0),
      id: Buffer.from(body.subarray(1, generationAt)),
      generation: body.readUInt32BE(generationAt),
      nonce: Buffer.from(body.subarray(nonceAt, positionAt)),
      position: readPosition(body, positionAt),
    },
    proof: Buffer.from(body.subarray(positionAt + POSITION_SIZE)),
  };
}

/** @param at - up to where the server has all that the client has sent */
export const encodeResumed = (at: number, proof: Uint8Array): Buffer =>
  fields(RecordType.resumed, position(at), proof);

export const decodeResumed = (body: Buffer): { readonly position: number; readonly proof: Buffer } => ({
  position: readPosition(body, 0),
  proof: Buffer.from(body.subarray(POSITION_SIZE, POSITION_SIZE + PROOF_SIZE)),
});

export const encodeRefused = (refusal: number): Buffer => fields(RecordType.refused, refusal);

/** What is proved: by the client with its claim, and by the server with its own position, too. */
export function statement(
  side: 'client' | 'server',
  serverNonce: Uint8Array,
  claim: ResumeClaim,
  serverPosition?: number,
): Buffer {
  return Buffer.concat([
    Buffer.from(`rxmux resume ${claim.version} ${side}`),
    serverNonce,
    encodeClaim(claim),
    serverPosition === undefined ? Buffer.alloc(0) : position(serverPosition),
  ]);
}

function encodeClaim({ id, generation, nonce, position: at }: ResumeClaim): Buffer {
  const number = Buffer.alloc(4);
  number.writeUInt32BE(generation);
  return Buffer.concat([id, number, nonce, position(at)]);
}

function position(at: number): Buffer {
  const bytes = Buffer.alloc(POSITION_SIZE);
  writePosition(bytes, 0, at);
  return bytes;
}
