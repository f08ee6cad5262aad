import { filter } from 'rxjs';
import type { ResumableCarrier } from 'rxmux/resume';
import type { Outcome, Progress, SourceFile } from './sender.js';

/** What has become of the connection. */
export interface Cuts {
  /** For how many milliseconds it was gone, each time. */
  readonly gaps: readonly number[];
  /** To be called with each event. Cuts it when a third of all bytes are on their way, and again when two thirds are. */
  readonly onEvent: (event: Progress | Outcome) => void;
}

/** @param cut - cuts the connection that there is */
export function cutConnection(
  carrier: ResumableCarrier,
  files: readonly SourceFile[],
  cut: () => void,
): Cuts {
  const total = files.reduce((sum, { size }) => sum + size, 0);
  const gaps: number[] = [];
  let [sent, cuts, cutAt] = [0, 0, 0];
  carrier.state$.pipe(filter((state) => state === 'connected' && cuts > gaps.length)).subscribe(() => {
    gaps.push(performance.now() - cutAt);
  });
  const onEvent = (event: Progress | Outcome): void => {
    sent += event.type === 'progress' ? event.bytes : 0;
    if (cuts < 2 && sent >= (total * (cuts + 1)) / 3 && carrier.state$.value === 'connected') {
      cuts += 1;
      cutAt = performance.now();
      cut();
    }
  };
  return { gaps, onEvent };
}
