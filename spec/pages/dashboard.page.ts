import type { Browser, Locator, Page } from 'playwright-core';
import { Program } from '../examples/program.js';
import { launchChromium } from './support/launch-chromium.js';

describe('the dashboard', () => {
  let browser: Browser;
  let program: Program;
  let page: Page;
  const errors: string[] = [];

  beforeAll(async () => {
    program = new Program('dashboard/main.js', []);
    const [, url = ''] = await program.printed(/Open (\S+) in a browser/);
    browser = await launchChromium();
    page = await browser.newPage({ viewport: { width: 1180, height: 760 } });
    page.on('pageerror', (error) => errors.push(String(error)));
    page.on('console', (message) => errors.push(message.text()));
    await page.goto(url);
  });

  afterAll(async () => {
    await browser.close();
    await program.kill();
  });

  const card = (title: string): Locator => page.getByRole('button', { name: title });

  /** How many values a card has shown, and the number of the last one. */
  async function counts(of: Locator): Promise<{ readonly shown: number; readonly number: number }> {
    const [, shown = '0', number = '0'] = /(\d+) shown, now no\. (\d+)/.exec(await of.innerText()) ?? [];
    return { shown: Number(shown), number: Number(number) };
  }

  async function until(isSo: () => Promise<boolean>): Promise<void> {
    while (!(await isSo())) {
      await page.waitForTimeout(50);
    }
  }

  const hasShown = (of: Locator, count: number): Promise<void> =>
    until(async () => (await counts(of)).shown >= count);

  it('shows twenty feeds, each of them live', async () => {
    const cards = page.locator('main button[aria-pressed=true]');
    await cards.nth(19).waitFor();
    for (const one of await cards.all()) {
      await hasShown(one, 2);
    }
    expect(await cards.count()).toBe(20);
  });

  it('shows the latest of the slow one only, which holds up nobody', async () => {
    const [slow, fast] = [card('sensor 4, slow'), card('sensor 5')];
    await hasShown(slow, 10);
    const slowOnes = await counts(slow);
    const fastOnes = await counts(fast);
    expect(slowOnes.shown).toBeLessThan(fastOnes.shown / 4);
    // What it shows is at most some seconds old, of twenty values each: it has left out most.
    expect(slowOnes.number).toBeGreaterThan(fastOnes.number - 200);
    expect(slowOnes.number).toBeGreaterThan(4 * slowOnes.shown);
  });

  it('switches one off and on, and the others go on', async () => {
    const [one, other] = [card('sensor 7'), card('sensor 8')];
    await one.click();
    const before = await counts(one);
    await hasShown(other, (await counts(other)).shown + 20);
    expect(await counts(one)).toEqual(before);
    await one.click();
    await hasShown(one, before.shown + 5);
    expect((await counts(one)).number).toBeLessThan(before.number); // it has begun anew
  });

  /** The numbers of the values that the cards which are on show now. */
  async function numbers(): Promise<number[]> {
    const cards = await page.locator('main button[aria-pressed=true]').all();
    return (await Promise.all(cards.map(counts))).map(({ number }) => number);
  }

  it('goes on with every feed where it was when the connection is cut, again and again', async () => {
    const before = await numbers();
    for (let cut = 1; cut <= 5; cut += 1) {
      await page.getByRole('button', { name: 'Cut the connection' }).click();
      await page.getByText(`connected, resumptions: ${cut}`).waitFor();
    }
    for (const one of await page.locator('main button').all()) {
      await hasShown(one, (await counts(one)).shown + 3);
    }
    // A feed that had been subscribed to anew would have begun at 0.
    (await numbers()).forEach((number, index) => {
      expect(number).toBeGreaterThan(before[index] ?? Infinity);
    });
    expect(before).toHaveLength(20);
  });

  it('has logged nothing', () => {
    expect(errors).toEqual([]);
  });

  it('begins anew with every feed when the server was restarted', async () => {
    const { port } = new URL(page.url());
    const before = await numbers();
    await program.kill();
    await page.getByText('lost').waitFor();
    program = new Program('dashboard/main.js', [port]);
    await until(async () => (await numbers()).every((number, index) => number < (before[index] ?? 0)));
    for (const one of await page.locator('main button').all()) {
      await hasShown(one, (await counts(one)).shown + 3);
    }
  });
});
