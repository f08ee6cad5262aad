import { map, type Observable, ReplaySubject } from 'rxjs';
import { Mux, type MuxOptions } from '../../src/index.js';
import { PLAIN_WIRE } from '../../spec/support/plain-wire.js';
import { TestCarrier } from '../../spec/support/test-carrier.js';

export * as peer from '../../spec/support/wire.js';

/**
 * A mux on a carrier that takes everything, or `takes` bytes until the test makes room. It says nothing but what bpmux
 * would, from channel 0 on, and no keep-alive, unless asked.
 */
export function muxOnTestCarrier(options?: MuxOptions, takes?: number): { carrier: TestCarrier; mux: Mux } {
  const carrier = new TestCarrier(takes);
  return { carrier, mux: new Mux(carrier, { ...PLAIN_WIRE, ...options }) };
}

/**
 * What leaves on the carrier from now on: one marble a write, its value what is said in it. It is kept until somebody
 * subscribes, since what leaves at the beginning of the diagram leaves before an expectation has subscribed.
 */
export function weSay(carrier: TestCarrier): Observable<string> {
  const said$ = new ReplaySubject<string>(Infinity);
  carrier.written$.pipe(map((messages) => messages.join(', '))).subscribe(said$);
  return said$;
}

/** Each marble of `said$` lets the peer say what stands for it in `frames`. */
export function peerSays(
  carrier: TestCarrier,
  said$: Observable<string>,
  frames: Record<string, Buffer[]>,
): void {
  said$.subscribe((marble) => {
    carrier.receive(...(frames[marble] ?? []));
  });
}

/** Each marble, a digit, is the capacity of the carrier from then on, in kilobytes. */
export function carrierTakes(carrier: TestCarrier, digits$: Observable<string>): void {
  digits$.subscribe((digit) => {
    carrier.capacity$.next(Number(digit) * 1000);
  });
}
