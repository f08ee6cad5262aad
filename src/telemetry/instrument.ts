import type { Attributes, Meter } from '@opentelemetry/api';
import { Subscription } from 'rxjs';
import { anyObject, having } from '../arguments.js';
import type { Mux } from '../mux/mux.js';
import { METRICS } from './metrics.js';
import { add, type Counts, countsOf, type Measured, noCounts, totalsOf } from './totals.js';

/**
 * Tells a meter of OpenTelemetry how a mux is, each time that it is read: bytes, frames, channels, what these wait for and how
 * long, windows, the round trip, errors. `rxmux.*`; docs/what-is-stuck.md lists them.
 *
 * Muxes with the same attributes are added up, so that a server may have one for each of its connections: a mux that closes
 * leaves what it has counted. No channel's number is in an attribute. Between two readings it costs nothing.
 *
 * @param mux - whose statistics are wanted
 * @param meter - of `@opentelemetry/api`
 * @param attributes - of all that is measured of this mux. Few different ones: each set is a time series of its own
 * @returns to unsubscribe ends it, as the end of the mux does
 * @throws TypeError that names the argument which it cannot take
 *
 * @example
 * ```ts
 * import { metrics } from '@opentelemetry/api';
 * import type { Mux } from 'rxmux';
 * import { instrument } from 'rxmux/telemetry';
 *
 * const watch = (mux: Mux) => instrument(mux, metrics.getMeter('rxmux'), { 'rxmux.mux': 'clients' });
 * ```
 */
export function instrument<H>(mux: Mux<H>, meter: Meter, attributes: Attributes = {}): Subscription {
  const { closed$ } = having('mux', mux, 'a Mux', ['stats', 'open']); // a channel has stats(), too
  having('meter', meter, 'a Meter of OpenTelemetry', METER_METHODS);
  const group = groupOf(meter, anyObject('attributes', attributes));
  const entry = enter(group, mux);
  const subscription = new Subscription(() => {
    leave(group, mux, entry);
  });
  subscription.add(
    closed$.subscribe(() => {
      subscription.unsubscribe();
    }),
  );
  return subscription;
}

/** What is asked of a meter. */
const METER_METHODS = [
  ...new Set(METRICS.map(({ kind }) => `createObservable${kind}`)),
  'addBatchObservableCallback',
];

/** How often a mux is instrumented. */
interface Entry {
  times: number;
}

/** Muxes that are added up. */
interface Group {
  readonly attributes: Attributes;
  readonly muxes: Map<Measured, Entry>;
  /** What muxes have counted that are not in it any more. */
  readonly past: Counts;
  /** What of that is of those that may come back. */
  readonly left: WeakMap<Measured, Counts>;
}

function enter({ muxes, past, left }: Group, mux: Measured): Entry {
  const entry = muxes.get(mux) ?? { times: 0 };
  entry.times += 1;
  muxes.set(mux, entry);
  const counted = left.get(mux);
  if (counted !== undefined) {
    left.delete(mux);
    add(past, counted, -1); // it is among what the mux counts
  }
  return entry;
}

function leave({ muxes, past, left }: Group, mux: Measured, entry: Entry): void {
  entry.times -= 1;
  if (entry.times === 0) {
    muxes.delete(mux);
    const counted = countsOf(mux.stats());
    left.set(mux, counted);
    add(past, counted, 1);
  }
}

/** The groups of each meter, by their attributes. A meter is asked for each instrument once. */
const groups = new WeakMap<Meter, Map<string, Group>>();

function groupOf(meter: Meter, attributes: Attributes): Group {
  let ofMeter = groups.get(meter);
  if (ofMeter === undefined) {
    ofMeter = new Map();
    observe(meter, ofMeter);
    groups.set(meter, ofMeter); // not before: where the meter throws, it is asked again the next time
  }
  const key = JSON.stringify(Object.entries(attributes).sort(([one], [other]) => (one < other ? -1 : 1)));
  let group = ofMeter.get(key);
  if (group === undefined) {
    group = { attributes: { ...attributes }, muxes: new Map(), past: noCounts(), left: new WeakMap() };
    ofMeter.set(key, group);
  }
  return group;
}

/** Makes the instruments, which are read whenever the meter is. */
function observe(meter: Meter, ofMeter: ReadonlyMap<string, Group>): void {
  const made = new Map(
    METRICS.map(({ kind, name, unit, description, values }) => [
      meter[`createObservable${kind}`](name, { unit, description }),
      values,
    ]),
  );
  meter.addBatchObservableCallback(
    (result) => {
      for (const { attributes, muxes, past } of ofMeter.values()) {
        const totals = totalsOf(muxes.keys(), past);
        made.forEach((values, metric) => {
          for (const [value, more] of values(totals)) {
            result.observe(metric, value, { ...attributes, ...more });
          }
        });
      }
    },
    [...made.keys()],
  );
}
