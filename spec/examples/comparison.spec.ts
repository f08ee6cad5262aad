import { type Run, runExample, TEST_TIMEOUT } from './run-example.js';

const MEBIBYTE = 1024 * 1024;

/** The line about `contender`: its name, the bytes of both channels, and a note. */
function result(stdout: string, contender: string) {
  const line = stdout.split('\n').find((candidate) => candidate.startsWith(contender)) ?? '';
  const [, zero, one, note] = line.split(/ +/);
  return { zero: count(zero), one: count(one), note };
}

const count = (printed = ''): number => Number(printed.replaceAll(',', ''));

describe('the comparison of what an unread channel does to another', () => {
  let run: Run;

  beforeAll(async () => {
    run = await runExample('comparison');
  }, TEST_TIMEOUT);

  it('ends well', () => {
    expect(run.status).toBe(0);
  });

  it.each(['rxmux', 'bpmux'])('shows that the other channel receives everything over %s', (contender) => {
    const { zero, one, note } = result(run.stdout, contender);
    expect(one).toBeGreaterThanOrEqual(16 * MEBIBYTE);
    expect(zero).toBeGreaterThan(0);
    expect(zero).toBeLessThan(MEBIBYTE);
    expect(note).toBeUndefined();
  });

  it('shows that the other channel starves over multiplex', () => {
    const { zero, one, note } = result(run.stdout, 'multiplex');
    expect(one).toBeLessThan(MEBIBYTE);
    expect(zero).toBeLessThan(MEBIBYTE);
    expect(note).toBe('starved');
  });
});
