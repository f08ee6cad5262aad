import type { Browser, Locator, Page } from 'playwright-core';
import { Program } from '../examples/program.js';
import { launchChromium } from './support/launch-chromium.js';

jest.setTimeout(120_000);

/** What streams fail with whose gateway, or whose instance, is dead. */
const GATEWAY_IS_DEAD = 'failed: ERR_RXMUX_SESSION_REFUSED: the server does not know the session';
const INSTANCE_IS_DEAD = 'failed: ERR_RXMUX_CARRIER_ENDED: the connection behind the gateway is lost';

/** Those of two gateways with three services. */
const SESSIONS = 6;

/** A row of the page. */
interface Row {
  readonly name: string;
  readonly bytes: number;
  readonly state: string;
}

describe('the page of the gateway', () => {
  let browser: Browser;
  let program: Program;
  let page: Page;
  const errors: string[] = [];

  beforeAll(async () => {
    program = new Program('gateway/page/main.js', []);
    const [, url = ''] = await program.printed(/Open (\S+) in a browser/);
    browser = await launchChromium();
    page = await browser.newPage({ viewport: { width: 1000, height: 700 } });
    page.on('pageerror', (error) => errors.push(String(error)));
    await page.goto(url);
    await page.locator('tbody tr').nth(5).waitFor();
  });

  afterAll(async () => {
    await browser.close();
    program.signal('SIGTERM'); // it kills what it has started
    await program.exit;
  });

  const button = (name: RegExp | string): Locator => page.getByRole('button', { name });

  async function rows(): Promise<Row[]> {
    return page.locator('tbody tr').evaluateAll((found) =>
      found.map((row) => ({
        name: row.getAttribute('aria-label') ?? '',
        bytes: Number(row.children.item(2)?.textContent.replaceAll(',', '')),
        state: row.children.item(3)?.textContent ?? '',
      })),
    );
  }

  const namesOf = (of: readonly Row[]): string[] => of.map(({ name }) => name);

  async function until(isSo: (now: readonly Row[]) => boolean): Promise<Row[]> {
    for (;;) {
      const now = await rows();
      if (isSo(now)) {
        return now;
      }
      await page.waitForTimeout(50);
    }
  }

  /** Waits until each of them has got more bytes than it has now. */
  async function goOn(names: readonly string[]): Promise<Row[]> {
    const before = new Map((await rows()).map(({ name, bytes }) => [name, bytes]));
    return until((now) =>
      now
        .filter(({ name }) => names.includes(name))
        .every(({ name, bytes }) => bytes > (before.get(name) ?? 0)),
    );
  }

  const failed = (of: readonly Row[]): Row[] => of.filter(({ state }) => state !== 'runs');

  /** Waits until so many have failed, and the others have gone on since. Returns who has, and why. */
  async function fail(isEnough: (failures: readonly Row[]) => boolean): Promise<readonly Row[]> {
    const failures = failed(await until((now) => isEnough(failed(now))));
    const others = namesOf(await rows()).filter((name) => !namesOf(failures).includes(name));
    const later = await goOn(others);
    expect(failed(later).filter(({ name }) => others.includes(name))).toEqual([]);
    return failures;
  }

  /** How many sessions each instance has, once the page shows all: it looks at the processes now and then. */
  async function sessionsOf(instances: Locator): Promise<number[]> {
    for (;;) {
      const shown = await instances.evaluateAll((found) =>
        found.map((one) => Number(one.getAttribute('data-sessions'))),
      );
      if (shown.reduce((sum, some) => sum + some, 0) === SESSIONS) {
        return shown;
      }
      await page.waitForTimeout(50);
    }
  }

  it('shows streams of two clients to three services, whose bytes come back', async () => {
    const names = namesOf(await rows());
    expect(names).toEqual(
      [1, 2].flatMap((client) =>
        ['echo', 'invert', 'next'].map((service) => `${service} of client ${client}`),
      ),
    );
    expect(failed(await goOn(names))).toEqual([]);
  });

  it('goes on where its connections are cut', async () => {
    await button('Cut the connections').click();
    expect(failed(await goOn(namesOf(await rows())))).toEqual([]);
  });

  it('says why the streams of an instance that is killed have failed, and the others go on', async () => {
    const instances = page.locator('nav button[data-sessions]');
    const sessions = await sessionsOf(instances);
    const most = Math.max(...sessions);
    const busiest = instances.nth(sessions.indexOf(most));
    const name = /Kill (instance \d)/.exec(await busiest.innerText())?.[1] ?? '';

    await busiest.click();
    await button(`${name} is dead`).waitFor();
    // Each session of it has carried one stream: that of one service, by one gateway.
    const failures = await fail((soFar) => soFar.length >= most);
    expect(failures).toHaveLength(most);
    expect(new Set(failures.map(({ state }) => state))).toEqual(new Set([INSTANCE_IS_DEAD]));
  });

  it('opens them again, and another instance has them', async () => {
    await button('Open failed streams again').click();
    expect(failed(await goOn(namesOf(await rows())))).toEqual([]);
  });

  it('says why the streams of a gateway that is killed have failed, and the others go on', async () => {
    await button(/Kill gateway 1/).click();
    await button('gateway 1 is dead').waitFor();
    const failures = await fail((soFar) => soFar.length >= 3);
    expect(failures.map(({ name, state }) => ({ name, state }))).toEqual(
      ['echo', 'invert', 'next'].map((service) => ({
        name: `${service} of client 1`,
        state: GATEWAY_IS_DEAD,
      })),
    );
  });

  it('opens them again over the other gateway', async () => {
    await button('Open failed streams again').click();
    expect(failed(await goOn(namesOf(await rows())))).toEqual([]);
  });

  it('has had no error that nobody has caught', () => {
    expect(errors).toEqual([]);
  });
});
