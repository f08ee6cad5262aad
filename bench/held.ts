/** What programs hold besides their connections: some 60 MB of small objects. */
const OBJECTS = 400_000;

/**
 * Objects that live as long as the process, as those of a program do.
 *
 * With a heap of a few MB, V8 counts each 64 KiB that a socket has read against a limit that is hardly more than what is
 * under way, and collects everything a hundred times a second or ten times, as chance will have it. Whoever has some code
 * more or less is then faster or slower by a third.
 */
export const held: readonly object[] = Array.from({ length: OBJECTS }, (_, id) => ({
  id,
  name: `object ${id}`,
  next: [id],
}));
