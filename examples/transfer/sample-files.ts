import { createCipheriv } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const KIBIBYTE = 1024;
const MEBIBYTE = 1024 * KIBIBYTE;

/** A few large files and many small ones, the smallest of them empty. */
const SIZES = {
  ...Object.fromEntries([64, 32, 16, 8].map((size) => [`${size}MiB.bin`, size * MEBIBYTE])),
  ...Object.fromEntries(Array.from({ length: 60 }, (_, size) => [`${size}KiB.bin`, size * KIBIBYTE])),
};

/** Makes a set of files in a temporary directory, which is there for as long as `use` takes. */
export async function withSampleFiles<T>(
  use: (paths: readonly string[]) => Promise<T>,
  signal: AbortSignal,
): Promise<T> {
  const directory = await mkdtemp(join(tmpdir(), 'rxmux-transfer-'));
  try {
    const paths: string[] = [];
    for (const [name, size] of Object.entries(SIZES)) {
      const path = join(directory, name);
      await writeFile(path, contents(size, name), { signal });
      paths.push(path);
    }
    return await use(paths);
  } finally {
    await rm(directory, { recursive: true });
  }
}

/** Bytes that look random, and are the same every time for the same `seed`. */
function* contents(size: number, seed: string): Generator<Buffer> {
  const cipher = createCipheriv('aes-128-ctr', Buffer.alloc(16), Buffer.alloc(16, seed));
  const zeros = Buffer.alloc(64 * KIBIBYTE);
  for (let left = size; left > 0; left -= zeros.length) {
    yield cipher.update(zeros.subarray(0, left));
  }
}
