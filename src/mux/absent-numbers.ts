import { Subject } from 'rxjs';
import type { EndType } from '../protocol/message.js';
import type { Faults } from '../channel/faults.js';
import type { KnownPeer } from '../channel/shared.js';
import type { MessageWriter } from '../framing/message-writer.js';
import type { ChannelMessage } from '../framing/message-reader.js';
import { MessageType } from '../protocol/message.js';
import type { Reason } from '../protocol/reason.js';
import { refusalOf } from '../protocol/refusal.js';
import type { Sender } from '../sender/sender.js';
import type { ControlSource } from '../sender/source.js';
import { EarlyEnds } from './early-ends.js';

/** Refusals that may wait to be told, at least: what comes in one chunk is refused before any of it can be told. */
const LEAST_DUE = 2048;

/**
 * Numbers without a channel. It remembers which of the peer's channels were refused, until the peer ends them, and which
 * ended before they were opened. It tells the peer of refusals.
 */
export class AbsentNumbers implements ControlSource {
  isControlDue = false;
  readonly #sender: Sender;
  readonly #faults$: Faults;
  readonly #peer: KnownPeer;
  readonly #limit: number;
  readonly #earlyEnds: EarlyEnds;
  readonly #refused = new Set<number>();
  /** Refusals that the peer has not been told of. */
  readonly #due = new Map<number, Reason | undefined>();
  /** Emits when the last refusal that waited has been written. */
  readonly allTold$ = new Subject<void>();
  #refusals = 0;

  /**
   * @param sender - where it asks for its turn
   * @param faults$ - takes what the peer has done against the protocol
   * @param peer - whether it can be told why
   * @param limit - how many are remembered at most for having been refused, and for having ended before; even, ≥ 2
   */
  constructor(sender: Sender, faults$: Faults, peer: KnownPeer, limit: number) {
    this.#sender = sender;
    this.#faults$ = faults$;
    this.#peer = peer;
    this.#limit = limit;
    this.#earlyEnds = new EarlyEnds(limit);
  }

  /** How many channels of the peer's have been refused. */
  get refusals(): number {
    return this.#refusals;
  }

  /** Whether refusals wait to be written. */
  get hasToTell(): boolean {
    return this.#due.size > 0;
  }

  /** Whether the peer still uses the number for a channel that was refused. */
  isRefused(number: number): boolean {
    return this.#refused.has(number);
  }

  /** The end that came for `number` before it was opened, forgotten from now on. */
  takeEarlyEnd(number: number): EndType | undefined {
    return this.#earlyEnds.take(number);
  }

  /** A message about such a number has come: none that opens a channel, but a second handshake for a refused one. */
  receive(message: ChannelMessage): void {
    const { type, channel } = message;
    switch (type) {
      case MessageType.data:
        if (message.isFirst && !this.#refused.has(channel)) {
          this.#fault('data for no channel', channel);
        }
        break;
      case MessageType.end:
      case MessageType.errorEnd:
        if (!this.#refused.delete(channel)) {
          this.#earlyEnds.remember(channel, type);
        }
        break;
      case 'badHandshake':
        this.#faults$.next(message.error);
        if (!this.#refused.has(channel)) {
          this.refuse(channel); // whoever waits for the answer is told that there is none
        }
        break;
      case MessageType.handshake:
        this.#fault('second handshake', channel);
        break;
      case 'stop': // late, and in order
      case 'reason':
      case 'refuse':
        if (this.#peer.info === undefined) {
          this.#fault(`${type} before hello`, channel);
        }
        break;
      case MessageType.finishedStatus: // in order: its sender did not know yet that both sides had ended
        break;
      default:
        if (!this.#refused.has(channel)) {
          this.#fault('status for no channel', channel);
        }
    }
  }

  /**
   * Tells the peer that its channel will not be, unless it does not hear what it is told. Its END for that number is then no early
   * one, where the number can be remembered.
   */
  refuse(number: number, reason?: Reason): void {
    this.#refusals += 1;
    const isFull = this.#refused.size >= this.#limit;
    const isUnheard = this.#due.size >= Math.max(this.#limit, LEAST_DUE);
    if (isFull || isUnheard) {
      this.#fault('too many refused channels', number);
    }
    if (isUnheard) {
      return;
    }
    if (this.#earlyEnds.take(number) === undefined && !isFull) {
      this.#refused.add(number);
    }
    this.#due.set(number, reason);
    this.#sender.requestFirst(this);
  }

  writeControl(writer: MessageWriter): void {
    for (const [channel, reason] of this.#due) {
      if (writer.room <= 0) {
        this.#sender.requestFirst(this);
        return;
      }
      this.#due.delete(channel);
      for (const message of refusalOf(channel, reason, this.#peer.info !== undefined)) {
        writer.write(message);
      }
    }
    this.allTold$.next();
  }

  /** The peer has done what it should not. */
  #fault(message: string, channelId: number): void {
    this.#faults$.protocol(message, channelId);
  }
}
