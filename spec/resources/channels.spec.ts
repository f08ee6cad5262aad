import { growth, type Report } from './growth.js';
import { lives } from './programs/lives.js';
import { runProgram } from './run-program.js';

/** With this environment variable set, as many come and go as in months of use. */
const isSoak = process.env['RXMUX_SOAK'] !== undefined;

const TIMEOUT = isSoak ? 1_200_000 : 60_000;

/** Channels of each kind. */
const MANY = isSoak ? 1_000_000 : 20_000;
const SOME = isSoak ? 100_000 : 3000;

/** Bytes that a channel which is gone may have left behind: less than a number in a Set. */
const NOTHING = 16;

/** What is old is not collected by itself. */
const FLAGS_OF_YOUNG = ['--expose-gc', '--initial-old-space-size=1024'];

describe('channels that are gone', () => {
  it.each(Object.keys(lives).map((name, index) => [name, index === 0 ? MANY : SOME] as const))(
    'leave nothing behind where they %s (%d of them)',
    async (name, count) => {
      const report = (await runProgram('channels-come-and-go', [name, String(count)], TIMEOUT)) as Report;
      expect(growth(report)).toBeLessThan(NOTHING);
    },
    TIMEOUT,
  );

  it(
    'leave nothing behind where the peer ended them before it opened them',
    async () => {
      const report = (await runProgram('early-ends-come-and-go', [String(SOME)], TIMEOUT)) as Report;
      expect(growth(report)).toBeLessThan(NOTHING);
    },
    TIMEOUT,
  );

  it.each([
    ['Subjects', 4096],
    ['Duplexes', 4096],
  ] as const)(
    'leave nothing behind where thousands were open at once, as %s, of %d bytes at most',
    async (kind, size) => {
      const { perOpenChannel, perRemovedChannel } = (await runProgram(
        'channels-stay-open',
        [String(isSoak ? 60_000 : 5000), kind],
        TIMEOUT,
      )) as { perOpenChannel: number; perRemovedChannel: number };
      expect(perRemovedChannel).toBeLessThan(NOTHING);
      expect(perOpenChannel).toBeLessThan(size); // both ends together
    },
    TIMEOUT,
  );

  it.each(['end both halves', 'end as Duplexes'])(
    'are gone with the next collection of what is young, where they %s',
    async (name) => {
      const report = await runProgram('channels-die-young', [name, '5000'], TIMEOUT, FLAGS_OF_YOUNG);
      const { perChannel } = report as { perChannel: number };
      expect(perChannel).toBeLessThan(1024); // both ends together, and what the engine has learned
    },
    TIMEOUT,
  );

  it(
    'are garbage while their mux lives on, though the application has kept its subscriptions',
    async () => {
      const { watched, alive } = (await runProgram('channels-go', [], TIMEOUT)) as {
        watched: number;
        alive: string[];
      };
      expect(watched).toBeGreaterThan(10 * Object.keys(lives).length);
      expect(alive).toEqual([]);
    },
    TIMEOUT,
  );
});
