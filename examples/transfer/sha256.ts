import { createHash } from 'node:crypto';
import { defer, map, type OperatorFunction, reduce } from 'rxjs';

/** Emits the SHA-256 of all bytes together, in hexadecimal digits, when they have completed. */
export function sha256(): OperatorFunction<Uint8Array | string, string> {
  return (bytes$) =>
    defer(() =>
      bytes$.pipe(
        reduce((hash, bytes) => hash.update(bytes), createHash('sha256')),
        map((hash) => hash.digest('hex')),
      ),
    );
}
