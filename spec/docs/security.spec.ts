import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { channelSettings, muxSettings } from '../../src/options.js';

const root = join(__dirname, '..', '..');
const page = readFileSync(join(root, 'docs', 'security.md'), 'utf8');

describe('docs/security.md', () => {
  const promises = page.split('## Promises')[1]?.split('\n## ')[0] ?? '';
  const held = [...promises.matchAll(/^- `([^`]+)`: "([^"]+)"$/gm)].map(([, file = '', title = '']) => ({
    file,
    title,
  }));

  it('has a test for each promise', () => {
    const paragraphs = promises.split(/^(?=\*\*)/m).slice(1);
    expect(paragraphs.length).toBeGreaterThan(5);
    expect(paragraphs.filter((paragraph) => !/^- `/m.test(paragraph))).toEqual([]);
    expect(held).toHaveLength(promises.split('\n- ').length - 1);
  });

  it.each(held)('names a test that there is: $file, $title', ({ file, title }) => {
    const source = readFileSync(join(root, file), 'utf8');
    expect([`'${title}'`, `\`${title}\``].some((text) => source.includes(text))).toBe(true);
  });

  it('tells the defaults', () => {
    const defaults = { ...muxSettings(undefined), ...channelSettings(undefined) };
    for (const option of [
      'maxMemory',
      'maxOpen',
      'acceptBacklog',
      'maxHeaderSize',
      'highWaterMark',
      'maxHighWaterMark',
      'maxBufferedBytes',
    ] as const) {
      const [, told = ''] =
        new RegExp(`^\\|[^|]*\\| \`${option}\` *\\| ([\\d ]+?) *\\|`, 'm').exec(page) ?? [];
      expect([option, Number(told.replaceAll(' ', ''))]).toEqual([option, defaults[option]]);
    }
  });
});
