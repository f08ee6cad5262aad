import type { ObservableInput, Subscriber } from 'rxjs';
import type { Intake } from './feed.js';
import { feederOf } from './feeder-of.js';

/**
 * Lets go of a source of which nobody wants anything: what holds something already, such as a stream.
 *
 * @param source - has not been read
 * @param subscriber - is closed; what the source throws comes too late for it, and goes where RxJS has all such
 */
export function skip(source: ObservableInput<unknown> | undefined, subscriber: Subscriber<never>): void {
  if (source === undefined) {
    return;
  }
  // What is skipped gives nothing, and says nothing but that it fails.
  const intake: Pick<Intake<unknown>, 'fail'> = {
    fail: (error) => {
      subscriber.error(error);
    },
  };
  feederOf(source, 'drop')(intake as Intake<unknown>).skip();
}
