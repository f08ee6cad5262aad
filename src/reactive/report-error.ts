import { config } from 'rxjs';

/**
 * Reports what somebody's code has thrown where nobody is there to catch it, as RxJS reports an error that no subscriber
 * handles: to `config.onUnhandledError`, or as an exception in a timer. So it reaches nobody who had no part in it.
 */
export function reportError(error: unknown): void {
  const { onUnhandledError } = config;
  setTimeout(() => {
    if (onUnhandledError === null) {
      throw error;
    }
    onUnhandledError(error);
  });
}

/** Calls `work`. What it throws is reported, and the caller goes on. */
export function isolated(work: () => void): void {
  try {
    work();
  } catch (error) {
    reportError(error);
  }
}
