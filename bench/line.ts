/** What a line is like. */
export interface LineOptions {
  readonly delayMs: number;
  readonly bitsPerSecond: number;
}

/** Bytes, or the end. */
export type Arrival = Buffer | null;

interface Segment {
  readonly arrival: Arrival;
  readonly arrivesAt: number;
}

/** As much is handed on at a time, as from a socket. */
const SEGMENT = 65_536;

/**
 * Bytes that may have been written and wait for the line: a socket's send buffer, as large as Linux makes it over such a
 * link. As long as it has bytes the line is busy, though this process may be kept from running.
 */
const SEND_BUFFER = 2_097_152;

/** Bytes that may have arrived and wait for their reader: a socket's receive buffer. With more the sender has to wait. */
const RECEIVE_BUFFER = 1_048_576;

/** A timer may be so late: what is due sooner is waited for by turns of the event loop. */
const TIMER_SLACK_MS = 2;

/**
 * One way of a long link: bytes leave at the line's rate, in order, and arrive after the delay.
 *
 * When a byte leaves and arrives follows from the clock. Timers only look at it, one at a time for the whole line; if one
 * is late, the line has gone on meanwhile, as long as there were bytes in the send buffer.
 */
export class Line {
  readonly #delayMs: number;
  readonly #bytesPerMs: number;
  readonly #deliver: (arrival: Arrival) => boolean;
  /** The send buffer in time of the line. */
  readonly #sendBufferMs: number;
  readonly #capacity: number;
  #segments: Segment[] = [];
  #heldBytes = 0;
  /** When all that was sent will have left. */
  #freeAt = 0;
  /** Tells the sender that its bytes have left, or wait in the send buffer. */
  #onSent: (() => void) | undefined;
  #isRead = false;
  #wakeAt = Infinity;
  #cancelWake: () => void = () => undefined;

  /** @param deliver - takes what has arrived, and returns whether it takes more before `read` is called again */
  constructor({ delayMs, bitsPerSecond }: LineOptions, deliver: (arrival: Arrival) => boolean) {
    this.#delayMs = delayMs;
    this.#bytesPerMs = bitsPerSecond / 8000;
    this.#deliver = deliver;
    this.#sendBufferMs = SEND_BUFFER / this.#bytesPerMs;
    this.#capacity = this.#bytesPerMs * delayMs + SEND_BUFFER + RECEIVE_BUFFER;
  }

  /** Sends bytes that nobody changes any more. The next are sent after `onSent`. */
  send(bytes: Buffer, onSent: () => void): void {
    this.#freeAt = Math.max(this.#freeAt, performance.now());
    for (let begin = 0; begin < bytes.length; begin += SEGMENT) {
      const segment = bytes.subarray(begin, begin + SEGMENT);
      this.#freeAt += segment.length / this.#bytesPerMs;
      this.#add(segment);
    }
    this.#heldBytes += bytes.length;
    this.#onSent = onSent;
    this.#tellSender();
    this.#sleep();
  }

  end(): void {
    this.#add(null);
    this.#sleep();
  }

  /** The reader takes more. */
  read(): void {
    this.#isRead = true;
    this.#sleep();
  }

  #add(arrival: Arrival): void {
    this.#segments.push({ arrival, arrivesAt: this.#freeAt + this.#delayMs });
  }

  readonly #wake = (): void => {
    this.#wakeAt = Infinity;
    this.#deliverArrived();
    this.#tellSender();
    this.#sleep();
  };

  /** Everything at once, as a socket would. */
  #deliverArrived(): void {
    if (!this.#isRead) {
      return;
    }
    const now = performance.now();
    const firstLater = this.#segments.findIndex(({ arrivesAt }) => arrivesAt > now);
    const arrived = this.#segments.splice(0, firstLater === -1 ? this.#segments.length : firstLater);
    const chunks = arrived.flatMap(({ arrival }) => (arrival === null ? [] : [arrival]));
    const [first] = chunks;
    if (first !== undefined) {
      const bytes = chunks.length === 1 ? first : Buffer.concat(chunks);
      this.#heldBytes -= bytes.length;
      this.#isRead = this.#deliver(bytes);
    }
    if (arrived.at(-1)?.arrival === null) {
      this.#deliver(null);
    }
  }

  #tellSender(): void {
    const hasRoom =
      this.#freeAt - performance.now() <= this.#sendBufferMs && this.#heldBytes <= this.#capacity;
    if (hasRoom) {
      const onSent = this.#onSent;
      this.#onSent = undefined;
      onSent?.();
    }
  }

  /** Sees to it that the next thing that is due wakes the line. */
  #sleep(): void {
    const arrivesAt = this.#isRead ? (this.#segments[0]?.arrivesAt ?? Infinity) : Infinity;
    const isFull = this.#onSent === undefined || this.#heldBytes > this.#capacity;
    const dueAt = Math.min(arrivesAt, isFull ? Infinity : this.#freeAt - this.#sendBufferMs);
    if (dueAt >= this.#wakeAt) {
      return;
    }
    this.#cancelWake();
    this.#wakeAt = dueAt;
    const wait = dueAt - performance.now() - TIMER_SLACK_MS;
    if (wait > 0) {
      const timer = setTimeout(this.#wake, wait);
      this.#cancelWake = () => {
        clearTimeout(timer);
      };
    } else {
      const immediate = setImmediate(this.#wake);
      this.#cancelWake = () => {
        clearImmediate(immediate);
      };
    }
  }
}
