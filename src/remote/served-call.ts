import { noop, type ObservableInput, type Subscriber, Subscription } from 'rxjs';
import { MAX_DELAY } from '../arguments.js';
import type { Adaptable } from '../channel/adaptable.js';
import type { ChannelListener } from '../channel/channel-listener.js';
import type { HalfEnd } from '../channel/half-end.js';
import { MuxClosedError } from '../errors.js';
import { IncomingMessages, type MessageSink } from '../messages/incoming-messages.js';
import { SchemaError, type StandardSchema, validated } from '../messages/standard-schema.js';
import type { Reason } from '../protocol/reason.js';
import { backgroundTimer } from '../reactive/background-timer.js';
import { TurnTask } from '../reactive/turn-task.js';
import { Arguments } from './call-codec.js';
import type { ServedContext } from './call-context.js';
import type { CallHeader } from './call-header.js';
import type { CallSettings } from './call-options.js';
import { sendError, sendValues } from './call-target.js';
import { isPromise } from './is-promise.js';
import { isStream } from './is-stream.js';
import { RemoteError } from './remote-error.js';
import { type Taking, ValueTaker } from './taking.js';
import { ValueStream } from './value-stream.js';

const DEADLINE: Reason = { code: 'DEADLINE', message: 'the call has taken longer than its deadline' };
const NO_ARGUMENTS: Reason = { code: 'BAD_MESSAGE', message: 'arguments were to come' };

/** Methods by their names. */
export type Methods = Readonly<Record<string, unknown>>;

type Method = (...args: readonly unknown[]) => unknown;

/** What a {@link ServedCall} is made with. */
export interface ServedCallParts {
  readonly channel: Adaptable<unknown>;
  readonly settings: CallSettings;
  /** Its own members are called. */
  readonly handlers: Methods;
  readonly schema: StandardSchema<readonly unknown[]> | undefined;
  readonly header: CallHeader;
  readonly context: ServedContext | undefined;
  readonly owner: CallOwner;
}

/** Where a call is served. */
export interface CallOwner {
  /** A method has failed: whoever serves it is told. Returns what the caller hears of it. */
  failed(error: unknown, method: string): RemoteError;
  /** The call takes no place any more: its end has been sent, or never will be, or it was given up. */
  onOver(call: ServedCall): void;
}

/** Who waits for a promise. */
interface Awaiting {
  call: ServedCall | undefined;
}

const NOBODY: Awaiting = { call: undefined };

/** A call that the peer has made. All the ways in which it ends are an end of this side's half of the channel. */
export class ServedCall implements ChannelListener, MessageSink<unknown> {
  /** Kept by its owner. */
  place = 0;
  readonly #parts: ServedCallParts;
  readonly #incoming: IncomingMessages<unknown>;
  #awaitsArguments = true;
  #timer = Subscription.EMPTY;
  /** The call, as the promise of its answer knows it. Whoever keeps that, keeps nothing of a call that is over. */
  #awaiting: Awaiting = NOBODY;
  /** Whether somebody has subscribed to the argument that is a stream, … */
  #isArgumentTaken = false;
  /** … and who takes its values. */
  #values: Pick<ValueTaker<unknown>, 'take' | 'end'> | undefined;
  #isOver = false;

  constructor(parts: ServedCallParts) {
    const { channel, settings } = parts;
    this.#parts = parts;
    this.#incoming = new IncomingMessages(channel, settings.codec, settings.maxMessageSize, this);
  }

  start(): void {
    const { channel, header } = this.#parts;
    const { deadline } = header;
    if (deadline > 0) {
      this.#timer = backgroundTimer(Math.min(deadline, MAX_DELAY), channel.scheduler).subscribe(() => {
        this.giveUp(DEADLINE);
      });
    }
    channel.listen(this); // which may say that it is over: behind the timer, so that this ends it
    this.#incoming.read();
  }

  /** Ends it before its time. */
  giveUp(reason: Reason): void {
    const { channel } = this.#parts;
    channel.giveReason(reason);
    channel.destroy(new RemoteError(reason.code, reason.message));
  }

  // What the channel tells.

  onPeerError(error: unknown): void {
    this.#parts.channel.destroy(error); // the caller has given up
  }

  onStopped(end: HalfEnd): void {
    this.#isOver = true;
    this.#timer.unsubscribe();
    this.#awaiting.call = undefined;
    const { channel, context, owner } = this.#parts;
    if ('error' in end) {
      owner.onOver(this); // its place may be taken by what comes in the same chunk
      context?.abort(end.error);
    }
    if (this.#values !== undefined) {
      // Later, since who takes the stream may be about to leave it: the result is let go of, or `take` completes first.
      new TurnTask(() => {
        this.#values?.end({
          error: new MuxClosedError({ channelId: channel.id, message: 'the call is over' }),
          ...end,
        });
      }).schedule();
    }
    this.#incoming.cancel();
  }

  onInboundOver(end: HalfEnd): void {
    this.#incoming.onInboundOver(end);
  }

  onEndSent(): void {
    this.#parts.owner.onOver(this);
  }

  // What comes.

  /** What comes behind the arguments waits until somebody wants it. */
  get isReading(): boolean {
    return this.#awaitsArguments || this.#values !== undefined;
  }

  onMessage(message: unknown, size: number): void {
    if (this.#awaitsArguments) {
      this.#awaitsArguments = false;
      this.#begin(message);
    } else {
      this.#values?.take(message, size, this.#incoming);
    }
  }

  onEnd(end: HalfEnd): void {
    if ('error' in end) {
      this.#parts.channel.abort(end.error); // before the stream fails: what the handler makes of that is no answer
    } else if (this.#awaitsArguments) {
      this.giveUp(NO_ARGUMENTS);
    } else if (!this.#isOver) {
      this.#values?.end(end);
    } // else it ends as the call has
  }

  // What becomes of it.

  #begin(message: unknown): void {
    if (!(message instanceof Arguments)) {
      this.giveUp(NO_ARGUMENTS);
      return;
    }
    const { handlers, header } = this.#parts;
    try {
      let args = this.#checked(message);
      if (message.hasStream) {
        args = [...args, new ValueStream(this.#takeArgument.bind(this))]; // which throws where a schema has given no array
      } else {
        this.#incoming.cancel();
      }
      this.#respond((handlers[header.method] as Method)(...args));
    } catch (error) {
      this.fail(error);
    }
  }

  #respond(result: unknown): void {
    if (isPromise(result)) {
      const awaiting: Awaiting = (this.#awaiting = { call: this });
      // One of another library may throw in `then`.
      Promise.resolve(result).then(
        (value) => awaiting.call?.answer(value),
        (error: unknown) => awaiting.call?.fail(error),
      );
    } else if (isStream(result) || isIterable(result)) {
      const { channel, settings } = this.#parts;
      const failed = this.#failed.bind(this);
      const values$ = sendValues(result as ObservableInput<unknown>, channel, settings, failed);
      values$.subscribe({ error: noop }); // it is the caller who hears of it
    } else {
      this.answer(result);
    }
  }

  /** The answer, and the only one: sends it. */
  answer(value: unknown): void {
    const { channel, settings } = this.#parts;
    try {
      channel.give(settings.codec.value(value));
      channel.finish({});
    } catch (error) {
      this.fail(error);
    }
  }

  /** The method, or its answer, has failed: sends what the caller hears of it. */
  fail(error: unknown): void {
    if (!this.#isOver) {
      const { channel, settings } = this.#parts;
      sendError(channel, settings.codec, this.#failed(error));
    }
  }

  #failed(error: unknown): RemoteError {
    const { owner, header } = this.#parts;
    return owner.failed(error, header.method);
  }

  /** Throws what the caller hears, or, where a schema fails to check them, what has gone wrong here. */
  #checked(message: Arguments): readonly unknown[] {
    const { schema } = this.#parts;
    let args: unknown;
    try {
      args = message.decode();
    } catch {
      // then they are no array
    }
    if (!Array.isArray(args)) {
      throw new RemoteError('BAD_ARGUMENTS', 'the arguments cannot be read');
    }
    try {
      return schema === undefined ? args : validated(schema, args);
    } catch (error) {
      throw error instanceof SchemaError ? new RemoteError('BAD_ARGUMENTS', error.message) : error;
    }
  }

  #takeArgument<I>(subscriber: Subscriber<I>, taking: Taking<I>): void {
    if (this.#isArgumentTaken || this.#isOver) {
      subscriber.error(new Error('a stream argument can be subscribed to once, during the call'));
      return;
    }
    this.#isArgumentTaken = true;
    const values = new ValueTaker(subscriber, taking);
    this.#values = values;
    subscriber.add(() => {
      this.#values = undefined;
      this.#incoming.cancel();
    });
    const { over } = this.#incoming;
    if (over === undefined) {
      this.#incoming.read();
    } else {
      values.end(over);
    }
  }
}

/** Whether it gives values one by one, and is not meant as one: strings and bytes are. */
function isIterable(value: unknown): boolean {
  return (
    typeof value === 'object' && value !== null && Symbol.iterator in value && !ArrayBuffer.isView(value)
  );
}
