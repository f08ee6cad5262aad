import type { SourceFile } from './sender.js';

/** What a file is called in the output. */
export const label = ({ path, isHeldBack }: SourceFile): string =>
  isHeldBack ? `${path} (held back)` : path;
