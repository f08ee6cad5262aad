import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { runExample, TEST_TIMEOUT } from './run-example.js';

const MEBIBYTE = 1024 * 1024;

jest.setTimeout(TEST_TIMEOUT);

let directory: string;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'rxmux-transfer-spec-'));
});

afterEach(async () => {
  await rm(directory, { recursive: true });
});

/** Makes a file with bytes that depend on their place and on the file. */
async function makeFile(name: string, size: number): Promise<string> {
  const path = join(directory, name);
  await mkdir(dirname(path), { recursive: true });
  await writeFile(
    path,
    Uint8Array.from({ length: size }, (_, index) => (index * 31 + (index >> 8) + name.length) % 251),
  );
  return path;
}

/** The rows of the table: file or files, bytes, and what was found, in the order in which they were printed. */
function rows(stdout: string): { file: string; bytes: number; found: string }[] {
  const lines = stdout.split('\n');
  const header = lines.findIndex((line) => /^file +bytes +seconds +SHA-256$/.test(line));
  return lines.slice(header + 1, lines.indexOf('', header)).map((line) => {
    const [file = '', bytes = '', seconds = '', found = ''] = line.split(/ {2,}/);
    expect(seconds).toMatch(/^\d+\.\d{3}$/);
    return { file, bytes: Number(bytes.replaceAll(',', '')), found };
  });
}

describe('the file transfer', () => {
  it('brings every file to the other process, empty ones and ones of the same base name too', async () => {
    const held = await makeFile('large.bin', 3 * MEBIBYTE);
    const sizes = new Map([
      [await makeFile('one/same.bin', 200_000), 200_000],
      [await makeFile('other/same.bin', 100_001), 100_001],
      [await makeFile('empty.bin', 0), 0],
    ]);
    for (let size = 1; size <= 100; size += 1) {
      sizes.set(await makeFile(`${size}.bin`, size), size);
    }

    const { status, stdout, stderr } = await runExample('transfer', { args: [...sizes.keys(), held] });

    expect(stderr).toBe('');
    expect(status).toBe(0);
    const table = rows(stdout);
    expect(table.every(({ found }) => found === 'matches')).toBe(true);
    // The largest have a row each. All others share one, so that all can be seen at once.
    const largest = [...sizes].sort(([, a], [, b]) => b - a).slice(0, 7);
    const others = [...sizes.values()].reduce((sum, size) => sum + size, 0);
    expect(new Map(table.map(({ file, bytes }) => [file, bytes]))).toEqual(
      new Map([
        ...largest,
        [`${held} (held back)`, 3 * MEBIBYTE],
        ['96 smaller files', others - largest.reduce((sum, [, size]) => sum + size, 0)],
      ]),
    );
    expect(stdout).toMatch(/^104 of 104 files, 3,450,779 bytes in \d+\.\d{3} s: \d+\.\d MiB\/s$/m);
  });

  it('finishes the channel that is left unread after all others, which do not wait for it', async () => {
    const held = await makeFile('held.bin', 8 * MEBIBYTE);
    const others = [await makeFile('a.bin', 2 * MEBIBYTE), await makeFile('b.bin', MEBIBYTE)];

    const { status, stdout } = await runExample('transfer', { args: [held, ...others] });

    expect(status).toBe(0);
    const progress = stdout.slice(0, stdout.indexOf('\n\n')).split('\n');
    const aboutHeld = progress.filter((line) => line.endsWith(' (held back)'));
    expect(progress.slice(-aboutHeld.length)).toEqual(aboutHeld);
    expect(aboutHeld.map((line) => line.trim().split(' ')[0])).toEqual(['25%', '50%', '75%', 'arrived']);
    expect(
      rows(stdout)
        .map(({ file }) => file)
        .indexOf(`${held} (held back)`),
    ).toBe(2);
  });

  it('holds a file back for nothing when it is the only one', async () => {
    const path = await makeFile('only.bin', MEBIBYTE);

    const { status, stdout } = await runExample('transfer', { args: [path] });

    expect(status).toBe(0);
    expect(rows(stdout)).toEqual([{ file: path, bytes: MEBIBYTE, found: 'matches' }]);
  });

  it('names the files that it cannot read, and sends the others', async () => {
    const missing = join(directory, 'missing.bin');
    const folder = dirname(await makeFile('folder/b.bin', MEBIBYTE)); // fails when it has a channel already
    const good = [await makeFile('a.bin', 100), join(folder, 'b.bin')];

    const { status, stdout, stderr } = await runExample('transfer', { args: [missing, folder, ...good] });

    expect(status).toBe(1);
    expect(stderr.split('\n')).toEqual([
      expect.stringMatching(`^${missing}: ENOENT`),
      expect.stringMatching(`^${folder}: EISDIR`),
      '',
    ]);
    const found = new Map(rows(stdout).map((row) => [row.file, row.found]));
    expect(found).toEqual(
      new Map([
        [missing, 'failed'],
        [folder, 'failed'],
        [join(directory, 'a.bin'), 'matches'],
        [`${join(folder, 'b.bin')} (held back)`, 'matches'],
      ]),
    );
  });

  it('says how many of those that share a row have failed', async () => {
    const missing = Array.from({ length: 8 }, (_, i) => join(directory, `missing${i}.bin`));
    const good = await Promise.all([3, 2, 1].map((size) => makeFile(`${size}.bin`, size)));

    const { status, stdout } = await runExample('transfer', { args: [...missing, ...good] });

    expect(status).toBe(1);
    expect(rows(stdout).map(({ found }) => found)).toEqual([
      ...Array.from({ length: 5 }, () => 'failed'),
      '3 failed',
      ...Array.from({ length: 3 }, () => 'matches'),
    ]);
  });

  it('sends a few large and many small files of its own, cuts the connection twice, and removes them', async () => {
    const { status, stdout, stderr } = await runExample('transfer', { env: { TMPDIR: directory } });

    expect(stderr).toBe('');
    expect(status).toBe(0);
    const table = rows(stdout);
    expect(table.filter(({ file, bytes }) => file.includes('MiB') && bytes >= MEBIBYTE)).toHaveLength(4);
    expect(table.some(({ file }) => file === '56 smaller files')).toBe(true);
    expect(table).toHaveLength(9);
    expect(stdout).toMatch(/^64 of 64 files, /m);
    expect(stdout).toMatch(/^the connection was cut 2 times, and came back after \d+ and \d+ ms$/m);
    expect(stdout.split('\n').slice(0, 3)).toEqual([
      expect.stringMatching(/^Sends 64 files to another process, .* one TCP connection/),
      expect.stringMatching(/^The largest .* left unread .* none of them waits for it\.$/),
      expect.stringMatching(/^The connection is cut twice .* every SHA-256 matches\.$/),
    ]);
    expect(table.every(({ found }) => found === 'matches')).toBe(true);
    expect(table.at(-1)?.file).toMatch(/ \(held back\)$/);
    expect(await readdir(directory)).toEqual([]);
  });

  it('fails and removes its own files when it is interrupted', async () => {
    const { status, stderr } = await runExample('transfer', {
      env: { TMPDIR: directory },
      onStart: (child) => {
        child.stdout?.once('data', () => child.kill('SIGINT'));
      },
    });

    expect(status).toBe(1);
    expect(stderr).toContain('interrupted');
    expect(await readdir(directory)).toEqual([]);
  });

  it('says where its inspector is, while it runs', async () => {
    const file = await makeFile('one.bin', 1000);
    const { status, stdout, stderr } = await runExample('transfer', { args: ['--inspect', file] });
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect(stdout).toMatch(/^inspector: http:\/\/127\.0\.0\.1:\d+\/[\w-]{24}\/$/m);
    expect(rows(stdout)).toMatchObject([{ found: 'matches' }]);
  });
});
