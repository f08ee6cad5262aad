import { type MonoTypeOperatorFunction, Observable } from 'rxjs';
import type { ChannelMessage, ReceivedMessage } from '../framing/message-reader.js';
import { reportError } from '../reactive/report-error.js';

/** Whoever takes the messages of one number. */
export interface Receiver {
  receive(message: ChannelMessage): void;
}

/**
 * Hands each message to the channel of its number, and emits the others: those that concern no channel, or a number that no
 * channel has.
 *
 * ```text
 * source    --a0--b1--c2--k----|    channels: 0 and 1; k concerns no channel
 * channel 0 --a----------------
 * channel 1 ------b------------
 * result    ----------c2--k----|
 * ```
 *
 * `channels` is looked at for each message anew: a channel that is added while a message is emitted gets the next one. An
 * exception of a channel's is reported as an unhandled error is, and reaches no other channel.
 *
 * @param channels - who is there, by number
 * @returns an operator whose result completes and errors with the source
 */
export function routeTo(channels: ReadonlyMap<number, Receiver>): MonoTypeOperatorFunction<ReceivedMessage> {
  return (source) =>
    new Observable<ReceivedMessage>((subscriber) =>
      source.subscribe({
        next: (message) => {
          const channel = 'channel' in message ? channels.get(message.channel) : undefined;
          if (channel === undefined) {
            subscriber.next(message);
            return;
          }
          try {
            channel.receive(message as ChannelMessage);
          } catch (error) {
            reportError(error); // as RxJS would, but also where it is told to throw at once
          }
        },
        error: (error: unknown) => {
          subscriber.error(error);
        },
        complete: () => {
          subscriber.complete();
        },
      }),
    );
}
