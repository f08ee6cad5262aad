import { MultiBar, Presets } from 'cli-progress';
import { defer, finalize, type MonoTypeOperatorFunction, tap } from 'rxjs';
import { label } from './label.js';
import type { Outcome, Progress, SourceFile } from './sender.js';

/** Files that have a bar of their own. All others share one. */
const OWN_BARS = 8;

/** Shows how the files get on: as bars on a terminal, as lines elsewhere. */
export const showProgress =
  (files: readonly SourceFile[]): MonoTypeOperatorFunction<Progress | Outcome> =>
  (event$) =>
    defer(() => {
      const display = process.stdout.isTTY ? barDisplay() : lineDisplay();
      const bars = assignBars(files, display);
      return event$.pipe(
        tap((event) => {
          bars.get(event.file)?.update(event);
        }),
        finalize(() => {
          display.stop();
        }),
      );
    });

interface Display {
  add(label: string, size: number): Bar;
  stop(): void;
}

interface Bar {
  advance(bytes: number): void;
  finish(status: string): void;
}

/** The bar of one file, or of several together. */
class FilesBar {
  #unfinished: number;
  #failed = 0;
  readonly #bar: Bar;

  constructor(name: string, files: readonly SourceFile[], display: Display) {
    this.#unfinished = files.length;
    this.#bar = display.add(
      name,
      files.reduce((sum, { size }) => sum + size, 0),
    );
  }

  update(event: Progress | Outcome): void {
    if (event.type === 'progress') {
      this.#bar.advance(event.bytes);
      return;
    }
    this.#unfinished -= 1;
    this.#failed += event.error === undefined ? 0 : 1;
    if (this.#unfinished === 0) {
      this.#bar.finish(this.#failed === 0 ? 'arrived' : 'failed');
    }
  }
}

function assignBars(files: readonly SourceFile[], display: Display): Map<SourceFile, FilesBar> {
  const rest = files.slice(OWN_BARS);
  const bars = new Map<SourceFile, FilesBar>();
  for (const file of files.slice(0, OWN_BARS)) {
    bars.set(file, new FilesBar(label(file), [file], display));
  }
  if (rest.length > 0) {
    const shared = new FilesBar(`${rest.length} smaller files`, rest, display);
    rest.forEach((file) => bars.set(file, shared));
  }
  return bars;
}

function barDisplay(): Display {
  const bars = new MultiBar(
    {
      format: '{bar} {percentage}% {status} {name}',
      barsize: 24,
      stream: process.stdout,
      autopadding: true,
      hideCursor: true,
      linewrap: false,
      gracefulExit: false, // it would take Ctrl+C away from the program
    },
    Presets.shades_classic,
  );
  return {
    add(name, size) {
      const bar = bars.create(size, 0, {
        name: shorten(name, process.stdout.columns - 40),
        status: ''.padEnd(7),
      });
      return {
        advance(bytes) {
          bar.increment(bytes);
        },
        finish(status) {
          bar.update({ status: status.padEnd(7) });
        },
      };
    },
    stop() {
      bars.stop();
    },
  };
}

/** A line for each quarter that is on its way, and one at the end. */
function lineDisplay(): Display {
  return {
    add(name, size) {
      let sent = 0;
      let quarters = 0;
      return {
        advance(bytes) {
          sent += bytes;
          const now = Math.floor((4 * sent) / size);
          if (now > quarters && now < 4) {
            quarters = now;
            console.log(`${25 * now}%`.padStart(7), name);
          }
        },
        finish(status) {
          console.log(status.padStart(7), name);
        },
      };
    },
    stop: () => undefined,
  };
}

/** The end of a path says more than its beginning. */
function shorten(name: string, length: number): string {
  return name.length > length ? `…${name.slice(1 - length)}` : name;
}
