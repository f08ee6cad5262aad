import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { launchBrowser } from './launch-browser.js';

/** What the tests need and not every browser has: globals of a page. */
const FEATURES = ['RTCPeerConnection', 'CompressionStream', 'WebTransport'] as const;

export type Feature = (typeof FEATURES)[number];

const LACKS = 'RXMUX_BROWSER_LACKS';

/** Finds out what the browser lacks, and says so. */
export async function findOut(): Promise<void> {
  // Some are there only for pages that come from somewhere.
  const server = createServer((_request, response) => {
    response.setHeader('content-type', 'text/html').end('<!doctype html>');
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const browser = await launchBrowser();
  try {
    const page = await browser.newPage();
    await page.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
    const lacks = (await page.evaluate(
      `${JSON.stringify(FEATURES)}.filter((name) => !(name in globalThis))`,
    )) as readonly string[];
    process.env[LACKS] = lacks.join(' ');
    console.log(`\n${browser.version}${lacks.map((name) => `, without ${name}`).join('')}`);
  } finally {
    await browser.close();
    server.close();
  }
}

/** `describe`, or what skips it where the browser lacks a feature. */
export const where = (feature: Feature | undefined): typeof describe.skip =>
  feature !== undefined && (process.env[LACKS] ?? '').split(' ').includes(feature) ? describe.skip : describe;
