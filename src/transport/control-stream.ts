import type { ByteStreamPair } from '../carrier/web-stream-carrier.js';
import type { MuxMessage } from '../carrier/mux-side.js';
import { framesOf } from './frames.js';

/** What a side says about no channel, on a stream of its own. While that takes no bytes, the latest of each kind waits. */
export class ControlStream {
  readonly #due = new Map<MuxMessage['type'], MuxMessage>();
  #writer: ReturnType<ByteStreamPair['writable']['getWriter']> | undefined;
  #isWriting = false;

  /** The stream is there. */
  open(writable: ByteStreamPair['writable']): void {
    this.#writer = writable.getWriter();
    this.#writer.closed.catch(ignore);
    this.#write();
  }

  /** Says it, after what was said before. */
  say(message: MuxMessage): void {
    this.#due.set(message.type, message);
    this.#write();
  }

  #write(): void {
    if (this.#writer !== undefined && !this.#isWriting && this.#due.size > 0) {
      this.#isWriting = true;
      const frames = framesOf([...this.#due.values()]);
      this.#due.clear();
      this.#writer.write(frames).then(() => {
        this.#isWriting = false;
        this.#write();
      }, ignore);
    }
  }
}

function ignore(): void {
  // the session says what has become of it
}
