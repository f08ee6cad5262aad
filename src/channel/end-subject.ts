import { Subject } from 'rxjs';
import { isolated } from '../reactive/report-error.js';
import type { HalfEnd } from './half-end.js';

/** What is handed out of a half: of its type no more is known here. */
type HandedOut = Pick<Subject<unknown>, 'closed'>;

/**
 * Ends a Subject that has been handed out, as its half has ended, by the methods that every Subject has. What subscribers
 * throw is reported. Nothing happens while there is no Subject or no end, and where the application has closed the Subject.
 */
export function endSubject(subject$: HandedOut | undefined, end: HalfEnd | undefined): void {
  if (subject$ === undefined || end === undefined || subject$.closed) {
    return;
  }
  isolated(() => {
    if ('error' in end) {
      Subject.prototype.error.call(subject$, end.error);
    } else {
      Subject.prototype.complete.call(subject$);
    }
  });
}

/** A new Subject, ended where its half has. */
export function endedAs<S extends HandedOut>(end: HalfEnd | undefined, subject$: S): S {
  endSubject(subject$, end);
  return subject$;
}
