import { filter } from 'rxjs';
import type { Channel } from '../../src/index.js';

const CHUNK = Buffer.alloc(65_536);

/** Gives the channel bytes for as long as it takes them. */
export function pour({ outbound$, writable$ }: Channel): void {
  writable$.pipe(filter((isWritable) => isWritable)).subscribe(() => {
    while (writable$.value) {
      outbound$.next(CHUNK);
    }
  });
}
