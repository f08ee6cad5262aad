import { Observable, type ObservableInput } from 'rxjs';
import type { Adaptable } from '../channel/adaptable.js';
import type { HalfEnd } from '../channel/half-end.js';
import { OverflowError } from '../errors.js';
import type { Reason } from '../protocol/reason.js';
import { ChannelTarget } from '../send/channel-target.js';
import { feederOf } from '../send/feeder-of.js';
import { Sending } from '../send/sending.js';
import type { CallCodec } from './call-codec.js';
import type { CallSettings } from './call-options.js';

/** A half of a call to send values to: the far side hears of an error in a message of its own. */
class CallTarget extends ChannelTarget<unknown> {
  readonly #call: Adaptable<unknown>;
  readonly #codec: CallCodec;
  readonly #shown: (error: unknown) => Reason;

  /**
   * @param channel - the channel of the call
   * @param codec - how values and errors are sent
   * @param shown - what the far side hears of an error
   */
  constructor(channel: Adaptable<unknown>, codec: CallCodec, shown: (error: unknown) => Reason) {
    super(channel, codec.value);
    this.#call = channel;
    this.#codec = codec;
    this.#shown = shown;
  }

  override finish(end: HalfEnd): void {
    // Of what fails with a broken call nobody is to hear.
    if ('error' in end && this.broken === undefined) {
      sendError(this.#call, this.#codec, this.#shown(end.error));
    } else {
      this.#call.finish(end);
    }
  }

  override abort(error: unknown): void {
    if (error instanceof OverflowError) {
      this.#call.giveReason({ code: 'OVERFLOW', message: error.message });
    }
    this.#call.abort(error);
  }
}

/** Sends what `source` gives over the channel of a call, from the subscription on. Errors with what the source fails with. */
export function sendValues(
  source: ObservableInput<unknown>,
  channel: Adaptable<unknown>,
  { codec, overflow }: CallSettings,
  shown: (error: unknown) => Reason,
): Observable<never> {
  const feedOf = feederOf(source, overflow);
  return new Observable((subscriber) => {
    const target = new CallTarget(channel, codec, shown);
    new Sending(target, channel.sendHighWaterMark, subscriber).start(feedOf);
  });
}

/** Ends this side's half with an error: in a message, or, where there is none for it, as the reason of ERROR_END. */
export function sendError(channel: Adaptable<unknown>, codec: CallCodec, error: Reason): void {
  try {
    channel.give(codec.error(error));
  } catch {
    channel.giveReason(error);
    channel.finish({ error }); // behind the values before it
    return;
  }
  channel.finish({});
}
