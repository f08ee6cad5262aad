import { Subject } from 'rxjs';
import { isolated } from '../reactive/report-error.js';
import type { HalfEnd } from './half-end.js';

/**
 * Ends a Subject that has been handed out, as its half has ended, by the methods that every Subject has. What subscribers
 * throw is reported. Nothing happens while there is no Subject or no end, and where the application has closed the Subject.
 */
export function endSubject<T>(subject$: Subject<T> | undefined, end: HalfEnd | undefined): void {
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
