import { bars } from './bars.js';
import type { Subject } from './chart.js';
import { lines } from './lines.js';

/** So many values make a curve. */
const CURVE = 3;

/** A chart as an SVG document: curves where the parameter has several values, bars where it has not. */
export function chart(subject: Subject): string {
  const values = new Set(subject.results.map(({ value }) => value));
  return values.size < CURVE ? bars(subject) : lines(subject);
}
