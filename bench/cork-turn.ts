import type { Writable } from 'node:stream';

/** Lets what is written in this turn of the event loop leave together, as Node's documentation advises for small writes. */
export function corkTurn(writable: Writable): void {
  if (writable.writableCorked === 0) {
    writable.cork();
    process.nextTick(() => {
      writable.uncork();
    });
  }
}
