import * as fc from 'fast-check';
import { type Side, SIDES } from './link.js';

/** One step of a program. `which` chooses among the channels that the side has had, the latest last. */
export type Operation =
  | {
      readonly op: 'open';
      readonly side: Side;
      readonly window: number;
      readonly maxWindow: number;
      readonly maxWriteSize: number;
      readonly channel: number | undefined;
      readonly asDuplex: boolean;
      readonly isWatching: boolean;
    }
  | { readonly op: 'write'; readonly side: Side; readonly which: number; readonly size: number }
  | {
      readonly op:
        | 'complete'
        | 'error'
        | 'pause'
        | 'read inbound'
        | 'read deliveries'
        | 'ack'
        | 'cancel'
        | 'destroy'
        | 'destroy with error'
        | 'destroy with reason'
        | 'error with reason'
        | 'leave a loop'
        | 'accept'
        | 'reject'
        | 'reject with reason'
        | 'grab';
      readonly side: Side;
      readonly which: number;
    }
  | { readonly op: 'deliver from'; readonly side: Side; readonly bytes: number }
  | { readonly op: 'time passes'; readonly ms: number }
  | { readonly op: 'answer new channels'; readonly side: Side; readonly how: Answer }
  | {
      readonly op:
        | 'listen'
        | 'stop listening'
        | 'ping'
        | 'close'
        | 'destroy mux'
        | 'destroy mux with error'
        | 'carrier ends'
        | 'carrier fails'
        | 'carrier is cut'
        | 'keep-alive is due';
      readonly side: Side;
    }
  | { readonly op: 'turn' };

export type Answer =
  | 'by returning'
  | 'accept'
  | 'delay'
  | 'delay, then accept'
  | 'reject'
  | 'reject with reason'
  | 'complete, then reject'
  | 'as Duplex';

/** A program, and what it runs on. */
export interface Program {
  readonly setup: Setup;
  readonly operations: readonly Operation[];
}

export interface Setup {
  readonly carrierTakes: number;
  readonly leftWindow: number;
  readonly rightWindow: number;
  /** What windows of channels that the peer opens may grow to. */
  readonly maxWindow: number;
  readonly maxBufferedBytes: number;
  readonly maxOpen: number;
  readonly acceptBacklog: number;
  readonly coalesceWrites: boolean;
  readonly leftExtensions: boolean;
  readonly rightExtensions: boolean;
  /** Whether an END that would follow its HANDSHAKE at once comes first, as from some peers. */
  readonly endsEarly: boolean;
  readonly listening: boolean;
  /** Whether channels that still wait in the end find a listener. */
  readonly listensInTheEnd: boolean;
}

const side = fc.constantFrom(...SIDES);
const maxWindow = fc.constantFrom(16_777_216, 16_777_216, 30, 1);
const which = fc.constantFrom(0, 0, 0, 1, 1, 2, 3);

const open = fc.record({
  op: fc.constant('open' as const),
  side,
  window: fc.integer({ min: 1, max: 24 }),
  maxWindow,
  maxWriteSize: fc.constantFrom(0, 0, 1, 5),
  channel: fc.constantFrom(undefined, undefined, undefined, 77),
  asDuplex: fc.constantFrom(false, false, true),
  isWatching: fc.boolean(),
});

/** What well-behaved users of one connection do. */
const usual = [
  { weight: 4, arbitrary: open },
  {
    weight: 8,
    arbitrary: fc.record({ op: fc.constant('write' as const), side, which, size: fc.nat(40) }),
  },
  {
    weight: 15,
    arbitrary: fc.record({
      op: fc.constantFrom(
        'complete',
        'complete',
        'error',
        'pause',
        'read inbound',
        'read inbound',
        'read deliveries',
        'read deliveries',
        'ack',
        'ack',
        'cancel',
        'destroy',
        'destroy with error',
        'destroy with reason',
        'error with reason',
        'leave a loop',
        'accept',
        'reject',
        'reject with reason',
        'grab',
      ),
      side,
      which,
    }),
  },
  {
    weight: 8,
    arbitrary: fc.record({
      op: fc.constant('deliver from' as const),
      side,
      bytes: fc.oneof(fc.integer({ min: 1, max: 40 }), fc.constant(10_000)),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      op: fc.constant('time passes' as const),
      ms: fc.constantFrom(1, 5, 5, 5, 8, 20, 60),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      op: fc.constant('answer new channels' as const),
      side,
      how: fc.constantFrom<Answer[]>(
        'by returning',
        'accept',
        'delay',
        'delay, then accept',
        'reject',
        'reject with reason',
        'complete, then reject',
        'as Duplex',
        'as Duplex',
      ),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      op: fc.constantFrom('listen', 'stop listening', 'keep-alive is due', 'ping'),
      side,
    }),
  },
  { weight: 9, arbitrary: fc.record({ op: fc.constant('turn' as const) }) },
];

const close = { weight: 1, arbitrary: fc.record({ op: fc.constant('close' as const), side }) };
const catastrophe = {
  weight: 1,
  arbitrary: fc.record({
    op: fc.constantFrom(
      'destroy mux',
      'destroy mux with error',
      'carrier ends',
      'carrier ends',
      'carrier fails',
      'carrier is cut',
    ),
    side,
  }),
};

const setup = fc.record({
  carrierTakes: fc.constantFrom(1, 30, 200, 65_536),
  leftWindow: fc.integer({ min: 1, max: 24 }),
  rightWindow: fc.integer({ min: 1, max: 24 }),
  maxWindow,
  maxBufferedBytes: fc.constantFrom(0, 10, 40, 67_108_864),
  maxOpen: fc.constantFrom(0, 0, 3),
  acceptBacklog: fc.constantFrom(256, 256, 1, 0),
  coalesceWrites: fc.boolean(),
  leftExtensions: fc.constantFrom(true, true, true, false),
  rightExtensions: fc.constantFrom(true, true, true, false),
  endsEarly: fc.boolean(),
  listening: fc.constantFrom(true, true, false),
  listensInTheEnd: fc.constantFrom(true, true, true, false),
});

const program = (...kinds: fc.WeightedArbitrary<Operation>[]): fc.Arbitrary<Program> =>
  fc.record({ setup, operations: fc.array(fc.oneof(...kinds), { maxLength: 60, size: 'max' }) });

/** Programs after which every channel must have ended well on both sides. */
export const peaceful = program(...usual);
/** One of the sides, or both, close while channels are open. */
export const closing = program(...usual, close);
/** Whatever can happen. */
export const stormy = program(...usual, close, catastrophe);

/** A program as text, one operation a line. */
export function show({ setup: given, operations }: Program): string {
  const lines = operations.map(({ op, ...rest }) => {
    const details = Object.entries<unknown>(rest)
      .filter(([, value]) => value !== undefined && value !== false)
      .map(([name, value]) => (name === 'side' ? String(value) : `${name}=${String(value)}`));
    return `  ${op} ${details.join(' ')}`.trimEnd();
  });
  return [`on ${JSON.stringify(given)}`, ...lines].join('\n');
}
