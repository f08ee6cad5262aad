import { noop, type ObservableInput, type Subscriber } from 'rxjs';
import type { Intake } from './feed.js';
import { feederOf } from './feeder-of.js';
import { failureOf, isNodeStream } from './node-stream.js';

/**
 * A source that may have to wait until it is read. A Node stream that fails meanwhile does not end the process: it says so
 * again when it is read.
 *
 * @param source - where there is one
 * @returns lets go of it, where nobody wants anything of it: what holds something already, such as a stream. It is given a
 *   subscriber that is closed: what the source throws comes too late for it, and goes where RxJS has all such
 */
export function unread(
  source: ObservableInput<unknown> | undefined,
): (subscriber: Subscriber<never>) => void {
  if (source === undefined) {
    return noop;
  }
  if (isNodeStream(source)) {
    void failureOf(source);
  }
  return (subscriber) => {
    // What is skipped gives nothing, and says nothing but that it fails.
    const intake: Pick<Intake<unknown>, 'fail'> = {
      fail: (error) => {
        subscriber.error(error);
      },
    };
    feederOf(source, 'drop')(intake as Intake<unknown>).skip();
  };
}
