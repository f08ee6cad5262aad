import { Buffer } from 'node:buffer';
import { KEY_SIZE } from './record.js';

/*
 * Web Crypto alone, at both ends: it is there in browsers (in pages that are secure), workers, Node, Deno and Bun.
 */

const ALGORITHM = { name: 'HMAC', hash: 'SHA-256' };

/** Throws where there is none. */
export function assertCrypto(): void {
  const { crypto } = globalThis as { readonly crypto?: { readonly subtle?: unknown } };
  if (crypto?.subtle === undefined) {
    throw new TypeError('sessions need Web Crypto, which browsers have in secure contexts only');
  }
}

/** 128 random bits, in memory of their own: in Node's pool they would keep that of others, for as long as a session lives. */
export const randomKey = (): Buffer => Buffer.from(crypto.getRandomValues(new Uint8Array(KEY_SIZE)).buffer);

/** Proves that whoever says `statement` has the secret: HMAC-SHA-256. */
export async function prove(secret: Uint8Array, statement: Uint8Array): Promise<Buffer> {
  const key = await keyOf(secret, 'sign');
  return Buffer.from(await crypto.subtle.sign('HMAC', key, Uint8Array.from(statement)));
}

/** Whether it is proved. How long it takes to find out does not depend on how much of the proof is right. */
export async function isProved(
  secret: Uint8Array,
  statement: Uint8Array,
  proof: Uint8Array,
): Promise<boolean> {
  const key = await keyOf(secret, 'verify');
  return crypto.subtle.verify('HMAC', key, Uint8Array.from(proof), Uint8Array.from(statement));
}

const keyOf = (secret: Uint8Array, use: 'sign' | 'verify') =>
  crypto.subtle.importKey('raw', Uint8Array.from(secret), ALGORITHM, false, [use]);
