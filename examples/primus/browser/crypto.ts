// As much of Node's module of this name as primus-backpressure uses: it signs what its peer gives back to it.
import { hmac } from '@noble/hashes/hmac.js';
import { sha256 } from '@noble/hashes/sha2.js';

export const createHmac = (_name: 'sha256', key: Uint8Array) => hmac.create(sha256, key);

export const randomBytes = (length: number): Uint8Array => crypto.getRandomValues(new Uint8Array(length));
