import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';

/** A built program of an example that runs as a process of its own. */
export class Program {
  /** All that it has printed, on both of its outputs. */
  output = '';
  /** Its exit code, or the signal that killed it. */
  readonly exit: Promise<number | NodeJS.Signals | null>;
  readonly #process: ChildProcess;
  readonly #onOutput = new Set<() => void>();

  /**
   * @param path - below `build/examples`
   * @param args - its arguments
   */
  constructor(path: string, args: readonly string[]) {
    const program = resolve('build/examples', path);
    if (!existsSync(program)) {
      throw new Error(`${program} is missing: run npm run build && npm run build:examples`);
    }
    const child = spawn(process.execPath, [program, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text: string) => {
        this.output += text;
        this.#tell();
      });
    }
    this.#process = child;
    this.exit = once(child, 'close').then((ended) => {
      const [code, signal] = ended as [number | null, NodeJS.Signals | null];
      this.#tell();
      return code ?? signal;
    });
  }

  /** The first match in what it prints, now or later. Fails where it ends without. */
  async printed(pattern: RegExp): Promise<RegExpExecArray> {
    for (;;) {
      const match = pattern.exec(this.output);
      if (match !== null) {
        return match;
      }
      if (this.#process.stdout?.closed && this.#process.stderr?.closed) {
        throw new Error(`ended without printing ${String(pattern)}:\n${this.output}`);
      }
      await new Promise<void>((done) => this.#onOutput.add(done));
    }
  }

  signal(signal: NodeJS.Signals): void {
    this.#process.kill(signal);
  }

  /** Ends it, if it runs. */
  async kill(): Promise<void> {
    this.signal('SIGKILL');
    await this.exit;
  }

  #tell(): void {
    this.#onOutput.forEach((listener) => {
      listener();
    });
    this.#onOutput.clear();
  }
}
