import { type SchedulerLike, Subscription } from 'rxjs';
import { LineControl } from '../flow/line-control.js';
import type { MessageWriter } from '../framing/message-writer.js';
import { backgroundTimer } from '../reactive/background-timer.js';

/** Asks the peer whether what has been written has been delivered. */
export interface Prober {
  /** Counts ms. */
  readonly now: () => number;
  /** Counts bytes that have come from the peer. */
  readonly received: () => number;
  /** Where a timer runs while answers are waited for. */
  readonly scheduler: SchedulerLike;
  /** Writes a question, whose answer says that all before it has come. Returns its number. */
  readonly probe: (writer: MessageWriter) => number;
}

/** Bytes ahead of which the way there and back is measured. For those who say little, nothing depends on it. */
const MANY = 1024;

/**
 * The line that a sender writes to: writes the probes that its {@link LineControl} wants, and sees to it that sending goes
 * on where they are not answered.
 */
export class Line {
  readonly #writer: MessageWriter;
  readonly #prober: Prober;
  readonly #onRoom: () => void;
  readonly #control: LineControl;
  #watch = Subscription.EMPTY;
  #expectation = Subscription.EMPTY;
  #isProbeOwed = false;
  /** Whether a probe is being written, and what has been answered meanwhile. */
  #isProbing = false;
  #answeredMeanwhile: readonly [id: number, at: number | undefined] | undefined;

  /** @param onRoom - called when more may be sent, although no answer has come */
  constructor(writer: MessageWriter, prober: Prober, onRoom: () => void) {
    this.#writer = writer;
    this.#prober = prober;
    this.#onRoom = onRoom;
    this.#control = new LineControl(writer.position, prober.now, prober.received);
  }

  /** Bytes that may be sent now; negative where too much is under way. */
  get room(): number {
    return this.#control.room(this.#writer.position);
  }

  /** ms there and back, the shortest of late; `undefined` where no answer has come. */
  get roundTrip(): number | undefined {
    return this.#control.roundTrip;
  }

  /** Bytes that those may send now who have little to say. */
  get roomForEarly(): number {
    return this.#control.roomForEarly(this.#writer.position);
  }

  /** Bytes of a turn. */
  get quantum(): number {
    return this.#control.quantum;
  }

  /**
   * Bytes of a frame. Nothing could overtake what may be under way at once, however many frames it is: so who is alone has
   * large ones.
   *
   * @param alone - bytes of one who is alone with them, or 0
   */
  frame(alone: number): number {
    return Math.max(this.#control.frame, alone <= this.room ? alone : 0);
  }

  /** Whether a probe waits until the carrier takes something: all else waits for its answer. */
  get isProbeOwed(): boolean {
    return this.#isProbeOwed;
  }

  /** The probe of that number has been answered, and those before it, when the peer's clock said `at`, if it says that. */
  answered(id: number, at: number | undefined): void {
    if (this.#isProbing) {
      this.#answeredMeanwhile = [id, at];
    } else {
      this.#control.answered(id, at);
    }
  }

  /** So many bytes are about to be written. */
  begins(bytes: number): void {
    if (bytes >= MANY && this.#control.isDrained(this.#writer.position)) {
      this.#probe();
    }
  }

  /** They have been written. */
  wrote(): void {
    if (this.#control.isProbeDue(this.#writer.position)) {
      this.#probe();
    }
  }

  /**
   * What there was room for has been written.
   *
   * @param isResting - whether more was not to be written in this turn, though there was room
   */
  end(isResting: boolean): void {
    const isIdle = !isResting && this.#writer.room > 0 && this.room > 0;
    const isProbeDue = this.#control.rest(this.#writer.position, isIdle);
    this.#isProbeOwed = isProbeDue && !this.#writer.canWrite;
    if (isProbeDue && !this.#isProbeOwed) {
      this.#probe();
    }
    if (!isIdle && this.#watch.closed) {
      this.#watchFor(this.#control.patience);
    }
    if (this.#expectation.closed) {
      this.#expect();
    }
  }

  /** Nothing is sent any more. */
  stop(): void {
    this.#watch.unsubscribe();
    this.#expectation.unsubscribe();
  }

  #probe(): void {
    this.#isProbing = true;
    const id = this.#prober.probe(this.#writer);
    this.#isProbing = false;
    this.#writer.endPiece(); // or its answer would wait for what comes behind it
    this.#control.probed(id, this.#writer.position);
    const answered = this.#answeredMeanwhile;
    if (answered !== undefined) {
      this.#answeredMeanwhile = undefined;
      this.#control.answered(...answered);
    }
  }

  /** Looks after that time whether answers come, and again for as long as they are waited for. */
  #watchFor(time: number): void {
    this.#watch = backgroundTimer(time, this.#prober.scheduler).subscribe(() => {
      if (this.room > 0) {
        return;
      }
      const rest = this.#control.patience - this.#control.silence;
      if (rest <= 0) {
        this.#control.stalled();
        this.#onRoom();
      } else {
        this.#watchFor(rest);
      }
    });
  }

  /** Where there is no room, and answers come late: looks from time to time whether there should be some by now. */
  #expect(): void {
    const time = this.room > 0 ? Infinity : this.#control.expectAfter;
    if (time === Infinity) {
      return;
    }
    this.#expectation = backgroundTimer(time, this.#prober.scheduler).subscribe(() => {
      this.#control.expect();
      if (this.room > 0) {
        this.#onRoom();
      } else {
        this.#expect();
      }
    });
  }
}
