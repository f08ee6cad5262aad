import type { StandardSchema } from '../messages/standard-schema.js';

/** What rows can be sorted by. */
export const SORT_KEYS = ['waits', 'label', 'in', 'out', 'window', 'queue', 'unread'] as const;

export type SortKey = (typeof SORT_KEYS)[number];

/** What somebody who looks wants to see. Nothing else is worked out, or sent, for them. */
export interface Request {
  /** Milliseconds from one picture to the next. */
  readonly interval: number;
  /** One picture only, of the moment of the one before. */
  readonly paused: boolean;
  /** The place of the first row that is seen. */
  readonly from: number;
  /** How many are seen. */
  readonly count: number;
  readonly sort: SortKey;
  readonly descending: boolean;
  /** Words that a channel must have: in its label, its number, its states, or what it waits for. */
  readonly filter: string;
  /** The one mux whose channels are wanted; `undefined` for all. */
  readonly mux?: number | undefined;
  /** The key of the channel that is wanted in detail. */
  readonly detail?: number | undefined;
}

/** What is shown first: what waits longest is at the top. */
export const FIRST_REQUEST: Request = {
  interval: 250,
  paused: false,
  from: 0,
  count: 30,
  sort: 'waits',
  descending: true,
  filter: '',
};

const MAX_ROWS = 200;
const MAX_FILTER = 200;

/** A request as it may be used, whatever a page has sent: what is out of range is brought into it. */
export function requestFrom(given: unknown): Request | undefined {
  if (typeof given !== 'object' || given === null) {
    return undefined;
  }
  const { interval, paused, from, count, sort, descending, filter, mux, detail } = given as Partial<
    Record<keyof Request, unknown>
  >;
  return {
    interval: within(interval, 50, 60_000, FIRST_REQUEST.interval),
    paused: paused === true,
    from: within(from, 0, Number.MAX_SAFE_INTEGER, 0),
    count: within(count, 0, MAX_ROWS, FIRST_REQUEST.count),
    sort: SORT_KEYS.find((key) => key === sort) ?? FIRST_REQUEST.sort,
    descending: descending === true,
    filter: typeof filter === 'string' ? filter.slice(0, MAX_FILTER) : '',
    mux: typeof mux === 'number' ? mux : undefined,
    detail: typeof detail === 'number' ? detail : undefined,
  };
}

function within(given: unknown, min: number, max: number, otherwise: number): number {
  return Number.isInteger(given) ? Math.min(max, Math.max(min, given as number)) : otherwise;
}

/** For `json()`: what a page may say. */
export const requestSchema: StandardSchema<Request> = {
  '~standard': {
    version: 1,
    vendor: 'rxmux',
    validate: (given) => {
      const value = requestFrom(given);
      return value === undefined ? { issues: [{ message: 'no request' }] } : { value };
    },
  },
};
