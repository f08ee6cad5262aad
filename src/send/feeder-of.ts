import { type InteropObservable, observable, type ObservableInput } from 'rxjs';
import { show } from '../arguments.js';
import type { Feed, Intake } from './feed.js';
import type { Overflow } from './overflow.js';
import { Pull } from './pull.js';
import { Push } from './push.js';
import { valuesOf } from './values-of.js';

/**
 * What feeds an intake with the values of `source`: an Observable pushes them, everything else is pulled.
 *
 * @throws TypeError where `source` is no `ObservableInput`
 */
export function feederOf<T>(source: ObservableInput<T>, overflow: Overflow): (intake: Intake<T>) => Feed {
  if (isObservable(source)) {
    return (intake) => new Push(source, intake, overflow);
  }
  const open = valuesOf(source);
  if (open === undefined) {
    throw new TypeError(`source must be an ObservableInput, got ${show(source)}`);
  }
  return (intake) => new Pull(open, intake);
}

/** Whether it is an Observable, be it of another library. */
function isObservable<T>(source: ObservableInput<T>): source is InteropObservable<T> {
  return typeof (Object(source) as Record<PropertyKey, unknown>)[observable] === 'function';
}
