import { RecentExtreme } from './recent-extreme.js';
import { WayBack } from './way-back.js';

/** Bytes under way at first, until something is known of the line: as much as TCP begins with, and a bit. */
const FIRST_LIMIT = 32_768;

/** Bytes under way on any line, beyond what it holds: some packets, so that it does not run dry between two answers. */
const SOME_PACKETS = 8192;

/** The queue that is wanted on a line that is full, beyond some packets: ms, and a part of the round trip. */
const QUEUE_MS = 4;
const QUEUE_PART = 1 / 8;

/**
 * One answer that tells of so large a part of the limit is a lump: one of the ends was busy with something else, or the way
 * itself delivers so. Where lumps come all the time, the queue must last from one to the next: so many times as long.
 */
const LUMP = 1 / 2;
const LUMP_QUEUE = 5 / 4;

/** The part of that queue up to which the line counts as not full. */
const NOT_FULL = 1 / 2;

/** Rounds in a row in which the line must have been full: in one, somebody may have been kept from running. */
const FULL_ROUNDS = 2;

/**
 * At first, what is new in a round leaves at once, and the last of it waits for the first: so long, in round trips, is no
 * sign yet that the line is full.
 */
const FIRST_BURST = 1 / 6;

/** One look is enough where the queue took so long, ms, and longer than the way. */
const OVERFULL_MS = 50;

/** By how much the limit grows in a round trip while the line is not full: before it was so for the first time, and later. */
const FIRST_GROWTH = 2;
const GROWTH = 1.25;

/**
 * After so many rounds in a row in which it was not full, it is as at first: the line holds far more than was thought. And
 * the way is known as from an empty line: more and more has been under way, and round trips were no longer.
 */
const NOT_FULL_ROUNDS = 3;

/** From one probe to the next: bytes, a part of the limit, and of the queue that is wanted. At least the most of these. */
const PROBE_BYTES = 4096;
const PROBE_PART = 1 / 32;
const PROBE_QUEUE = 1 / 4;

/** The part of the limit that is under way before there is one at all. */
const PROBE_FROM = 1 / 4;

/** Parts of the limit: bytes of a turn, and of a frame. */
const TURN = 1 / 4;
const FRAME = 1 / 16;

/** Bytes of little messages that may be under way beyond the limit: a part of it. */
const EARLY = 1 / 8;
const MIN_EARLY = 1024;

const MIN_TURN = 4096;
const MIN_FRAME = 2048;

/** Turns and frames on lines that are fast. */
const MAX_TURN = 65_536;

/** Probes whose answers have not come. */
const MAX_PROBES = 64;

/**
 * The rate is measured over so many ms and probes, and over a round trip, at least: what bursts through some buffer on the
 * way says nothing, and answers come in lumps.
 */
const RATE_MS = 50;
const RATE_PROBES = 4;

/** How long a rate is remembered: ms, and round trips; and a round trip: ms. */
const RATE_PERIOD = 500;
const RATE_ROUND_TRIPS = 4;
const ROUND_TRIP_PERIOD = 2500;
const ROUND_TRIP_ROUND_TRIPS = 25;

/** Where a look has shown what was known, the next one comes later: times, and at most so many periods. */
const LATER = 2;
const MAX_PERIODS = 4;

/** A round trip that is longer than expected, so many times, may be over a longer way: then it comes sooner again. */
const LONGER = 1.5;

/** The first round trip, of a program that has just begun, is looked at again after so many ms. */
const FIRST_PERIOD = 500;

/**
 * Where round trips over what should be an empty line differ by so much from the one before, times and ms, there is one
 * more: a longer way is believed when it has been seen twice, and a shorter one may get shorter still.
 */
const DIFFERENT = 1.25;
const DIFFERENT_MS = 3;

/** How many more there are at most: where all round trips differ, they say nothing. */
const MAX_LOOKS = 3;

/** No round trip counts as shorter: some clocks are coarse. ms */
const SHORTEST_MS = 0.01;

/** The part of what the line holds that may be under way when the shortest round trip is to be measured. */
const DRAINED = 1 / 2;
const DRAINED_BYTES = 1024;

/** How long an answer may fail to come before more is sent without it: ms, and round trips. How often that is done. */
const PATIENCE_MS = 1000;
const PATIENCE_ROUND_TRIPS = 4;
const MAX_STALLS = 3;

/** So many times longer where bytes of the peer's come meanwhile: the answer waits behind those, on its way. */
const PATIENCE_BESIDE_BYTES = 8;

/** Answers that are late by more than so many ms are not waited for: less is what the wanted queue is for. */
const LATE_MS = QUEUE_MS;

/** So many times the limit is reckoned with at most: where answers are late, so is what tells that the rate has fallen. */
const RECKONED = 3;

/**
 * Answers wait for bytes of the peer's where so many of those come in a round trip at least, and so large a part of what is
 * delivered in it: grants and answers alone are less.
 */
const BUSY_BYTES = 1500;
const BUSY_PART = 1 / 64;

/** A question to the peer, at a position in the stream: its answer says that all bytes before it have been delivered. */
interface Probe {
  readonly id: number;
  readonly position: number;
  readonly writtenAt: number;
  /** What was known to have been delivered then. */
  readonly delivered: number;
  /** Bytes that had been received. */
  readonly received: number;
  /** Whether hardly anything was under way. */
  readonly isDrained: boolean;
}

/**
 * How many bytes may be under way on a line: written, and not known to have been delivered. As many as fill it, and
 * hardly more, since what waits on the way cannot be overtaken.
 *
 * It is told what has been written, and when a probe has been answered. From that it knows the rate at which bytes are
 * delivered and the shortest time there and back, both of the last seconds. The line holds rate × round trip. The limit
 * is that, and a queue of a few ms, so that the line has always something to do; of more, where answers tell of lumps.
 *
 * Where the line does not seem to be full though the limit was reached, more is tried: twice as much in each round trip
 * at first, a quarter more later. Every few seconds it lets the line run nearly dry, to see how long an empty one takes,
 * unless that is known by then.
 *
 * Where no answers come, it lets more go from time to time, and in the end everything.
 */
export class LineControl {
  readonly #now: () => number;
  readonly #received: () => number;
  readonly #rate = new RecentExtreme(Math.max);
  /** Bytes of lumps that come all the time, or 0. */
  readonly #lump = new RecentExtreme(Math.max);
  /** The largest lump while the rate is being measured, and the time before: one by itself is chance. */
  #largestLump = 0;
  #lumpBefore = 0;
  readonly #roundTrip = new RecentExtreme(Math.min);
  readonly #wayBack = new WayBack();
  /** In the order of their positions. */
  #probes: Probe[] = [];
  #lastProbe: number;
  /** Bytes from one probe to the next. */
  #distance = PROBE_BYTES;
  #delivered: number;
  #deliveredAt: number;
  /** What should have been delivered by now: where answers come late it is more than is known. */
  #expected: number;
  #limit = FIRST_LIMIT;
  /** How long the queue should be that is wanted: ms. */
  #queueTime = QUEUE_MS;
  /** More than the line is known to need, to see whether it is of use. */
  #tried = FIRST_LIMIT;
  #growth = FIRST_GROWTH;
  /**
   * A round begins when as much is under way as may be, and is over when the last probe in that, which has this position,
   * is answered. How many in a row have found the line full; below 0: not full.
   */
  #roundEnd = Infinity;
  #fullRounds = 0;
  /** The beginning of what the rate is being measured of, and whether there was not enough to send meanwhile. */
  #measuredFrom: number;
  #measuredSince: number;
  #hasBeenIdle = true;
  #isIdle = true;
  /** At first a probe is to be written ahead of all bytes. */
  #isDraining = true;
  /** Whether the probe is under way that measures it: what came behind that would hold up its answer on some lines. */
  #isMeasuring = false;
  /** How often it was let run dry since what was seen was news. */
  #looks = 0;
  /** After how many periods it is let run dry again. */
  #periods = 1;
  /** What had been written at the end of the last turn, and when it was let run dry the last time. */
  #restedAt: number;
  #dryFrom: number;
  /** When the line is to run dry the next time. */
  #drainAt = Infinity;
  /** What had been delivered when it was let run dry the last time, and when that was. */
  #drainedFrom: number;
  #drainedSince: number;
  /** Bytes under way with which the line counts as empty. At first so many are no reason to ask. */
  #drainedBytes = PROBE_BYTES;
  /** Bytes that may be under way in excess of the limit since answers do not come, and how often that has been so. */
  #excess = 0;
  #stalls = 0;
  /** When an answer has come, or has begun to be waited for, and what had been received by then. */
  #progressAt = 0;
  #progressReceived = 0;
  #lastRoundTrip = 0;

  /**
   * @param position - bytes that have been written so far, which nothing is to be known of
   * @param now - counts ms
   * @param received - counts bytes that have come from the peer
   */
  constructor(position: number, now: () => number, received: () => number) {
    this.#now = now;
    this.#received = received;
    this.#delivered = position;
    this.#expected = position;
    this.#lastProbe = position;
    this.#restedAt = position;
    this.#dryFrom = position;
    this.#measuredFrom = position;
    this.#measuredSince = now();
    this.#deliveredAt = this.#measuredSince;
    this.#drainedFrom = position;
    this.#drainedSince = this.#measuredSince;
    this.#sawProgress(this.#measuredSince);
  }

  /** Bytes that may be under way. */
  get limit(): number {
    return this.#limit;
  }

  /** ms there and back over an empty line, the shortest of late; `undefined` where no answer has come. */
  get roundTrip(): number | undefined {
    return this.#roundTrip.value;
  }

  /** Bytes of a turn: few on slow lines, where it is long until all have had theirs. */
  get quantum(): number {
    return Math.max(MIN_TURN, Math.min(MAX_TURN, Math.floor(this.#limit * TURN)));
  }

  /** Bytes of a frame: few on slow lines, since nothing can overtake it once it has been written. */
  get frame(): number {
    return Math.max(MIN_FRAME, Math.min(MAX_TURN, Math.floor(this.#limit * FRAME)));
  }

  /** ms to wait for an answer, while the limit is reached, before {@link stalled} is called. */
  get patience(): number {
    const times = this.#received() - this.#progressReceived >= BUSY_BYTES ? PATIENCE_BESIDE_BYTES : 1;
    return times * (PATIENCE_MS + PATIENCE_ROUND_TRIPS * this.#lastRoundTrip);
  }

  /** ms since which no answer has come. */
  get silence(): number {
    return this.#now() - this.#progressAt;
  }

  /** ms after which {@link expect} may find that more has been delivered; `Infinity` where only an answer will tell. */
  get expectAfter(): number {
    const most = Math.min(this.#lastProbe, this.#deliveredIn(this.#late));
    const isOver = this.#isDry() || this.#expected >= most;
    return isOver ? Infinity : this.#distance / this.#knownRate; // a ms or more, by what #distance is
  }

  /** Bytes that may be sent now by somebody who has written up to `position`. */
  room(position: number): number {
    const most = this.#isDry() ? this.#delivered + this.#drainedBytes : this.#expected + this.#limit;
    return most + this.#excess - position;
  }

  /**
   * Bytes that may be sent now by those who have little to say: some more than {@link room}, since those who always have
   * more have filled that, and it may be long until there is some again.
   */
  roomForEarly(position: number): number {
    const most = this.#isDry() ? this.#dryFrom : this.#expected + this.#limit + this.#excess;
    return most + Math.max(MIN_EARLY, this.#limit * EARLY) - position;
  }

  /** Whether hardly anything may be under way, so that the way can be measured. */
  #isDry(): boolean {
    return this.#isDraining || this.#isMeasuring;
  }

  /** Whether hardly anything is under way any more, and a probe is to be written to see how long an empty line takes. */
  isDrained(position: number): boolean {
    return this.#isDraining && this.room(position) > 0;
  }

  /** Whether so much has been written since the last probe that the next one is due. */
  isProbeDue(position: number): boolean {
    return (
      position - this.#lastProbe >= this.#distance &&
      position - this.#expected >= PROBE_FROM * this.#limit &&
      this.#probes.length < MAX_PROBES
    );
  }

  /**
   * All has been written that was to be in a turn.
   *
   * @param isIdle - whether there was room for more
   * @returns whether a probe is to be written, since none is under way and all waits for one
   */
  rest(position: number, isIdle: boolean): boolean {
    const underWay = position - this.#expected;
    this.#restedAt = position;
    this.#isIdle = isIdle;
    this.#hasBeenIdle ||= isIdle;
    if (underWay * this.#growth >= this.#limit && !this.#isDry()) {
      this.#roundEnd = Math.min(this.#roundEnd, this.#lastProbe);
    }
    return this.room(position) <= 0 && this.#probes.length === 0;
  }

  /** A probe of that number has been written, behind all bytes up to `position`. */
  probed(id: number, position: number): void {
    const now = this.#now();
    if (this.#probes.length === 0) {
      this.#sawProgress(now);
    }
    this.#lastProbe = position;
    this.#probes.push({
      id,
      position,
      writtenAt: now,
      delivered: this.#delivered,
      received: this.#received(),
      isDrained: this.#isDraining,
    });
    if (this.#isDraining) {
      this.#isDraining = false;
      // At first nobody is to wait.
      this.#isMeasuring = this.#roundTrip.value !== undefined;
    }
  }

  /**
   * The probe of that number has been answered, and all before it. Numbers wrap.
   *
   * @param at - the time at which that was done, by the peer's clock: what is late then is not taken for a full line
   */
  answered(id: number, at?: number): void {
    const unanswered = this.#probes.findIndex((probe) => ((id - probe.id) | 0) < 0);
    const count = unanswered < 0 ? this.#probes.length : unanswered;
    const answered = this.#probes.splice(0, count);
    const probe = answered.at(-1);
    if (probe !== undefined) {
      const now = this.#now();
      this.#sawProgress(now);
      this.#lastRoundTrip = now - probe.writtenAt;
      const { late, before } = this.#wayBack.answered(at, this.#isPeerBusy(probe), now, this.#lastRoundTrip);
      const shorter = (this.roundTrip ?? 0) - before;
      if (before > 0 && shorter >= SHORTEST_MS) {
        this.#roundTrip.add(shorter, now, Infinity);
      } // else one of the clocks has been set, or has stood still: no way back is as long as there and back
      this.#learn(probe, answered.find(({ isDrained }) => isDrained) ?? probe, now - late);
      this.expect();
    }
  }

  /** No answer has come for as long as {@link patience}: more is sent without. */
  stalled(): void {
    this.#stalls += 1;
    this.#excess = this.#stalls < MAX_STALLS ? this.#excess + this.#limit : Infinity;
    this.#sawProgress(this.#now());
  }

  #sawProgress(now: number): void {
    this.#progressAt = now;
    this.#progressReceived = this.#received();
  }

  /**
   * Answers that wait for the peer's own bytes come late, and in lumps. Who waited for them would send in lumps, too, and the
   * line would run dry in between. So what they will tell is reckoned: at the known rate, as far as what was written a round
   * trip ago, for no longer than answers have been late, and within bounds: else late answers would make them later.
   */
  expect(): void {
    const now = this.#now();
    const before = now - (this.roundTrip ?? 0);
    const last = this.#late > 0 ? this.#probes.findLast(({ writtenAt }) => writtenAt <= before) : undefined;
    const time = Math.min(this.#late, now - this.#deliveredAt);
    this.#expected = Math.min(last?.position ?? this.#delivered, this.#deliveredIn(time));
  }

  /** What will have been delivered so many ms after what is known to have been. */
  #deliveredIn(time: number): number {
    return this.#delivered + Math.min(time * this.#knownRate, RECKONED * this.#limit);
  }

  /** By how many ms answers are late; 0 where it is no more than the queue is for that is wanted. */
  get #late(): number {
    const { late } = this.#wayBack;
    return late > LATE_MS ? late : 0;
  }

  get #knownRate(): number {
    return this.#rate.value ?? 0;
  }

  /** Whether bytes of the peer's have come meanwhile, and not only what tells of bytes from here. */
  #isPeerBusy({ position, delivered, received }: Probe): boolean {
    return this.#received() - received >= Math.max(BUSY_BYTES, BUSY_PART * (position - delivered));
  }

  /**
   * @param timed - the one of those that are answered by which the way is measured
   * @param now - when the answer came, or would have come if it had not been late
   */
  #learn(probe: Probe, timed: Probe, now: number): void {
    const roundTrip = Math.max(SHORTEST_MS, now - probe.writtenAt);
    const told = probe.position - this.#delivered;
    if (told >= LUMP * this.#limit && this.#late === 0) {
      this.#largestLump = Math.max(this.#largestLump, told);
    }
    this.#delivered = probe.position;
    this.#deliveredAt = now;
    this.#excess = 0;
    this.#stalls = 0;
    const shortest = this.#measureRoundTrip(Math.max(SHORTEST_MS, now - timed.writtenAt), timed, now);
    this.#measureRate(roundTrip, shortest, now);
    this.#adapt(probe.position, roundTrip - shortest, shortest);
  }

  /** Returns the shortest round trip of late. */
  #measureRoundTrip(roundTrip: number, { isDrained }: Probe, now: number): number {
    const known = this.#roundTrip.value;
    if (known === undefined) {
      this.#drainAt = now + Math.max(FIRST_PERIOD, ROUND_TRIP_ROUND_TRIPS * roundTrip);
    } else {
      this.#planLook(roundTrip, known, isDrained, now);
    }
    return this.#roundTrip.add(roundTrip, now, isDrained ? 0 : Infinity);
  }

  /** Lets the line run dry where it is time for that, or decides when it is. */
  #planLook(roundTrip: number, known: number, isDrained: boolean, now: number): void {
    const isNews = isDrained && differ(roundTrip, known);
    if (isDrained) {
      this.#isMeasuring = false;
      this.#periods = isNews ? 1 : Math.min(MAX_PERIODS, LATER * this.#periods);
    }
    if (isDrained || roundTrip < known) {
      this.#drainAt = now + this.#periods * periodOf(known); // the shorter one: as if it had been let run dry
    }
    const isLonger = roundTrip > LONGER * (known + this.#queueTime);
    const isDue = now >= this.#drainAt || (isLonger && now >= this.#drainedSince + periodOf(known));
    if ((isDue || (isNews && this.#looks < MAX_LOOKS)) && !this.#isDry()) {
      this.#looks = isDue ? 0 : this.#looks + 1;
      this.#drain(known, now);
    }
  }

  /** Lets the line run dry: by what it has delivered since the last time, since the largest rate may be too large. */
  #drain(shortest: number, now: number): void {
    const rate = (this.#delivered - this.#drainedFrom) / Math.max(SHORTEST_MS, now - this.#drainedSince);
    this.#drainedBytes = Math.max(DRAINED_BYTES, DRAINED * rate * shortest);
    this.#drainedFrom = this.#delivered;
    this.#drainedSince = now;
    this.#isDraining = true;
    this.#dryFrom = this.#restedAt;
  }

  #measureRate(roundTrip: number, shortest: number, now: number): void {
    const time = now - this.#measuredSince;
    const bytes = this.#delivered - this.#measuredFrom;
    if (time < Math.max(RATE_MS, roundTrip) || bytes < RATE_PROBES * this.#distance) {
      return;
    }
    const rate = bytes / time;
    if (!this.#hasBeenIdle) {
      this.#rate.add(rate, now, Math.max(RATE_PERIOD, RATE_ROUND_TRIPS * shortest));
    } else if (rate > this.#knownRate) {
      this.#rate.add(rate, now, Infinity);
    }
    this.#lump.add(Math.min(this.#largestLump, this.#lumpBefore), now, RATE_PERIOD);
    this.#lumpBefore = this.#largestLump;
    this.#largestLump = 0;
    this.#measuredFrom = this.#delivered;
    this.#measuredSince = now;
    this.#hasBeenIdle = this.#isIdle;
  }

  /** A probe at `position` was answered, and took `queue` ms longer than over an empty line. */
  #adapt(position: number, queue: number, shortest: number): void {
    const rate = this.#knownRate;
    const queueBytes = Math.max(SOME_PACKETS + QUEUE_MS * rate, LUMP_QUEUE * (this.#lump.value ?? 0));
    const wanted = queueBytes + QUEUE_PART * shortest * rate;
    this.#queueTime = rate === 0 ? QUEUE_MS : wanted / rate;
    const burst = this.#growth === FIRST_GROWTH ? FIRST_BURST * shortest : 0;
    const isFull = queue > Math.max(NOT_FULL * this.#queueTime, burst);
    if (isFull && queue > Math.max(OVERFULL_MS, shortest)) {
      this.#takeBack();
    } else if (this.#isDry()) {
      this.#roundEnd = Infinity; // a dry line is not full, whatever the limit is
    } else if (position >= this.#roundEnd) {
      this.#endRound(isFull, shortest);
    }
    this.#limit = Math.max(rate * shortest + wanted, this.#tried);
    this.#distance = Math.max(PROBE_BYTES, PROBE_PART * this.#limit, PROBE_QUEUE * QUEUE_MS * rate);
  }

  /** Once in a round trip it is seen whether the line is full. */
  #endRound(isFull: boolean, shortest: number): void {
    this.#roundEnd = Infinity;
    this.#fullRounds = isFull ? Math.max(0, this.#fullRounds) + 1 : Math.min(0, this.#fullRounds) - 1;
    if (this.#fullRounds >= FULL_ROUNDS) {
      this.#takeBack();
    } else if (!isFull) {
      if (this.#fullRounds <= -NOT_FULL_ROUNDS) {
        this.#growth = FIRST_GROWTH;
        this.#periods = MAX_PERIODS;
        this.#drainAt = this.#deliveredAt + MAX_PERIODS * periodOf(shortest);
      }
      this.#tried = this.#limit * this.#growth;
    }
  }

  /** The line is full: what was tried beyond what it holds was of no use. */
  #takeBack(): void {
    this.#roundEnd = Infinity;
    this.#growth = GROWTH;
    if (this.#rate.value !== undefined) {
      this.#tried = 0;
    }
  }
}

/** How long a shortest round trip is remembered. */
const periodOf = (shortest: number): number => Math.max(ROUND_TRIP_PERIOD, ROUND_TRIP_ROUND_TRIPS * shortest);

const differ = (one: number, other: number): boolean =>
  Math.max(one, other) > DIFFERENT * Math.min(one, other) + DIFFERENT_MS;
