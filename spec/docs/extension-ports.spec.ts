import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { runInThisContext } from 'node:vm';
import { lastValueFrom, toArray } from 'rxjs';
import ts from 'typescript';
import * as rxmux from '../../src/index.js';
import * as messagePort from '../../src/message-port.js';
import { blocks } from '../support/markdown.js';

/** A `chrome.runtime.Port`, as in Chrome: it sends what JSON can say. */
class ExtensionPort {
  other: ExtensionPort | undefined;
  readonly #onMessage: ((message: unknown) => void)[] = [];
  readonly #onDisconnect: (() => void)[] = [];
  readonly onMessage = {
    addListener: (listener: (message: unknown) => void) => this.#onMessage.push(listener),
  };
  readonly onDisconnect = { addListener: (listener: () => void) => this.#onDisconnect.push(listener) };

  postMessage(message: unknown): void {
    const text = JSON.stringify(message);
    setImmediate(() => {
      this.other?.hear(JSON.parse(text));
    });
  }

  hear(message: unknown): void {
    for (const listener of this.#onMessage) {
      listener(message);
    }
  }

  disconnected(): void {
    for (const listener of this.#onDisconnect) {
      listener();
    }
  }
}

describe('the port of a browser extension, in docs/carriers.md,', () => {
  /** The recipe's `muxOver`. */
  function recipe(): (port: ExtensionPort) => rxmux.Mux {
    const page = readFileSync(join(__dirname, '../../docs/carriers.md'), 'utf8');
    const code = blocks(page).find((block) => block.code.includes('portOf('))?.code ?? '';
    const { outputText } = ts.transpileModule(`${code}\nexport { muxOver };`, {
      compilerOptions: { module: ts.ModuleKind.CommonJS, target: ts.ScriptTarget.ES2022 },
    });
    const exported: Record<string, unknown> = {};
    const load = (name: string): unknown => (name === 'rxmux' ? rxmux : messagePort);
    const run = runInThisContext(`(require, exports) => {${outputText}\n}`) as (...args: unknown[]) => void;
    run(load, exported);
    return exported['muxOver'] as (port: ExtensionPort) => rxmux.Mux;
  }

  it('carries muxes, and fails them where it is disconnected', async () => {
    const muxOver = recipe();
    const [page, worker] = [new ExtensionPort(), new ExtensionPort()];
    [page.other, worker.other] = [worker, page];
    const [near, far] = [muxOver(page), muxOver(worker)];
    far.channels$.subscribe({
      next: ({ inbound$, outbound$ }) => inbound$.subscribe(outbound$),
      error: () => undefined,
    });
    const { inbound$, outbound$ } = near.open();
    const sent = Buffer.from(Array.from({ length: 100_000 }, (_, i) => i % 256));
    outbound$.next(sent);
    outbound$.complete();
    worker.hear('{"of":"others"}');
    expect(Buffer.concat(await lastValueFrom(inbound$.pipe(toArray()))).equals(sent)).toBe(true);
    const failed = lastValueFrom(near.channels$);
    page.disconnected();
    await expect(failed).rejects.toThrow('the port has been closed');
    far.destroy();
  });
});
