import type { Channel } from '../peer.js';

/** Takes whatever comes, at both ends. */
export function consume({ near, far }: Channel): void {
  near.onBytes(ignore);
  far.onBytes(ignore);
}

const ignore = (): void => undefined;
