import type { MessageWriter } from '../framing/message-writer.js';
import type { Flow } from './share-capacity.js';
import type { Turn } from './turn.js';

/** Something that has control messages to send, now and then. What waits is its state: nothing piles up in the sender. */
export interface ControlSource {
  /** Kept by `ControlQueue`: whether it waits there for its turn. `false` at first. */
  isControlDue: boolean;
  /** Writes the control messages that are due, as far as the writer has room. For the rest it asks again. */
  writeControl(writer: MessageWriter): void;
}

/** Something that has bytes to send besides. */
export interface Source extends ControlSource, Flow {
  /** Kept by the sender: its turn among those who send, where it waits for it. `undefined` at first. */
  turn: Turn<Source> | undefined;
  /** Writes so many of its bytes: at most what {@link Flow.pending} and {@link Flow.credit} say. */
  writeData(bytes: number, writer: MessageWriter): void;
}
