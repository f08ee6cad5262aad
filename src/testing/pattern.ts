/** A prime, so that no block of a common size comes out the same twice. */
const PERIOD = 65_521;

const tables = new Map<number, Uint8Array>();

/** Bytes that tell where they belong: `length` of a sequence, from `start`, that is another one for each `seed`. */
export function pattern(seed: number, start: number, length: number): Uint8Array {
  const table = tableOf(seed);
  const bytes = new Uint8Array(length);
  for (let at = 0; at < length;) {
    const piece = table.subarray((start + at) % PERIOD).subarray(0, length - at);
    bytes.set(piece, at);
    at += piece.length;
  }
  return bytes;
}

/** The position of the first byte that does not belong where it is, or -1. */
export function firstWrong(bytes: Uint8Array, seed: number, start: number): number {
  const table = tableOf(seed);
  for (let i = 0; i < bytes.length; i += 1) {
    if (bytes[i] !== table[(start + i) % PERIOD]) {
      return start + i;
    }
  }
  return -1;
}

function tableOf(seed: number): Uint8Array {
  let table = tables.get(seed);
  if (table === undefined) {
    table = new Uint8Array(PERIOD);
    let state = seed + 1;
    for (let i = 0; i < PERIOD; i += 1) {
      state = Math.imul(state, 1_664_525) + 1_013_904_223; // a linear congruential generator: its high bits are good
      table[i] = state >>> 24;
    }
    tables.set(seed, table);
  }
  return table;
}
