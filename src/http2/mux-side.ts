import { BehaviorSubject, type Observable, Subject } from 'rxjs';
import { decodeMessages } from '../framing/decode-messages.js';
import type { ReceivedMessage } from '../framing/message-reader.js';
import { MessageWriter } from '../framing/message-writer.js';
import type { Message } from '../protocol/message.js';
import { DemandSubject } from '../reactive/demand-subject.js';
import { TurnTask } from '../reactive/turn-task.js';

const FRAMING = { lengthSize: 4 };

/** The capacity that the mux sees. It does not change, since each stream has its own. */
const CAPACITY = 65_536;

/**
 * What HTTP/2 does for the mux as a peer that knows more than bpmux: it answers PINGs and says GOAWAY, whoever is at the
 * far end. A window need not be promised, since streams take bytes before they are answered.
 */
const HELLO = { type: 'hello', version: 1, window: 0 } as const;

/**
 * The side of a pair of sessions that the mux sees: a carrier's bytes, in which the mux finds what the sessions tell it as a
 * peer, and from which it is read what the mux says.
 */
export class MuxSide {
  readonly capacity$ = new BehaviorSubject(CAPACITY);
  readonly #inbound$ = new DemandSubject<Uint8Array>({
    onDemand: () => {
      this.#flushing.schedule();
    },
  });
  readonly #said$ = new Subject<Uint8Array>();
  readonly #writer: MessageWriter;
  readonly #flushing = new TurnTask(() => {
    // Before there is a mux, what is told waits for it.
    if (this.#inbound$.observed) {
      this.#writer.flush();
    }
  });
  #isExtended = false;

  /** @param onSaid - called with each message of the mux's */
  constructor(onSaid: (message: ReceivedMessage) => void) {
    this.#writer = new MessageWriter(
      {
        capacity$: this.capacity$,
        write: (chunks) => {
          for (const chunk of chunks) {
            this.#inbound$.next(chunk);
          }
        },
        end: () => {
          this.#inbound$.complete();
        },
      },
      {
        framing: FRAMING,
        coalesceWrites: true,
        onWaiting: () => {
          this.#flushing.schedule();
        },
      },
    );
    this.#said$.pipe(decodeMessages(FRAMING, 0, true)).subscribe((message) => {
      this.#isExtended ||= message.type === 'hello';
      onSaid(message);
    });
    this.tell(HELLO);
  }

  /** What the mux reads. */
  get inbound$(): Observable<Uint8Array> {
    return this.#inbound$;
  }

  /** Whether the mux knows more than bpmux does. */
  get isExtended(): boolean {
    return this.#isExtended;
  }

  /** What the mux has written. */
  read(chunks: readonly Uint8Array[]): void {
    for (const chunk of chunks) {
      this.#said$.next(chunk);
    }
  }

  /** Tells the mux something. */
  tell(message: Message): void {
    this.#writer.write(message);
  }

  /**
   * Gives the mux bytes of a channel.
   *
   * @param seq - bytes given on the channel, these included, modulo 2^32
   */
  tellData(channel: number, seq: number, payload: Buffer): void {
    this.#writer.writeData(channel, seq, payload);
  }

  /** There is no more to tell, and nothing more is taken. */
  end(): void {
    this.#writer.end();
    this.capacity$.complete();
  }

  /** The sessions are broken. */
  fail(error: Error): void {
    this.#writer.flush();
    this.#writer.discard();
    this.#inbound$.error(error);
  }
}
