import type { Channel } from '../channel/channel.js';
import type { ChannelSettings } from '../options.js';
import { isolated, reportError } from '../reactive/report-error.js';
import { TurnTask } from '../reactive/turn-task.js';
import type { Arrival } from './arrivals.js';

/** Says whether a channel of the peer's is its own, by the handshake data, as it came; `undefined`: it is not. */
export type Claim<H> = (data: Uint8Array) => Claimed<H> | undefined;

/** A channel that somebody takes, so that `channels$` does not emit it. */
export interface Claimed<H> {
  /** Its settings. One that has waited before has others. */
  readonly settings: ChannelSettings;
  /** Takes it. It is answered at the end of the turn, unless it has been before. */
  take(channel: Channel<H>): void;
}

/** Whose channels are whose: those that nobody claims are for `channels$`. */
export class Claims<H> {
  #claims: readonly Claim<H>[] = [];
  /** Those who have been taken in this turn. */
  #taken: Arrival<H>[] = [];
  /** Those who are to be given at its end. */
  #waiting: (readonly [Arrival<H>, Claimed<H>])[] = [];
  readonly #turn = new TurnTask(() => {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const [channel, claimed] of waiting) {
      this.give(channel, claimed);
    }
    const taken = this.#taken;
    this.#taken = [];
    for (const channel of taken) {
      channel.offered();
    }
  });

  add(claim: Claim<H>): void {
    this.#claims = [...this.#claims, claim];
  }

  delete(claim: Claim<H>): void {
    this.#claims = this.#claims.filter((one) => one !== claim);
  }

  /** The first claim to a channel. */
  to(data: Uint8Array): Claimed<H> | undefined {
    for (const claim of this.#claims) {
      try {
        const claimed = claim(data);
        if (claimed !== undefined) {
          return claimed;
        }
      } catch (error) {
        reportError(error); // whose it is say the others
      }
    }
    return undefined;
  }

  /** Gives a channel to whom it belongs. What that says within the turn, or by a promise, leaves together with the answer. */
  give(channel: Arrival<H>, claimed: Claimed<H>): void {
    channel.offering();
    isolated(() => {
      claimed.take(channel);
    });
    this.#taken.push(channel);
    this.#turn.schedule();
  }

  /** The same for those that have waited: at the end of the turn, since it may be more than one who takes them together. */
  giveLater(waiting: readonly (readonly [Arrival<H>, Claimed<H>])[]): void {
    this.#waiting = [...this.#waiting, ...waiting];
    this.#turn.schedule();
  }
}
