import { config } from 'rxjs';
import { isolated, reportError } from '../../src/reactive/report-error.js';

describe('reportError', () => {
  afterEach(() => {
    config.onUnhandledError = null;
  });

  it('tells config.onUnhandledError, in a timer', async () => {
    const error = new Error('mistake');
    const told = new Promise((resolve) => {
      config.onUnhandledError = resolve;
    });
    reportError(error);
    expect(await told).toBe(error);
  });

  it('is an exception in a timer where there is no such function', () => {
    const works: (() => void)[] = [];
    jest
      .spyOn(globalThis, 'setTimeout')
      .mockImplementation(((work: () => void) => works.push(work)) as never);
    const error = new Error('mistake');
    reportError(error);
    expect(works).toHaveLength(1);
    expect(works[0]).toThrow(error);
  });
});

describe('isolated', () => {
  it('calls the work, and lets the caller go on where it throws', async () => {
    const work = jest.fn();
    isolated(work);
    expect(work).toHaveBeenCalledTimes(1);
    const error = new Error('mistake');
    const reported = new Promise((resolve) => {
      config.onUnhandledError = resolve;
    });
    isolated(() => {
      throw error;
    });
    expect(await reported).toBe(error);
    config.onUnhandledError = null;
  });
});
