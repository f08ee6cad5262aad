import type { MessageWriter } from '../framing/message-writer.js';
import { reportError } from '../reactive/report-error.js';
import type { ControlSource } from './source.js';

/**
 * Sources with control messages to write, in the order in which they asked.
 *
 * Each keeps itself whether it stands here. A Set would know, too, and would have a new table made and filled by each
 * turn of a mux whose channels come and go.
 */
export class ControlQueue {
  #due: ControlSource[] = [];

  get isEmpty(): boolean {
    return this.#due.length === 0;
  }

  /** Puts `source` at the end, unless it stands here. It must stand in no other queue. */
  add(source: ControlSource): void {
    if (!source.isControlDue) {
      source.isControlDue = true;
      this.#due.push(source);
    }
  }

  /** Passes over `source` when its place comes. */
  delete(source: ControlSource): void {
    source.isControlDue = false;
  }

  /** Has everybody write, also those who come meanwhile, as long as there is room. The others keep their places. */
  write(writer: MessageWriter): void {
    const due = this.#due;
    let at = 0;
    for (const source of due) {
      if (writer.room <= 0) {
        break;
      }
      at += 1;
      if (source.isControlDue) {
        source.isControlDue = false;
        try {
          source.writeControl(writer);
        } catch (error) {
          reportError(error); // the others come to their turn
        }
      }
    }
    if (at < due.length) {
      due.splice(0, at);
    } else {
      this.#due = []; // `length = 0` is a call into the engine
    }
  }

  /** Lets go of everybody. */
  clear(): void {
    for (const source of this.#due) {
      source.isControlDue = false;
    }
    this.#due = [];
  }
}
