import * as fc from 'fast-check';
import { config } from 'rxjs';
import { closing, peaceful, type Program, show, stormy } from './operations.js';
import { run } from './run.js';

/** With RXMUX_SOAK set: fifty times as many programs. */
const FACTOR = process.env['RXMUX_SOAK'] === undefined ? 1 : 50;
/** Set it to what a failure has printed to see the failure again, and smaller. */
const SEED = process.env['RXMUX_SEED'];

const unhandled: unknown[] = [];
const note = (error: unknown): void => {
  unhandled.push(error);
};

beforeEach(() => {
  // RxJS reports what nobody handles in a timer; nothing else in here sets one.
  jest
    .spyOn(globalThis, 'setTimeout')
    .mockImplementation(((work: () => void) => setImmediate(work)) as unknown as typeof setTimeout);
  config.onUnhandledError = note;
  process.on('unhandledRejection', note);
});

afterEach(() => {
  config.onUnhandledError = null;
  process.off('unhandledRejection', note);
});

async function holds(programs: fc.Arbitrary<Program>, numRuns: number): Promise<void> {
  const property = fc.asyncProperty(programs, async (program) => {
    await run(program);
    expect(unhandled.splice(0)).toEqual([]);
  });
  const details = await fc.check(property, {
    numRuns: numRuns * FACTOR,
    endOnFailure: SEED === undefined, // to make it smaller may take longer than a test may
    ...(SEED !== undefined && { seed: Number(SEED) }),
  });
  if (details.failed) {
    const [program] = details.counterexample ?? [];
    const { seed, numShrinks, errorInstance } = details;
    throw new Error(
      `RXMUX_SEED=${seed}, after ${numShrinks} shrinks:\n${program === undefined ? '' : show(program)}\n\n` +
        (errorInstance instanceof Error ? errorInstance.message : String(errorInstance)),
    );
  }
}

const LIMIT = 60_000 * FACTOR;

it(
  'Every channel of two muxes that are left alone delivers what it was given and ends on both sides',
  async () => {
    await holds(peaceful, 2_000);
  },
  LIMIT,
);

it(
  'Muxes that close let open channels finish',
  async () => {
    await holds(closing, 1_000);
  },
  LIMIT,
);

it(
  'Nothing hangs, leaks or lies, whatever breaks',
  async () => {
    await holds(stormy, 2_000);
  },
  LIMIT,
);
