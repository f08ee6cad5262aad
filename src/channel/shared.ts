import type { SchedulerLike, Subject, TimestampProvider } from 'rxjs';
import type { Bytes } from '../bytes.js';
import type { Carrier, SocketAddresses } from '../carrier/carrier.js';
import type { MuxError } from '../errors.js';
import { HandshakeMemory } from '../flow/handshake-memory.js';
import { SIZE_ALONE, WindowGrowth } from '../flow/window-growth.js';
import { WindowLoans } from '../flow/window-loans.js';
import { WindowMemory } from '../flow/window-memory.js';
import type { Framing } from '../framing/framing.js';
import { asItIs, type MuxSettings } from '../options.js';
import type { Sender } from '../sender/sender.js';
import type { Faults } from './faults.js';
import type { HandshakeSent } from './handshake-sent.js';
import { Broadcast } from '../reactive/broadcast.js';
import { clockOf } from '../reactive/clock-of.js';
import { TaskClock } from '../reactive/task-clock.js';
import { NOT_WATCHED, QUIET_PERIOD, QuietWatch, type Watched } from './quiet-watch.js';

type Over = (channelId: number, error?: MuxError) => void;

/** What channels need to know of the peer. */
export interface KnownPeer {
  /** What the peer has said of itself; `undefined` where it knows no more than bpmux, or has not said yet. */
  readonly info: { readonly window: number } | undefined;
  /** Bytes that it may send on a channel that it opens before that is answered, where it has said who it is. */
  readonly promised: number;
  /** Whether it accepts no more channels. */
  readonly isGoingAway: boolean;
}

/** What the channels of a mux share. */
export interface Shared<H> {
  readonly sender: Sender;
  /** How their receive windows grow, out of one budget. */
  readonly windowGrowth: WindowGrowth;
  /** Where the memory for the peer's handshake data comes from. */
  readonly handshakeMemory: HandshakeMemory;
  /** Notices peers that may wait for a grant. */
  readonly quietWatch: QuietWatch;
  /** Where the timers of channels run. */
  readonly scheduler: SchedulerLike;
  /** Those of the carrier. */
  readonly addresses: SocketAddresses;
  readonly framing: Framing;
  readonly peer: KnownPeer;
  readonly parseHandshake: (data: Bytes) => H;
  /** Whether that is something else than the data. */
  readonly isHandshakeParsed: boolean;
  /** When the mux began: ms, by the clock of `scheduler`. */
  readonly startedAt: number;
  /** Whole ms since then. */
  readonly now: () => number;
  /** Takes what the peer has done against the protocol. */
  readonly faults$: Faults;
  readonly handshakeSent$: Subject<HandshakeSent<H>>;
  /** What is counted for statistics: channels that the application has refused. */
  readonly counts: { rejected: number };
  /** Called for each channel that is over, with the reason where it did not come to its end: it is to be removed. */
  readonly over: Over;
}

/** Makes what the channels of a mux share. */
export function share<H>(
  sender: Sender,
  peer: KnownPeer,
  { framing, parseHandshake, scheduler, ...settings }: MuxSettings<H>,
  faults$: Faults,
  carrier: Pick<Carrier, 'addresses' | 'holds'>,
  over: Over,
): Shared<H> {
  const { clock, now } = clocks(scheduler);
  const windowMemory = new WindowMemory(settings.firstWindowBytes, settings.maxBufferedBytes);
  const quietWatch = new QuietWatch(QUIET_PERIOD, scheduler);
  const loans = new WindowLoans(windowMemory, clock, () => {
    quietWatch.watch(loanWatch);
  });
  const loanWatch: Watched = {
    watchPlace: NOT_WATCHED,
    takeSignOfLife: () => false,
    onQuiet: () => {
      if (loans.check()) {
        quietWatch.watch(loanWatch);
      }
    },
  };
  return {
    sender,
    windowGrowth: new WindowGrowth(loans, clock, Math.max(SIZE_ALONE, carrier.holds ?? 0)),
    handshakeMemory: new HandshakeMemory(settings.handshakeBytes),
    quietWatch,
    scheduler,
    get addresses() {
      return carrier.addresses ?? {}; // of some, only once they are open
    },
    framing,
    peer,
    parseHandshake,
    isHandshakeParsed: (parseHandshake as unknown) !== asItIs,
    startedAt: scheduler.now(),
    now,
    faults$,
    handshakeSent$: new Broadcast<HandshakeSent<H>>(),
    counts: { rejected: 0 },
    over,
  };
}

/** A mux's clock, and whole ms since it began. Virtual time is quick to be looked up, and may go on within a task. */
function clocks(scheduler: SchedulerLike): { clock: TimestampProvider; now: () => number } {
  const clock = clockOf(scheduler);
  if (clock === performance) {
    const ofTask = new TaskClock(clock);
    return { clock: ofTask, now: () => ofTask.age() };
  }
  const start = clock.now();
  return { clock, now: () => Math.floor(clock.now() - start) };
}
