import type { Observable } from 'rxjs';

/** Everything that an Observable says, as a list that grows: values, then `complete` or the error. */
export function listen<T>(observable$: Observable<T>): unknown[] {
  const heard: unknown[] = [];
  observable$.subscribe({
    next: (value) => heard.push(value),
    error: (error: unknown) => heard.push(error),
    complete: () => heard.push('complete'),
  });
  return heard;
}
