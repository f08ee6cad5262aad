import { type SchedulerLike, Subscription } from 'rxjs';
import { LineControl } from '../flow/line-control.js';
import type { MessageWriter } from '../framing/message-writer.js';
import { backgroundTimer } from '../reactive/background-timer.js';

/** Asks the peer whether what has been written has been delivered. */
export interface Prober {
  /** Counts ms. */
  readonly now: () => number;
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
  readonly #onStalled: () => void;
  readonly #control: LineControl;
  #watch = Subscription.EMPTY;
  #isProbeOwed = false;
  /** Whether a probe is being written, and what has been answered meanwhile. */
  #isProbing = false;
  #answeredMeanwhile: number | undefined;

  /** @param onStalled - called when more may be sent, although no answer has come */
  constructor(writer: MessageWriter, prober: Prober, onStalled: () => void) {
    this.#writer = writer;
    this.#prober = prober;
    this.#onStalled = onStalled;
    this.#control = new LineControl(writer.position, prober.now);
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

  /** Bytes of a frame. */
  get frame(): number {
    return this.#control.frame;
  }

  /** Whether a probe waits until the carrier takes something: all else waits for its answer. */
  get isProbeOwed(): boolean {
    return this.#isProbeOwed;
  }

  /** The probe of that number has been answered, and those before it. */
  answered(id: number): void {
    if (this.#isProbing) {
      this.#answeredMeanwhile = id;
    } else {
      this.#control.answered(id);
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
  }

  /** Nothing is sent any more. */
  stop(): void {
    this.#watch.unsubscribe();
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
      this.#control.answered(answered);
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
        this.#onStalled();
      } else {
        this.#watchFor(rest);
      }
    });
  }
}
