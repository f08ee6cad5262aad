import type { EndType } from '../protocol/message.js';

/**
 * Ends that the peer has sent for numbers of which no HANDSHAKE has come: a bpmux peer that ends a new channel at once
 * sends END first. A peer that floods us with them makes us forget the oldest.
 *
 * They are kept in two generations. When the young one is full, it becomes the old one, and the old one is forgotten. With
 * a single Map, finding the oldest would mean a search past deleted entries.
 */
export class EarlyEnds {
  #young = new Map<number, EndType>();
  #old = new Map<number, EndType>();

  /** @param limit - how many are remembered at most, even, ≥ 2; the latest half of them always */
  constructor(private readonly limit: number) {}

  /** Remembers the end of `channel`. */
  remember(channel: number, end: EndType): void {
    if (this.#young.size >= this.limit / 2) {
      this.#old = this.#young;
      this.#young = new Map();
    }
    this.#young.set(channel, end);
  }

  /** The last end that came for `channel`, forgotten from now on. */
  take(channel: number): EndType | undefined {
    const end = this.#young.get(channel) ?? this.#old.get(channel);
    if (end !== undefined) {
      this.#young.delete(channel);
      this.#old.delete(channel);
    }
    return end;
  }
}
