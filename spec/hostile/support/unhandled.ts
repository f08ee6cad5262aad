import { config } from 'rxjs';

const unhandled: unknown[] = [];
const note = (error: unknown): void => {
  unhandled.push(error);
};

/** Fails every test of the file after which an error or a rejection is left that nobody has handled. */
export function expectNothingUnhandled(): void {
  beforeAll(() => {
    config.onUnhandledError = note;
    process.on('unhandledRejection', note);
  });

  afterEach(async () => {
    await timersHaveRun();
    expect(unhandled.splice(0)).toEqual([]);
  });

  afterAll(() => {
    config.onUnhandledError = null;
    process.off('unhandledRejection', note);
  });
}

/** RxJS reports in a timer what nobody handles. Timers of the same length run in the order in which they were set. */
const timersHaveRun = (): Promise<void> => new Promise((resolve) => setTimeout(resolve));
