import { observable } from 'rxjs';

/** Whether a value stands for many that come one by one: an Observable, an async iterable, a WHATWG stream. */
export function isStream(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) {
    return false; // a string has its methods, too
  }
  const given = value as Partial<Record<PropertyKey, unknown>>;
  return (
    typeof given[observable] === 'function' ||
    typeof given[Symbol.asyncIterator] === 'function' ||
    typeof given['getReader'] === 'function'
  );
}
