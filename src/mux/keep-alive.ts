import { filter, type SchedulerLike, type Subscription } from 'rxjs';
import { MessageType } from '../protocol/message.js';
import { backgroundInterval } from '../reactive/background-timer.js';
import type { Sender } from '../sender/sender.js';
import type { ControlSource } from '../sender/source.js';

/**
 * Says to the peer every so often that this side is there, unless the carrier is full: then bytes say so.
 *
 * @param period - ms
 */
export function sendKeepAlives(sender: Sender, period: number, scheduler: SchedulerLike): Subscription {
  const source: ControlSource = {
    isControlDue: false,
    writeControl: (writer) => {
      writer.write({ type: MessageType.keepAlive });
    },
  };
  return backgroundInterval(period, scheduler)
    .pipe(filter(() => sender.hasRoom))
    .subscribe(() => {
      sender.requestFirst(source);
    });
}
