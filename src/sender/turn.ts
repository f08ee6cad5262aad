import type { Queued } from '../flow/fifo.js';
import type { PriorityLevel } from './priority-level.js';

/** What is known of a flow that waits for its turn, or that has been given something in this round. */
export class Turn<F> implements Queued {
  next: this | undefined;
  previous: this | undefined;
  /** Whether it stands, or has stood last, among the fresh ones of its level and not in the ring. */
  isFresh = true;
  /**
   * Whether the flow waits for its turn. If not, it has nothing to send: it stands in the ring to be remembered until
   * a round has passed.
   */
  isWaiting = true;
  /** Its place in the ring: a number higher than that of anybody before it. */
  place = 0;
  /** The round is over when the turn of this place has come. */
  roundEnd = 0;
  /** Bytes that it has been given in this round, or since it stands in the ring. */
  used = 0;
  /** Bytes that it has been given early, and by which its next turn is shorter. */
  early = 0;

  constructor(
    public flow: F,
    public level: PriorityLevel<F>,
  ) {}

  /** Makes it the turn of another flow, as if it were new. */
  begin(flow: F, level: PriorityLevel<F>): void {
    this.flow = flow;
    this.level = level;
    this.isWaiting = true;
    this.place = 0;
    this.roundEnd = 0;
    this.used = 0;
    this.early = 0;
  }

  /** Lets go of the flow. */
  end(): void {
    this.flow = undefined as F;
  }
}
