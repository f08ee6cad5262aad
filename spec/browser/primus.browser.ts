import { BPMux } from 'bpmux';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import Primus from 'primus';
import { PrimusDuplex } from 'primus-backpressure';
import { type PrimusExample, startPrimusExample } from '../examples/primus-example.js';
import { sha256 } from '../interop/support.js';
import type { Browser, Page } from './support/browser.js';
import { heardOf } from './support/heard.js';
import { launchBrowser } from './support/launch-browser.js';

const PIPES = 10;

let browser: Browser;
let example: PrimusExample;
let page: Page;

beforeAll(async () => {
  browser = await launchBrowser();
});

afterAll(() => browser.close());

beforeEach(async () => {
  example = await startPrimusExample();
  page = await browser.newPage();
});

afterEach(async () => {
  const heard = await heardOf(page);
  await page.close();
  await example.stop();
  expect(heard).toEqual({ uncaught: [], printed: [] });
});

/** The page's table, when all pipes have been sent back. */
async function rows(): Promise<string[][]> {
  const done = `[...document.querySelectorAll('tbody tr')]
    .map(({ innerText }) => innerText)
    .filter((text) => text.includes('sent back'))`;
  const texts = (await shown(done, `${done}.length === ${PIPES}`)) as readonly string[];
  return texts.map((row) => row.split('\t'));
}

/** What an expression comes to in the page, once a condition holds. */
const shown = (expression: string, condition: string): Promise<unknown> =>
  page.evaluate(`new Promise((resolve) => {
    const look = () => ${condition} ? resolve(${expression}) : setTimeout(look, 20);
    look();
  })`);

/** A server of bpmux, with the example's page and another Primus. */
async function bpmuxServer(sent: readonly Buffer[]) {
  const http = createServer((request, response) => {
    void fetch(new URL(request.url ?? '', example.url)).then(async (answer) => {
      response.writeHead(answer.status, { 'content-type': answer.headers.get('content-type') ?? '' });
      response.end(await answer.text());
    });
  });
  const primus = new Primus(http, { transformer: 'websockets' });
  const received = new Promise<Buffer[]>((resolve, reject) => {
    primus.once('connection', (spark) => {
      const mux = new BPMux(new PrimusDuplex(spark));
      const pipes = sent.map((bytes, pipe) => {
        const duplex = mux.multiplex({ handshake_data: Buffer.of(pipe) });
        return buffer(duplex.end(bytes));
      });
      Promise.all(pipes).then(resolve, reject);
    });
  });
  await once(http.listen(0, '127.0.0.1'), 'listening');
  return {
    url: `http://127.0.0.1:${(http.address() as AddressInfo).port}/`,
    received,
    stop: () =>
      new Promise<void>((resolve) => {
        primus.destroy({ close: true }, resolve);
      }),
  };
}

describe('the page of the Primus example', () => {
  it('shows what the server has sent, and sends it back', async () => {
    await page.goto(example.url);
    const shown = await rows();
    await example.printed('browser 1: all pipes are done');
    expect(example.lines.slice(0, -1).sort()).toEqual(
      shown.map(
        ([pipe, bytes, hash]) => `browser 1, pipe ${pipe}: ${bytes} bytes, SHA-256 ${hash}, came back`,
      ),
    );
  });

  it('serves several browsers at once', async () => {
    const other = await browser.newPage();
    await Promise.all([page.goto(example.url), other.goto(example.url)]);
    await Promise.all([1, 2].map((name) => example.printed(`browser ${name}: all pipes are done`)));
    await other.close();
  });

  it('shows and sends back what a server of bpmux sends', async () => {
    const sent = Array.from({ length: PIPES }, () => randomBytes(100_000));
    const server = await bpmuxServer(sent);
    try {
      await page.goto(server.url);
      expect((await server.received).map(sha256)).toEqual(sent.map(sha256));
      expect(await rows()).toEqual(
        sent.map((bytes, pipe) => [`${pipe}`, '100000', sha256(bytes), 'sent back']),
      );
    } finally {
      await server.stop();
    }
  });

  it('says that the connection is gone when the server is', async () => {
    await page.goto(example.url);
    await rows();
    await example.stop();
    // Some browsers tell of a connection without a closing handshake as an error, and some as a mere end.
    await shown('null', `/connection (closed|lost)/.test(document.body.innerText)`);
  });
});
