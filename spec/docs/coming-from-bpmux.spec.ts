import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { compile, type Example } from '../support/examples.js';
import { blocks } from '../support/markdown.js';
import { testTitles } from '../support/test-titles.js';

const root = join(__dirname, '..', '..');
const bpmux = join(root, 'node_modules', 'bpmux');
const read = (path: string): string => readFileSync(path, 'utf8');
const page = read(join(root, 'docs', 'coming-from-bpmux.md'));

/** The section that goes through bpmux's tests. */
const OWN_TESTS = 'What bpmux’s own tests cover';

/** A row of a table: its cells, without those of the head. */
interface Row {
  readonly heading: string;
  readonly cells: readonly string[];
}

const rows = page.split(/^## /m).flatMap((section): Row[] => {
  const [heading = ''] = section.split('\n');
  const [, , ...lines] = section.split('\n').filter((line) => line.startsWith('|'));
  return lines.map((line) => ({
    heading,
    cells: line
      .slice(1, -1)
      .split(/(?<!\\)\|/)
      .map((cell) => cell.trim()),
  }));
});

/** What stands in backquotes. */
const codes = (cell = ''): string[] =>
  [...cell.matchAll(/`([^`]+)`/g)].map(([, code = '']) => code.replaceAll('\\|', '|'));

/** The tests that a row names, `file › title`. */
const testsOf = ({ cells }: Row): string[] => codes(cells.at(-1)).filter((code) => code.includes(' › '));

/** The rows that show code: bpmux's, and rxmux's. */
const snippets = rows
  .filter(({ cells }) => cells.length === 4 && cells[1]?.includes('<br>'))
  .map(({ cells }) => codes(cells[1]));

const suite = new Set(
  ['spec', 'marble-tests'].flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
      .filter((path) => /\.(spec|marbles)\.ts$/.test(path))
      .map((path) => join(folder, path))
      .flatMap((path) =>
        testTitles(join(root, path), { tests: ['it'], blocks: ['describe'] }).map((titles) =>
          [path.replaceAll('\\', '/'), ...titles].join(' › '),
        ),
      ),
  ),
);

describe('docs/coming-from-bpmux.md', () => {
  it('names tests that there are, for every row', () => {
    expect(rows.length).toBeGreaterThan(100);
    const wrong = rows.flatMap((row) => {
      const tests = testsOf(row);
      return tests.length === 0
        ? [`no test: ${row.cells.join(' | ')}`]
        : tests.filter((test) => !suite.has(test)).map((test) => `no such test: ${test}`);
    });
    expect(wrong).toEqual([]);
  });

  describe('has a row for everything in bpmux:', () => {
    const source = read(join(bpmux, 'index.js'));
    const documentation = source + read(join(bpmux, 'events_doc.js'));
    /** The first groups of all matches, each once. */
    const all = (text: string, pattern: RegExp): string[] => [
      ...new Set([...text.matchAll(pattern)].flatMap((match) => match.slice(1).filter(Boolean))),
    ];

    it.each<[string, string[], string]>([
      ['what it exports', all(source, /^exports\.(\w+) =/gm), 'BPMux Http2Sessions'],
      [
        'options that it documents',
        all(documentation, /^ *- `\{[^}]+\}(?: \[|` `)(\w+)/gm),
        'peer_multiplex_options max_write_size check_read_overflow parse_handshake_data coalesce_writes ' +
          'high_channels max_open max_header_size keep_alive handshake_data channel',
      ],
      [
        'options that it reads',
        all(source, /options\.([a-z]\w*)/g),
        'max_write_size check_read_overflow max_open high_channels parse_handshake_data http2 headers ' +
          'max_header_size peer_multiplex_options coalesce_writes keep_alive handshake_data options channel',
      ],
      [
        'parameters that it documents',
        all(documentation, /@param \{[^}]+\} \[?(\w+)/g),
        'client server carrier options duplex handshake_data delay_handshake complete',
      ],
      [
        'methods',
        all(source, /^BP(?:Mux|Duplex)\.prototype\.([a-z]\w*) =/gm),
        'get_channel read peer_error_then_end multiplex',
      ],
      ['properties', all(source, /^ +this\.([a-z]\w*) = /gm), 'mux duplexes carrier'],
      [
        'events that it documents',
        all(documentation, /^BPMux\.events\.(\w+) =/gm),
        'peer_multiplex handshake handshake_sent drain end finish full removed keep_alive',
      ],
      [
        'events that it emits',
        all(source, /emit\('(\w+)'|'(\w+_sent)' : '(\w+_sent)'/g),
        'full error peer_multiplex pre_handshake_sent handshake_sent finish end close drain keep_alive removed handshake',
      ],
      [
        'errors',
        all(source, /new Error\('([^']+?):? ?'|const msg = `([^$`]+?) \$/g),
        'carrier stream finished before duplex finished,carrier stream ended before end message received,' +
          'too much data,header too big,short buffer length,peer error,unknown type,expected handshake, got,' +
          'full,closed,finished,ended,peer returned status',
      ],
      ['properties of errors', all(source, /\berr\.(\w+) = /g), 'carrier_done status duplex'],
      ['headers', all(source, /'(bpmux-\w+)'/g), 'bpmux-channel bpmux-handshake bpmux-error'],
    ])('%s', (_what, found, expected) => {
      const separator = expected.includes(',') ? /,(?! )/ : ' ';
      expect([...found].sort()).toEqual(expected.split(separator).sort()); // else the search has gone blind
      const words = rows
        .filter(({ heading }) => heading !== OWN_TESTS)
        .flatMap(({ cells }) => codes(cells[0]))
        .join('\n');
      const missing = found.filter((name) => !new RegExp(`(?<![\\w-])${name}(?![\\w-])`).test(words));
      expect(missing).toEqual([]);
    });

    it('its tests', () => {
      const tests = readdirSync(join(bpmux, 'test'))
        .filter((path) => path.endsWith('.js'))
        .flatMap((path) => testTitles(join(bpmux, 'test', path), { tests: ['it', 'calln'], blocks: [] }))
        .map((titles) => titles.join(' › '));
      expect(tests.length).toBeGreaterThan(70);
      const covered = rows
        .filter(({ heading }) => heading === OWN_TESTS)
        .map(({ cells }) => codes(cells[0])[0]);
      expect(covered).toEqual(tests);
    });
  });

  it('shows code of rxmux that compiles under strict', async () => {
    const given = blocks(page).find(({ code }) => code.includes('declare function use('));
    const lines = snippets.map(([, after]) => `  async () => { ${after} },`);
    const code = [given?.code, 'use(', ...lines, ');'].join('\n');
    const tables: Example = { place: 'the tables', file: 'tables.ts', code };
    expect(snippets.length).toBeGreaterThan(50);
    expect(snippets.filter((pair) => pair.length !== 2)).toEqual([]);
    const compiled = await compile([tables]);
    try {
      expect(compiled.diagnosticsOf(tables)).toEqual([]);
    } finally {
      await compiled.remove();
    }
  });
});
