import { observable } from 'rxjs';

/** Whether a value stands for many that come one by one: an Observable, an async iterable, a WHATWG stream. */
export function isStream(value: unknown): boolean {
  const given = value as Partial<Record<PropertyKey, unknown>> | null | undefined;
  return (
    typeof given?.[observable] === 'function' || // which may itself be a function, as the events of Effector
    typeof given?.[Symbol.asyncIterator] === 'function' ||
    typeof given?.['getReader'] === 'function'
  );
}
