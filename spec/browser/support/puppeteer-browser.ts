import puppeteer, { type LaunchOptions, type Page as PuppeteerPage } from 'puppeteer-core';
import type { Browser, Page } from './browser.js';
import { LISTEN } from './heard.js';

/** A browser that Puppeteer can drive. */
export async function launchWithPuppeteer(options: LaunchOptions): Promise<Browser> {
  const browser = await puppeteer.launch(options);
  return {
    version: await browser.version(),
    newPage: async () => {
      const page = await browser.newPage();
      await page.evaluateOnNewDocument(LISTEN);
      return pageOf(page);
    },
    close: () => browser.close(),
  };
}

const pageOf = (page: PuppeteerPage): Page => ({
  goto: async (url) => {
    await page.goto(url);
  },
  evaluate: (expression) => page.evaluate(expression),
  close: () => page.close(),
});
