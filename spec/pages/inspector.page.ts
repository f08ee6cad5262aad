import { readFile, writeFile } from 'node:fs/promises';
import { createServer, request as httpRequest, type IncomingMessage } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { extname, join } from 'node:path';
import type { Browser, Locator, Page } from 'playwright-core';
import { launchChromium } from './support/launch-chromium.js';
import { bundleElement, type Scene, startScene } from './support/start-scene.js';

const SECRET = 'the payload that nobody may see';

let browser: Browser;
/** What went wrong in pages. */
let errors: string[] = [];

beforeAll(async () => {
  browser = await launchChromium();
});

afterAll(() => browser.close());

beforeEach(() => {
  errors = [];
});

afterEach(() => {
  expect(errors).toEqual([]);
});

/** A page, of whose errors the tests hear. */
async function open(url: string, options: Parameters<Browser['newPage']>[0] = {}): Promise<Page> {
  const page = await browser.newPage({ viewport: { width: 1440, height: 900 }, ...options });
  page.on('pageerror', (error) => errors.push(String(error)));
  page.on('console', (message) => errors.push(message.text()));
  await page.goto(url);
  await page.locator('.row:visible').first().waitFor();
  return page;
}

/** The row of a channel. */
const row = (page: Page, name: string): Locator =>
  page.locator('.row:visible').filter({ has: page.locator('.name', { hasText: name }) });

/** The names of the channels, from the top. */
const names = (page: Page): Promise<string[]> =>
  page.locator('.row:visible').evaluateAll((rows) =>
    rows
      .map((one) => ({ at: Number(one.ariaRowIndex), name: one.querySelector('.name')?.textContent ?? '' }))
      .sort((a, b) => a.at - b.at)
      .map(({ name }) => name),
  );

/** How far a bar is filled, 0 … 1. */
const filled = (of: Locator, bar: string): Promise<number> =>
  of
    .locator(`.bar.${bar} .track`)
    .evaluate((track) => parseFloat(getComputedStyle(track).backgroundSize) / 100);

/** Comes back when it is true. */
async function until(holds: () => Promise<boolean>): Promise<void> {
  while (!(await holds())) {
    await new Promise((done) => setTimeout(done, 20));
  }
}

const selected = (page: Page): Locator => page.locator('.row[aria-selected="true"]:visible .name');

describe('the page of the inspector', () => {
  let scene: Scene;
  let page: Page;

  beforeAll(async () => {
    scene = await startScene();
  });

  afterAll(() => scene.stop());

  beforeEach(async () => {
    page = await open(scene.url);
  });

  afterEach(() => page.close());

  it('shows at the top which channels are stuck, why, and since when', async () => {
    const why = async (name: string): Promise<string> => {
      const wait = row(page, name).locator('.wait[data-kind="stuck"]');
      await wait.waitFor();
      return wait.locator('.words').innerText();
    };
    expect(await why('orders/eu-west')).toBe('peer does not read');
    expect(await why('audit-log')).toBe('not read here');
    expect(await why('login/grace')).toBe('no answer yet');
    expect((await names(page)).slice(0, 3).sort()).toEqual(['audit-log', 'login/grace', 'orders/eu-west']);
    await page.locator('.summary', { hasText: '3 stuck' }).waitFor();
    expect(await row(page, 'orders').locator('.wait .time').innerText()).toMatch(/^\d+(\.\d)? s$/);
  });

  it('shows a slow consumer by its bar, though it is not stuck', async () => {
    const slow = row(page, 'reports/daily');
    await slow
      .locator('.rate.in')
      .filter({ hasText: /^\d.* KiB\/s$/ })
      .waitFor(); // it is given more by and by
    expect(await slow.locator('.wait[data-kind="stuck"]').count()).toBe(0);
    await slow.locator('.bar.unread.full').waitFor();
    expect(await filled(slow, 'unread')).toBeGreaterThan(0.9);
    expect(await filled(row(page, 'prices/ACME'), 'unread')).toBeLessThan(0.1);
  });

  it('shows how far the window is used up, and what is queued', async () => {
    const orders = row(page, 'orders/eu-west');
    expect(await filled(orders, 'window')).toBe(1);
    expect(await filled(orders, 'queue')).toBeCloseTo(0.75, 1);
    expect(await orders.locator('.bar.queue .bar-text').innerText()).toBe('192 KiB');
  });

  it('shows the number of a channel after its name, though that is written from right to left', async () => {
    await page.keyboard.press(' '); // the picture stays as it is
    await page.locator('.pause', { hasText: 'Go on' }).waitFor();
    const gap = await row(page, 'orders/eu-west').evaluate((element) => {
      const [name, number] = ['.name', '.number'].map((part) => element.querySelector(part));
      if (name == null || number == null) {
        return NaN;
      }
      name.textContent = 'قناة';
      number.textContent = '#9';
      return number.getBoundingClientRect().left - name.getBoundingClientRect().right;
    });
    expect(gap).toBeGreaterThan(0);
  });

  it('shows each mux with its throughput', async () => {
    const card = page.locator('.card', { hasText: 'edge-1' });
    await card.locator('.legend .out b', { hasText: 'MiB/s' }).waitFor();
    expect(await card.locator('.facts').innerText()).toMatch(
      /channels\s+10 of 11\s.*round trip\s+\d+\.\d ms/s,
    );
    expect(await card.locator('canvas').count()).toBe(1);
    expect(await card.locator('.badge').innerText()).toBe('3 stuck');
  });

  it('shows the channels of one mux when its card is chosen, and of all when it is chosen again', async () => {
    await page.locator('.card', { hasText: 'partner' }).click();
    await until(async () => (await names(page)).length === 2);
    expect((await names(page)).sort()).toEqual(['catalogue', 'invoices']);
    await page.locator('.card', { hasText: 'partner' }).click();
    await until(async () => (await names(page)).length === 12);
  });

  it('sorts by what is clicked on, and the other way round when it is clicked on again', async () => {
    const head = page.locator('.head button', { hasText: 'Channel' });
    const sorted = (await names(page)).sort();
    await head.click();
    await until(async () => (await names(page)).join() === sorted.join());
    expect(await head.getAttribute('aria-sort')).toBe('ascending');
    await head.click();
    const reversed = [...sorted].reverse().join();
    await until(async () => (await names(page)).join() === reversed);
    await page.locator('.head button', { hasText: 'Out' }).click();
    await until(async () => (await names(page))[0] === 'backup/volume-3');
  });

  it('sorts by keyboard: the heads come after the table', async () => {
    const focused = page.locator('.head button:focus');
    const sorted = (await names(page)).sort();
    await page.locator('.table').focus();
    await page.keyboard.press('Tab');
    expect(await focused.innerText()).toBe('Channel');
    await page.keyboard.press('Enter');
    await until(async () => (await names(page)).join() === sorted.join());
    await page.keyboard.press('Space');
    const reversed = [...sorted].reverse().join();
    await until(async () => (await names(page)).join() === reversed);
    expect(await focused.getAttribute('aria-sort')).toBe('descending');
    expect(await page.locator('.detail').isVisible()).toBe(false);
  });

  it('shows what the filter lets through', async () => {
    await page.keyboard.press('/');
    await page.keyboard.type('prices');
    await until(async () => (await names(page)).length === 2);
    await page.locator('.summary', { hasText: '12 channels, 2 shown' }).waitFor();
    await page.locator('.filter').fill('stuck reader');
    await until(async () => (await names(page)).join() === 'audit-log');
    await page.locator('.filter').fill('nothing like that');
    await page.getByText('None of 12 channels has “nothing like that”.').waitFor();
    await page.keyboard.press('Escape');
    await until(async () => (await names(page)).length === 12);
  });

  it('shows a channel in detail: its state in words, its figures, its credit over time', async () => {
    await row(page, 'orders/eu-west').click();
    const detail = page.locator('.detail');
    await detail.locator('.why.stuck').waitFor();
    expect(await detail.locator('.why').innerText()).toMatch(
      /^For .* the application of the peer does not read\. 64\.0 KiB are there, or on the way\. 192 KiB are queued here\.$/,
    );
    expect(await detail.locator('h2').innerText()).toBe('orders/eu-west');
    expect(await detail.locator('.legend').first().innerText()).toMatch(
      /credit\s*0 B\s*in flight\s*64\.0 KiB\s*queued\s*192 KiB/,
    );
    const chart = detail.locator('.plot canvas').first();
    const drawn = await chart.evaluate((canvas: HTMLCanvasElement) => {
      const { data } = canvas.getContext('2d')?.getImageData(0, 0, canvas.width, canvas.height) ?? {
        data: [],
      };
      return Array.from(data).some((value) => value > 0);
    });
    expect(drawn).toBe(true);
    await page.keyboard.press('Escape');
    await detail.waitFor({ state: 'hidden' });
  });

  it('is worked by keyboard', async () => {
    await page.keyboard.press('ArrowDown');
    await until(async () => (await selected(page).count()) === 1);
    const [first, second] = await names(page);
    expect(await selected(page).innerText()).toBe(first);
    await page.keyboard.press('ArrowDown');
    await until(async () => (await selected(page).innerText()) === second);
    await page.keyboard.press('Enter');
    await page.locator('.detail h2', { hasText: second ?? '' }).waitFor();
    await page.keyboard.press('End');
    await until(async () => (await selected(page).innerText()) === (await names(page)).at(-1));
    await page.locator('.detail h2', { hasText: (await names(page)).at(-1) ?? '' }).waitFor(); // it follows
    await page.keyboard.press('PageUp');
    await page.keyboard.press('Home');
    await until(async () => (await selected(page).innerText()) === first);
    await page.keyboard.press('Escape');
    await page.locator('.detail').waitFor({ state: 'hidden' });
    const active = await page.locator('.table').getAttribute('aria-activedescendant');
    expect(active).toBe(await page.locator('.row[aria-selected="true"]').getAttribute('id'));
  });

  it('keeps its picture while it is paused, and can be walked through', async () => {
    await row(page, 'backup/volume-3').locator('.rate.out', { hasText: 'MiB/s' }).waitFor();
    await page.keyboard.press('Space');
    await page.getByRole('button', { name: 'Go on', pressed: true }).waitFor();
    await page.locator('.filter').fill('volume');
    await until(async () => (await names(page)).length === 1);
    const rate = await row(page, 'backup').locator('.rate.out').innerText();
    const since = await page.evaluate(() => performance.now());
    await page.waitForFunction((then) => performance.now() > then + 600, since); // more than two pictures
    expect(await row(page, 'backup').locator('.rate.out').innerText()).toBe(rate);
    await page.locator('.table').focus();
    await page.keyboard.press('Space');
    await until(async () => (await row(page, 'backup').locator('.rate.out').innerText()) !== rate);
  });

  it('shows what is most needed where there is little room', async () => {
    await page.setViewportSize({ width: 400, height: 700 });
    await row(page, 'orders/eu-west').locator('.wait .words').waitFor();
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(400);
    await row(page, 'orders/eu-west').click();
    await page.locator('.detail .why.stuck').waitFor();
    expect((await page.locator('.detail').boundingBox())?.width).toBeGreaterThan(340);
  });

  it.each(['light', 'dark'] as const)(
    'is as it is in the pictures of the documentation: %s',
    async (colorScheme) => {
      await page.emulateMedia({ colorScheme });
      await page.setViewportSize({ width: 1360, height: 680 });
      await page.locator('.interval').selectOption('100');
      await row(page, 'orders/eu-west').click();
      await page.waitForFunction(() => performance.now() > 11_000); // lines are long enough to be seen
      await page.mouse.move(0, 0);
      const picture = await page.screenshot({ scale: 'css' });
      expect(picture.length).toBeLessThan(150_000);
      if (process.env['RXMUX_PICTURES'] !== undefined) {
        await writeFile(join(__dirname, `../../docs/inspector-${colorScheme}.png`), picture);
      }
      const paper = await page
        .locator('.inspector')
        .evaluate((element) => getComputedStyle(element).backgroundColor);
      expect(paper).toBe(colorScheme === 'light' ? 'rgb(247, 247, 245)' : 'rgb(19, 20, 22)');
    },
  );

  it('draws the traffic of a channel in its row', async () => {
    await row(page, 'backup/volume-3').locator('.rate.out', { hasText: 'MiB/s' }).waitFor();
    const place = await page.locator('.head .spark').boundingBox();
    /** Pixels with ink in what the table draws over a row, in the column of that name. */
    const ink = (name: string): Promise<number> =>
      row(page, name).evaluate((element, left) => {
        const canvas = (element.getRootNode() as ShadowRoot).querySelector<HTMLCanvasElement>(
          '.sparks canvas',
        );
        const all = canvas?.getBoundingClientRect();
        if (canvas === null || all === undefined || Math.abs(all.left - left) > 10) {
          return NaN;
        }
        const { top, height } = element.getBoundingClientRect();
        const image = canvas
          .getContext('2d')
          ?.getImageData(0, (top - all.top) * devicePixelRatio, canvas.width, height * devicePixelRatio);
        return image?.data.filter((value, index) => index % 4 === 3 && value > 0).length ?? NaN;
      }, place?.x ?? NaN);
    await until(async () => (await ink('backup/volume-3')) > 20);
    expect(await ink('audit-log')).toBe(0);
    errors = errors.filter((error) => !error.includes('willReadFrequently')); // Chromium's own words
  });

  it('draws a channel in the colours of now, though they have changed while it was closed', async () => {
    await page.emulateMedia({ colorScheme: 'light' });
    await row(page, 'orders/eu-west').click();
    /** Whether something of a chart has that colour. */
    const hasColour = (colour: readonly number[]): Promise<boolean> =>
      page
        .locator('.detail canvas')
        .first()
        .evaluate((canvas, [red, green, blue]) => {
          const { width, height } = canvas as HTMLCanvasElement;
          const data =
            (canvas as HTMLCanvasElement).getContext('2d')?.getImageData(0, 0, width, height).data ??
            new Uint8ClampedArray();
          return data.some(
            (value, at) =>
              at % 4 === 0 &&
              value === red &&
              data[at + 1] === green &&
              data[at + 2] === blue &&
              data[at + 3] === 255,
          );
        }, colour);
    const [light, dark] = [
      [18, 144, 111],
      [76, 197, 160],
    ] as const;
    await until(() => hasColour(light));
    await page.keyboard.press('Escape');
    await page.locator('.detail').waitFor({ state: 'hidden' });
    await page.emulateMedia({ colorScheme: 'dark' });
    await page.keyboard.press('Enter');
    await until(() => hasColour(dark));
    errors = errors.filter((error) => !error.includes('willReadFrequently'));
  });

  it('shows errors as they come', async () => {
    await page.locator('.errors summary', { hasText: 'PeerError: peer error: QUOTA' }).waitFor();
    scene.tell('fault');
    await page.locator('.errors summary', { hasText: 'ProtocolError: unknown type' }).waitFor();
    await page.locator('.errors summary').click();
    expect(await page.locator('.errors li').first().innerText()).toMatch(
      /odd-peer\s.*ProtocolError: unknown type: 200/s,
    );
  });
});

describe('what the inspector tells', () => {
  let scene: Scene;

  beforeAll(async () => {
    scene = await startScene();
  });

  afterAll(() => scene.stop());

  it('has nothing of the payloads in it, nor of the words of errors', async () => {
    const page = await browser.newPage();
    const frames: string[] = [];
    page.on('websocket', (socket) => {
      socket.on('framereceived', ({ payload }) => frames.push(payload.toString('latin1')));
    });
    await page.goto(scene.url);
    await row(page, 'orders/eu-west').click();
    await page.locator('.detail .why.stuck').waitFor();
    await page.locator('.errors').waitFor();
    const traffic = frames.join('');
    expect(traffic).toContain('orders/eu-west');
    expect(traffic).not.toContain(SECRET);
    await page.close();
  });

  const status = async (path: string, headers: Record<string, string> = {}): Promise<number | undefined> => {
    const request = httpRequest(new URL(path, scene.url), { headers, agent: false }).end();
    const [response] = (await once(request, 'response')) as [IncomingMessage];
    response.resume();
    return response.statusCode;
  };

  it('is for who knows the address, and means this machine', async () => {
    expect(await status('/')).toBe(403);
    expect(await status('/page.js')).toBe(403);
    expect(await status(scene.url, { host: 'evil.example' })).toBe(403);
    expect(await status(scene.url, { host: 'localhost' })).toBe(200);
  });

  it('is not for pages of other origins, though they know the address', async () => {
    const elsewhere = createServer((_request, response) =>
      response.setHeader('content-type', 'text/html').end('<p>'),
    );
    await once(elsewhere.listen(0, '127.0.0.1'), 'listening');
    const page = await browser.newPage();
    await page.goto(`http://127.0.0.1:${(elsewhere.address() as AddressInfo).port}/`);
    const outcome = await page.evaluate(async (url) => {
      const socket = new WebSocket(new URL('live', url.replace('http', 'ws')));
      const opened = await new Promise<string>((done) => {
        socket.onopen = () => {
          done('opened');
        };
        socket.onclose = () => {
          done('refused');
        };
      });
      const read = await fetch(url).then(
        () => 'read',
        () => 'refused',
      );
      return { opened, read };
    }, scene.url);
    expect(outcome).toEqual({ opened: 'refused', read: 'refused' });
    await page.close();
    elsewhere.close();
  });
});

describe('the page of a process that ends', () => {
  it('says so, and keeps what was seen last', async () => {
    const scene = await startScene();
    const page = await open(scene.url);
    await scene.stop();
    await page.getByText('The process that was inspected is gone').waitFor();
    expect(await names(page)).toHaveLength(12);
    errors = errors.filter((error) => !error.includes('ERR_CONNECTION_REFUSED')); // Chromium's own words
    await page.close();
  });
});

describe('with a thousand channels', () => {
  let scene: Scene;
  let page: Page;

  beforeAll(async () => {
    scene = await startScene(1000);
    page = await open(scene.url);
    await page.locator('.summary', { hasText: '1,012 channels' }).waitFor();
    await page.locator('.interval').selectOption('100');
  }, 120_000);

  afterAll(async () => {
    await page.close();
    await scene.stop();
  });

  it('the page has rows for those only that are seen, wherever one scrolls', async () => {
    expect(await page.locator('.row').count()).toBeLessThan(60);
    await page.locator('.scroll').evaluate((scroll) => {
      scroll.scrollTop = scroll.scrollHeight / 2;
    });
    await until(async () => (await names(page)).some((name) => name === 'session/500'));
    expect(await page.locator('.row').count()).toBeLessThan(60);
    await page.locator('.table').focus();
    await page.keyboard.press('End');
    await until(async () => (await selected(page).count()) === 1);
    expect(await selected(page).innerText()).toBe((await names(page)).at(-1));
    await page.keyboard.press('Home');
    await until(async () => (await page.locator('.scroll').evaluate(({ scrollTop }) => scrollTop)) === 0);
  });

  it('the page takes less than 30 % of a processor, at ten pictures a second', async () => {
    const session = await page.context().newCDPSession(page);
    await session.send('Performance.enable');
    const figures = async (): Promise<Record<string, number>> => {
      const { metrics } = await session.send('Performance.getMetrics');
      return Object.fromEntries(metrics.map(({ name, value }) => [name, value]));
    };
    const pictures = await page.evaluateHandle(() => {
      const seen = { count: 0, waiting: (): void => undefined };
      new MutationObserver(() => {
        seen.count += 1;
        seen.waiting();
      }).observe(document.querySelector('body > div')?.shadowRoot as Node, {
        subtree: true,
        childList: true,
        characterData: true,
      });
      return seen;
    });
    const drawn = (): Promise<number> => pictures.evaluate(({ count }) => count);
    /** Waits in the page itself: to ask it time and again would be counted, too. */
    const draw = (more: number): Promise<void> =>
      pictures.evaluate(
        (seen, last) =>
          new Promise<void>((done) => {
            const end = seen.count + last;
            seen.waiting = () => {
              if (seen.count >= end) {
                done();
              }
            };
          }),
        more,
      );
    /** By the processor's own count, and for each picture: others may want the machine, too. */
    const secondsEach = async (): Promise<number> => {
      const [before, first] = [await figures(), await drawn()];
      await draw(50);
      const [after, last] = [await figures(), await drawn()];
      return ((after['ProcessTime'] ?? NaN) - (before['ProcessTime'] ?? NaN)) / (last - first);
    };
    const each = await secondsEach();
    expect(each).toBeGreaterThan(0);
    expect(10 * each).toBeLessThan(0.3);
  });
});

describe('<rxmux-inspector>', () => {
  let remove: () => Promise<void>;
  let url: string;
  let stop: () => void;

  beforeAll(async () => {
    const bundled = await bundleElement();
    ({ remove } = bundled);
    const types: Readonly<Record<string, string>> = { '.html': 'text/html', '.js': 'text/javascript' };
    const server = createServer((request, response) => {
      const path = request.url === '/' ? '/index.html' : (request.url ?? '');
      readFile(join(bundled.folder, 'site', path)).then(
        (file) => response.setHeader('content-type', types[extname(path)] ?? 'text/plain').end(file),
        () => response.writeHead(204).end(),
      );
    });
    await once(server.listen(0, '127.0.0.1'), 'listening');
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
    stop = () => {
      server.closeAllConnections();
      server.close();
    };
  });

  afterAll(async () => {
    stop();
    await remove();
  });

  it('shows the muxes that it is given, under a policy that allows no inline style', async () => {
    const page = await open(url);
    await row(page, 'unread').locator('.wait', { hasText: 'peer does not read' }).waitFor();
    expect(await row(page, 'unread').evaluate((element) => element.getBoundingClientRect().height)).toBe(32);
    expect(await page.evaluate('change()')).toBe(1);
    await row(page, 'unread').locator('.wait', { hasText: 'not read here' }).waitFor();
    await page.close();
  });

  it('keeps the channel that is selected where it is given more muxes', async () => {
    const page = await open(url);
    await row(page, 'unread').click();
    await until(async () => (await selected(page).count()) === 1);
    await page.evaluate('add()');
    await until(async () => (await page.locator('.row:visible').count()) === 2);
    const wait = page.locator('.row[aria-selected="true"]:visible .wait');
    await wait.filter({ hasText: 'peer does not read' }).waitFor();
    await page.close();
  });

  it('shows all channels again where the mux has left whose channels it was to show', async () => {
    const page = await open(url);
    await page.locator('.card').click();
    await page.locator('.card[aria-pressed="true"]').waitFor();
    await page.evaluate('change()');
    await row(page, 'unread').locator('.wait', { hasText: 'not read here' }).waitFor();
    await page.close();
  });

  it('works on where it has been taken out and put in again, by keyboard too', async () => {
    const page = await open(url);
    await page.evaluate('move()');
    await row(page, 'unread').locator('.wait', { hasText: 'peer does not read' }).waitFor();
    await page.locator('.table').focus();
    await page.keyboard.press('ArrowDown');
    await until(async () => (await selected(page).count()) === 1);
    await page.keyboard.press('Enter');
    await page.locator('.detail h2', { hasText: 'unread' }).waitFor();
    await page.close();
  });

  it('works on in another document', async () => {
    const page = await open(url);
    await page.evaluate('moveToFrame()');
    const rows = page.frameLocator('iframe').locator('.row:visible');
    await rows.locator('.wait', { hasText: 'peer does not read' }).waitFor();
    expect(await rows.evaluate((element) => element.getBoundingClientRect().height)).toBe(32);
    await page.close();
  });

  it('causes no error of its page where its muxes come later', async () => {
    const page = await open(url);
    expect(await page.evaluate('muxesLate()')).toEqual([]);
    await page.close();
  });
});
