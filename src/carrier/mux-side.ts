import { type Observable, Subject } from 'rxjs';
import { decodeMessages } from '../framing/decode-messages.js';
import type { BadHandshakeMessage, ReceivedMessage } from '../framing/message-reader.js';
import { MessageWriter } from '../framing/message-writer.js';
import type { UnknownExtension } from '../protocol/extension.js';
import type { InvalidHeader } from '../protocol/invalid-header.js';
import type { Message } from '../protocol/message.js';
import { DemandSubject } from '../reactive/demand-subject.js';
import { State } from '../reactive/state.js';
import { TurnTask } from '../reactive/turn-task.js';

const FRAMING = { lengthSize: 4 };

/** What a mux says. */
export type MuxMessage = Exclude<ReceivedMessage, UnknownExtension | BadHandshakeMessage | InvalidHeader>;

/** What it says about one channel. */
export type MuxChannelMessage = Extract<MuxMessage, { readonly channel: number }>;

/**
 * The side that the mux sees of a carrier whose channels are streams of their own: a carrier's bytes, in which the mux finds
 * what it is told as by a peer, and from which it is read what the mux says.
 */
export class MuxSide {
  readonly capacity$: State<number>;
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
  #hasSaidHello = false;
  #hasHeardHello = false;

  /**
   * @param capacity - what the mux sees at the beginning: bytes
   * @param onSaid - called with each message of the mux's
   */
  constructor(capacity: number, onSaid: (message: MuxMessage) => void) {
    this.capacity$ = new State(capacity);
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
      this.#hasSaidHello ||= message.type === 'hello';
      onSaid(message as MuxMessage); // a mux says nothing that is not valid
    });
  }

  /** What the mux reads. */
  get inbound$(): Observable<Uint8Array> {
    return this.#inbound$;
  }

  /** Whether both the mux and its peer know what bpmux does not, so that the mux may be told it. */
  get isExtended(): boolean {
    return this.#hasSaidHello && this.#hasHeardHello;
  }

  /** What the mux has written. */
  read(chunks: readonly Uint8Array[]): void {
    for (const chunk of chunks) {
      this.#said$.next(chunk);
    }
  }

  /** Tells the mux something. */
  tell(message: Message): void {
    this.#hasHeardHello ||= message.type === 'hello';
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

  /** What is below is broken. */
  fail(error: Error): void {
    this.#writer.flush();
    this.#writer.discard();
    this.#inbound$.error(error);
  }
}
