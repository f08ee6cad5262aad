import type { Page } from './browser.js';

/** What has been heard of a page. */
export interface Heard {
  /** What was thrown and caught by nobody. */
  readonly uncaught: readonly string[];
  /** What was written to the console. */
  readonly printed: readonly string[];
}

/** Has a page remember {@link Heard}. Browsers' own protocols mix it with notices of theirs, such as lost connections. */
export const LISTEN = `
  globalThis.heard = { uncaught: [], printed: [] };
  addEventListener('error', ({ message }) => heard.uncaught.push(message));
  addEventListener('unhandledrejection', ({ reason }) => heard.uncaught.push(String(reason)));
  for (const level of ['debug', 'log', 'info', 'warn', 'error']) {
    console[level] = (...what) => heard.printed.push(what.join(' '));
  }
`;

/** What has been heard of a page so far. */
export const heardOf = (page: Page): Promise<Heard> => page.evaluate('heard') as Promise<Heard>;
