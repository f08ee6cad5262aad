import { LineControl } from '../../../src/flow/line-control.js';
import { timeOfAnswer } from '../../../src/flow/way-back.js';

/** What a line is like, which may change with the time. */
export interface LineLook {
  /** Bytes in a ms. */
  readonly rate: number;
  /** ms one way. */
  readonly delay: number;
}

/** A second of what a sender with much to send has seen. */
export interface Look {
  /** Part of the line that was used. */
  readonly used: number;
  /** How long bytes have waited for the line, ms: half of them less, and at most. */
  readonly queue: number;
  readonly longestQueue: number;
  readonly limit: number;
  readonly probes: number;
}

const PROBE = 10;
const PERIOD = 16;

/** Someone who always has more to send, over a line, with a `LineControl`, in a time of their own. */
export class SimulatedLine {
  look: LineLook;
  /** Whether the peer answers, and says when. */
  answers = true;
  tellsTime = false;
  /** By how many ms the clock of the peer is ahead. */
  ahead = 1e6;
  /** Bytes of the peer's that come in each ms. */
  received = 0;
  /** Answers wait for those: they come together with all those of so many ms. 0: each comes by itself. */
  lump = 0;
  /** The peer is busy with something else for so many of each 16 ms, and then answers once for all that has come. */
  busy = 0;
  /** Bytes that there are to be sent in each ms; without limit unless told. */
  supply = Infinity;
  now = 0;
  readonly control: LineControl;
  #position = 0;
  #delivered = 0;
  #freeAt = 0;
  #lastId = -1;
  #supplied = 0;
  #probes = 0;
  #answersDue: { readonly at: number; readonly id: number; readonly given: number }[] = [];
  #expectsAt = Infinity;
  #queues: number[] = [];

  constructor(look: LineLook) {
    this.look = look;
    this.control = new LineControl(
      0,
      () => this.now,
      () => this.received * this.now,
    );
  }

  /** Lets so many ms pass. */
  pass(ms: number): Look {
    const end = this.now + ms;
    const before = this.#position;
    const waiting = this.#backlog;
    const couldMove = this.look.rate * ms;
    this.#queues = [];
    this.#probes = 0;
    while (this.now < end) {
      this.#supplied = Math.min(this.#supplied + this.supply, this.supply === Infinity ? Infinity : 1e9);
      this.#send();
      this.#queues.push(Math.max(0, this.#freeAt - this.now));
      const next = Math.min(
        end,
        Math.floor(this.now) + 1,
        this.#answersDue[0]?.at ?? Infinity,
        this.#expectsAt,
      );
      this.now = next;
      this.#expect();
      this.#answer();
    }
    const sorted = this.#queues.sort((a, b) => a - b);
    const moved = this.#position - before + waiting - this.#backlog;
    return {
      used: moved / couldMove,
      queue: sorted[Math.floor(sorted.length / 2)] ?? NaN,
      longestQueue: sorted.at(-1) ?? NaN,
      limit: this.control.limit,
      probes: this.#probes,
    };
  }

  get underWay(): number {
    return this.#position - this.#delivered;
  }

  get #backlog(): number {
    return Math.max(0, this.#freeAt - this.now) * this.look.rate;
  }

  #write(bytes: number): void {
    this.#position += bytes;
    this.#freeAt = Math.max(this.#freeAt, this.now) + bytes / this.look.rate;
  }

  #send(): void {
    if (this.control.isDrained(this.#position)) {
      this.#probe();
    }
    while (this.control.room(this.#position) > 0 && this.#supplied > 0) {
      const bytes = Math.min(this.control.frame, this.#supplied);
      this.#supplied -= bytes;
      this.#write(bytes);
      if (this.control.isProbeDue(this.#position)) {
        this.#probe();
      }
    }
    if (this.control.rest(this.#position, this.control.room(this.#position) > 0)) {
      this.#probe();
    }
    if (this.#expectsAt === Infinity && this.control.room(this.#position) <= 0) {
      this.#expectsAt = this.now + this.control.expectAfter;
    }
  }

  #expect(): void {
    if (this.#expectsAt <= this.now) {
      this.#expectsAt = Infinity;
      this.control.expect();
      this.#send();
    }
  }

  #probe(): void {
    this.#probes += 1;
    this.#lastId += 1;
    this.#write(PROBE);
    this.control.probed(this.#lastId, this.#position);
    if (this.answers) {
      const given = this.#whenFree(this.#freeAt + this.look.delay);
      const leaves = this.lump === 0 ? given : Math.ceil(given / this.lump) * this.lump;
      this.#answersDue.push({ at: leaves + this.look.delay, id: this.#lastId, given });
    }
  }

  /** When the peer, who is busy now and then, sees what comes at that time. */
  #whenFree(time: number): number {
    const since = time % PERIOD;
    return since < this.busy ? time - since + this.busy : time;
  }

  #answer(): void {
    while ((this.#answersDue[0]?.at ?? Infinity) <= this.now) {
      const due = this.#answersDue.filter(({ at }) => at === this.#answersDue[0]?.at);
      const { id = NaN, given = NaN } =
        this.#answersDue.splice(0, this.busy > 0 ? due.length : 1).at(-1) ?? {};
      this.control.answered(id, this.tellsTime ? timeOfAnswer(given + this.ahead) : undefined);
      this.#send();
    }
  }
}
