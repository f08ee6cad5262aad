/** What became of one case in this engine. */
export interface Result {
  readonly name: string;
  readonly outcome: 'passed' | 'failed' | 'skipped';
  /** What failed, or which feature the engine lacks. */
  readonly why?: string;
}

/** A case, or the feature that the engine lacks for it. */
export interface Case {
  readonly name: string;
  readonly lacks?: string | undefined;
  /** Milliseconds after which it is taken for one that hangs, where it may take longer than most. */
  readonly patience?: number | undefined;
  readonly run: () => Promise<void>;
}

/** Milliseconds after which a case is taken for one that hangs, unless it says so itself. */
const PATIENCE = 30_000;

/** Runs cases one after the other, and prints what becomes of each as a line of JSON. */
export async function runCases(cases: Iterable<Case>): Promise<void> {
  for (const { name, lacks, patience = PATIENCE, run } of cases) {
    if (lacks !== undefined) {
      print({ name, outcome: 'skipped', why: lacks });
      continue;
    }
    try {
      await inTime(run(), patience);
      print({ name, outcome: 'passed' });
    } catch (error) {
      print({ name, outcome: 'failed', why: describe(error) });
    }
  }
}

/** What was thrown and caught by nobody fails, too. */
export function reportUncaught(): void {
  const report = (error: unknown): void => {
    print({ name: 'nothing is thrown that nobody catches', outcome: 'failed', why: describe(error) });
  };
  process.on('uncaughtException', report);
  process.on('unhandledRejection', report);
}

const print = (result: Result): void => {
  console.log(JSON.stringify(result));
};

const describe = (error: unknown): string =>
  error instanceof Error ? (error.stack ?? error.message) : String(error);

async function inTime(work: Promise<void>, patience: number): Promise<void> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const outOfTime = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => {
      reject(new Error(`not within ${patience} ms`));
    }, patience);
  });
  try {
    await Promise.race([work, outOfTime]);
  } finally {
    clearTimeout(timer);
  }
}
