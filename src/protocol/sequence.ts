/**
 * Arithmetic of sequence numbers: counts of bytes modulo 2^32, kept as unsigned integers. JavaScript's bit operators
 * work modulo 2^32 by themselves; these functions give them their names.
 */

/** `sequence + bytes`, modulo 2^32. */
export const advance = (sequence: number, bytes: number): number => (sequence + bytes) >>> 0;

/** The signed way from `from` to `to`, −2^31 … 2^31−1: positive where `to` is ahead. */
export const distance = (from: number, to: number): number => (to - from) | 0;

/** Windows reach no farther than what {@link distance} can tell from a step back. */
export const MAX_WINDOW = 0x7fff_ffff;
