import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { extname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import type { Browser, Locator, Page } from 'playwright-core';
import { launchChromium } from './support/launch-chromium.js';

const root = join(__dirname, '..', '..');
const site = join(root, 'site');
const run = promisify(execFile);

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html',
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.svg': 'image/svg+xml',
};

let browser: Browser;
let server: Server;
let origin: string;
let page: Page;
/** What went wrong in the page. */
let errors: string[];

beforeAll(async () => {
  await run(process.execPath, [join(root, 'scripts', 'site.mjs')]);
  server = createServer(({ url = '/' }, response) => {
    const given = join(site, decodeURI(new URL(url, 'http://site').pathname));
    const path = existsSync(given) && statSync(given).isDirectory() ? join(given, 'index.html') : given;
    if (existsSync(path)) {
      response.writeHead(200, { 'content-type': TYPES[extname(path)] ?? 'application/octet-stream' });
      response.end(readFileSync(path));
    } else {
      response.writeHead(404).end();
    }
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  browser = await launchChromium();
}, 300_000);

afterAll(async () => {
  await browser.close();
  server.close();
});

beforeEach(async () => {
  errors = [];
  page = await browser.newPage();
  page.on('pageerror', (error) => errors.push(String(error)));
  page.on('console', (message) => errors.push(message.text()));
  page.on('response', (response) => {
    if (!response.ok()) {
      errors.push(`${response.status()} ${response.url()}`);
    }
  });
});

afterEach(async () => {
  await page.close();
  expect(errors).toEqual([]);
});

describe('the site', () => {
  it('has a page for each of the repository’s, and for each entry of the package', () => {
    const documents = readdirSync(join(site, 'documents'));
    expect(documents).toEqual(
      expect.arrayContaining(['Flow_control.html', 'Lifecycle.html', 'Changelog.html', 'Decisions.html']),
    );
    const pages = readdirSync(join(root, 'docs')).filter((name) => name.endsWith('.md'));
    expect(documents.length).toBeGreaterThan(pages.length);
    const { exports: entries } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
      exports: Readonly<Record<string, unknown>>;
    };
    const modules = readdirSync(join(site, 'modules'));
    const names = Object.keys(entries).filter((name) => name !== './package.json');
    const expected = names.map((name) => `${name.replace(/^\./, 'rxmux').replace('/', '_')}.html`);
    expect(modules.sort()).toEqual(expected.sort());
  });

  it('has no page with an error in the console', async () => {
    const pages = readdirSync(site, { recursive: true, encoding: 'utf8' }).filter(
      (path) => /^(documents|modules)\/|^[^/]*$/.test(path) && path.endsWith('.html'),
    );
    expect(pages.length).toBeGreaterThan(30);
    for (const path of pages) {
      await page.goto(`${origin}/${encodeURI(path)}`);
      expect([path, errors]).toEqual([path, []]);
    }
  });

  it('is not made where a link leads nowhere', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'rxmux-links-'));
    await writeFile(
      join(folder, 'a.html'),
      '<p id="here"><a href="b.html#there"></a><a href="#here"></a><a href="#gone"></a>',
    );
    await writeFile(
      join(folder, 'b.html'),
      '<p id="there"><a href="a.html#here"></a><img src="c.png"><a href="https://x">',
    );
    const script = pathToFileURL(join(root, 'scripts', 'site', 'broken-links.mjs')).href;
    const program = `import { brokenLinks } from '${script}'; console.log(JSON.stringify(brokenLinks('${folder}')));`;
    const { stdout } = await run(process.execPath, ['--input-type=module', '--eval', program]);
    expect(JSON.parse(stdout)).toEqual(['a.html: #gone', 'b.html: c.png']);
    await rm(folder, { recursive: true });
  });
});

describe('the playground', () => {
  const row = (name: string): Locator => page.locator('tbody tr', { hasText: name });
  const button = (name: string): Locator => page.getByRole('button', { name });
  const shows = (name: string, text: RegExp): Promise<void> => row(name).filter({ hasText: text }).waitFor();
  const moves = (name: string, rate: RegExp): Promise<void> =>
    row(name).locator('td.number').filter({ hasText: rate }).waitFor();
  const SOME = /\d [kM]B\/s$/;
  const NONE = /^0 B\/s$/;
  const setLine = (id: string, value: string): Promise<void> => page.locator(`#${id}`).fill(value);

  beforeEach(async () => {
    await page.goto(`${origin}/playground/index.html`);
    await row('download 4').waitFor(); // the last that it makes by itself
  });

  it('pauses one channel, and the others go on with the whole line', async () => {
    await moves('download 2', SOME);
    await row('download 3').getByRole('button', { name: 'Pause' }).click();
    await shows('download 3', /nobody reads: its window is full/);
    await moves('download 3', NONE);
    await moves('download 2', SOME);
    await page.locator('#use', { hasText: /^(9\d|100) %$/ }).waitFor();
    await row('download 3').getByRole('button', { name: 'Go on' }).click();
    await moves('download 3', SOME);
  });

  it('answers questions while the line is full, and slower', async () => {
    await setLine('rate', '40');
    await page.locator('#rate-value', { hasText: '158 kB/s' }).waitFor();
    await page.locator('#use', { hasText: /^(9\d|100) %$/ }).waitFor();
    await shows('question 1', /\d+ ms/);
  });

  it('lets a channel of a lower number go first', async () => {
    await moves('download 2', SOME);
    await row('download 2').getByRole('combobox').selectOption('0');
    await moves('download 3', NONE);
    await moves('download 4', NONE);
    await moves('download 2', SOME);
  });

  it('goes on where it was after the connection has been cut', async () => {
    await moves('download 2', SOME);
    await button('Cut the connection').click();
    await page.locator('#connection', { hasText: 'lost' }).waitFor();
    await moves('download 2', NONE);
    await page.locator('#connection', { hasText: 'connected' }).waitFor();
    await moves('download 2', SOME);
    await moves('question 1', /\d ms$/);
  });

  it('shows both ends in the inspector, and there what is stuck', async () => {
    const inspector = page.locator('rxmux-inspector');
    await inspector.getByText('8 channels').waitFor();
    await row('download 3').getByRole('button', { name: 'Pause' }).click();
    await inspector.getByText('not read here').waitFor();
    await inspector.getByText('peer does not read').waitFor();
  });

  it('adds channels, and stops them', async () => {
    await button('Add a download').click();
    await moves('download 5', SOME);
    await row('download 5').getByRole('button', { name: 'Stop' }).click();
    await shows('download 5', /stopped/);
    await row('download 5').getByRole('button', { name: 'Remove' }).click();
    await row('download 5').waitFor({ state: 'detached' });
  });
});
