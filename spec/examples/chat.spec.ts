import { readFileSync } from 'node:fs';
import { type Run, runExample, TEST_TIMEOUT } from './run-example.js';

describe('the chat', () => {
  let run: Run;

  beforeAll(async () => {
    run = await runExample('chat');
  }, TEST_TIMEOUT);

  const heardAt = (name: string): string[] =>
    run.stdout
      .split('\n')
      .filter((line) => line.startsWith(`[at ${name}'s] `))
      .map((line) => line.replace(/^.*?] /, ''));

  it('ends well', () => {
    expect([run.status, run.stderr]).toEqual([0, '']);
  });

  it('carries what each one says to all who are there', () => {
    expect(heardAt('Ada')).toEqual(expect.arrayContaining(['Ada has come', 'Ada: hello', 'Ada: bye']));
    expect(heardAt('Ada')).toContain('Grace: good morning');
    expect(heardAt('Grace')).toEqual(expect.arrayContaining(['Ada: hello', 'Grace: good morning']));
  });

  it('tells who has gone', () => {
    expect(heardAt('Ada')).toContain('Grace has gone');
  });

  it('has fewer than 60 lines', () => {
    expect(readFileSync('examples/chat/main.ts', 'utf8').split('\n').length).toBeLessThan(60);
  });
});
