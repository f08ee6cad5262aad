import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as wait } from 'node:timers/promises';
import { freePort } from '../../support/free-port.js';
import type { Browser, Page } from './browser.js';
import { LISTEN } from './heard.js';

/** Milliseconds after which a driver will not begin to listen any more. */
const PATIENCE = 20_000;

/** Does what the page is asked for, and tells what became of it: errors cannot be told as they are. */
const EVALUATE = `
  const [expression, done] = arguments;
  const failed = (error) => done({ error: String(error), stack: error?.stack });
  try {
    Promise.resolve((0, eval)(expression)).then((value) => done({ value }), failed);
  } catch (error) {
    failed(error);
  }
`;

/** How a driver is started. */
export interface Driver {
  readonly command: string;
  readonly environment: Readonly<Record<string, string>>;
}

/** A browser that has a driver of its own, which speaks WebDriver: a driver and a browser for each page. */
export async function launchWithWebDriver(driver: Driver, undo: () => Promise<void>): Promise<Browser> {
  const sessions = new Set<Session>();
  const newSession = async (): Promise<Session> => {
    const session = await Session.start(driver);
    sessions.add(session);
    return session;
  };
  const first = await newSession();
  return {
    version: first.version,
    newPage: async () => pageOf(await newSession()),
    close: async () => {
      await Promise.all([...sessions].map((session) => session.end()));
      await undo();
    },
  };
}

const pageOf = (session: Session): Page => ({
  goto: async (url) => {
    await session.ask('POST', '/url', { url });
    await session.evaluate(LISTEN); // from now on: earlier is not possible
  },
  evaluate: (expression) => session.evaluate(expression),
  close: () => session.end(),
});

/** One browser, and the process that drives it. */
class Session {
  private constructor(
    private readonly process: ChildProcess,
    private readonly url: string,
    readonly version: string,
  ) {}

  static async start({ command, environment }: Driver): Promise<Session> {
    const port = await freePort();
    const child = spawn(command, [`--port=${port}`], {
      stdio: 'ignore',
      env: { ...process.env, ...environment },
    });
    const driver = `http://127.0.0.1:${port}`;
    try {
      await listening(driver);
      const capabilities = { alwaysMatch: { timeouts: { script: 300_000 } } };
      const answer = (await request('POST', `${driver}/session`, { capabilities })) as {
        readonly sessionId: string;
        readonly capabilities: { readonly browserName: string; readonly browserVersion: string };
      };
      const { browserName, browserVersion } = answer.capabilities;
      return new Session(child, `${driver}/session/${answer.sessionId}`, `${browserName}/${browserVersion}`);
    } catch (error) {
      child.kill();
      throw error;
    }
  }

  ask(method: 'POST' | 'DELETE', path: string, body?: object): Promise<unknown> {
    return request(method, this.url + path, body);
  }

  async evaluate(expression: string): Promise<unknown> {
    const { value, error, stack } = (await this.ask('POST', '/execute/async', {
      script: EVALUATE,
      args: [expression],
    })) as { readonly value?: unknown; readonly error?: string; readonly stack?: string };
    if (error !== undefined) {
      throw new Error(`${error}\n${stack}`);
    }
    return value;
  }

  async end(): Promise<void> {
    if (this.process.exitCode === null && this.process.signalCode === null) {
      await this.ask('DELETE', '').catch(() => undefined); // it may be gone
      const exit = once(this.process, 'exit');
      this.process.kill();
      await exit;
    }
  }
}

async function listening(driver: string): Promise<void> {
  for (let tries = 0; ; tries += 1) {
    try {
      await fetch(`${driver}/status`);
      return;
    } catch (error) {
      if (tries * 50 > PATIENCE) {
        throw error;
      }
      await wait(50); // it does not say when it listens
    }
  }
}

async function request(method: string, url: string, body?: object): Promise<unknown> {
  const response = await fetch(url, { method, body: body === undefined ? null : JSON.stringify(body) });
  const { value } = (await response.json()) as { readonly value: unknown };
  if (!response.ok) {
    throw new Error(`${method} ${url}: ${JSON.stringify(value)}`);
  }
  return value;
}
