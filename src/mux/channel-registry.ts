import type { MuxChannel } from '../channel/mux-channel.js';
import { BusyMap } from '../flow/busy-map.js';
import { Broadcast } from '../reactive/broadcast.js';
import { isolated } from '../reactive/report-error.js';
import type { ChannelNumbers } from './channel-numbers.js';

/** The channels of a mux that are not yet removed, by number: who is there, and how many there may be. */
export class ChannelRegistry<H> {
  readonly #channels = new BusyMap<number, MuxChannel<H>>();
  readonly #maxOpen: number;
  readonly #numbers: ChannelNumbers;
  #opened = 0;
  #removed = 0;
  readonly full$ = new Broadcast<void>();
  readonly removed$ = new Broadcast<MuxChannel<H>>();

  /**
   * @param maxOpen - how many there may be; 0 = no limit
   * @param numbers - those of this side's channels
   */
  constructor(maxOpen: number, numbers: ChannelNumbers) {
    this.#maxOpen = maxOpen;
    this.#numbers = numbers;
  }

  get channels(): ReadonlyMap<number, MuxChannel<H>> {
    return this.#channels;
  }

  /** How many have been added. */
  get opened(): number {
    return this.#opened;
  }

  /** How many of them have been taken out. */
  get removed(): number {
    return this.#removed;
  }

  /** Whether there is no place for one more. */
  get isFull(): boolean {
    return this.#maxOpen > 0 && this.#channels.size >= this.#maxOpen;
  }

  /**
   * The next number of this side's that no channel has. There is always one: a Map cannot hold 2^31 channels.
   *
   * @param isTaken - tells of numbers that cannot be used all the same
   */
  freeNumber(isTaken: (number: number) => boolean): number {
    return this.#numbers.take((number) => this.#channels.has(number) || isTaken(number));
  }

  /** Adds a channel. Tells where it is the last one for which there is a place. */
  add(channel: MuxChannel<H>): void {
    this.#channels.set(channel.id, channel);
    this.#opened += 1;
    if (this.isFull) {
      this.full$.next();
    }
  }

  /** The peer has said that it knows more than bpmux: what channels have to say that only such a peer understands. */
  peerIsKnown(): void {
    for (const channel of this.#channels.values()) {
      channel.peerIsKnown();
    }
  }

  /**
   * Takes a channel out and has it end. Whatever happens in there, the others hear nothing of it.
   *
   * @param error - what its halves fail with that have not ended
   * @param when - `inbound$`: at once, or after the bytes that wait
   * @returns the channel, if it was there
   */
  remove(id: number, error?: unknown, when?: 'now' | 'after-waiting'): MuxChannel<H> | undefined {
    const channel = this.#channels.get(id);
    if (channel !== undefined) {
      this.#channels.delete(id);
      this.#removed += 1;
      isolated(() => {
        channel.remove(error, when);
      });
      if (this.removed$.observed) {
        isolated(() => {
          this.removed$.next(channel);
        });
      }
    }
    return channel;
  }
}
