import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';

/** A process of the demonstration. It is killed when this one exits. */
export class Child {
  readonly name: string;
  /** Fulfilled when it has ended; rejected where it cannot be started. */
  readonly exit: Promise<void>;
  #output = '';
  #isOver = false;
  readonly #process: ChildProcess;
  readonly #onChange = new Set<() => void>();

  constructor(name: string, command: string, args: readonly string[]) {
    this.name = name;
    this.#process = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'] });
    for (const stream of [this.#process.stdout, this.#process.stderr]) {
      stream?.setEncoding('utf8').on('data', (text: string) => {
        this.#output += text;
        this.#changed();
      });
    }
    const killWithUs = (): void => {
      this.#process.kill('SIGKILL');
    };
    process.on('exit', killWithUs);
    this.exit = once(this.#process, 'close')
      .then(() => undefined)
      .finally(() => {
        process.off('exit', killWithUs);
        this.#isOver = true;
        this.#changed();
      });
    this.exit.catch(() => undefined); // whoever waits for it hears of it
  }

  /** 0 where it could not be started. */
  get pid(): number {
    return this.#process.pid ?? 0;
  }

  /** Its name, for people. */
  get title(): string {
    return `${this.name} (pid ${this.pid})`;
  }

  /** How often that is in what it has printed. */
  count(words: string): number {
    return this.#output.split(words).length - 1;
  }

  /** The first match in what it prints, now or later. Rejected where it ends without. */
  async printed(pattern: RegExp): Promise<RegExpExecArray> {
    for (;;) {
      const match = pattern.exec(this.#output);
      if (match !== null) {
        return match;
      }
      if (this.#isOver) {
        await this.exit;
        throw new Error(`${this.title} has ended without printing ${String(pattern)}:\n${this.#output}`);
      }
      await new Promise<void>((resolve) => this.#onChange.add(resolve));
    }
  }

  /** @returns a promise that is fulfilled when it has ended */
  end(signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
    this.#process.kill(signal);
    return this.exit;
  }

  /** What it has ended with: its status, or the signal; `null` while it runs. */
  get status(): number | string | null {
    return this.#process.exitCode ?? this.#process.signalCode;
  }

  #changed(): void {
    for (const listener of this.#onChange) {
      listener();
    }
    this.#onChange.clear();
  }
}
