import { filter, firstValueFrom } from 'rxjs';
import { type Channel, ChannelError } from 'rxmux';
import type { Request } from './request.js';

/** Sends back what comes, changed byte by byte, no faster than it is taken. */
export async function serveChannel(
  channel: Channel<Request>,
  change: (byte: number) => number,
): Promise<void> {
  if (channel.handshake === undefined) {
    channel.reject(new ChannelError('BAD_REQUEST', 'the handshake is no request'));
    return;
  }
  channel.priority = channel.handshake.priority;
  const isWritable$ = channel.writable$.pipe(filter((isWritable) => isWritable));
  for await (const chunk of channel) {
    channel.outbound$.next(chunk.map(change));
    if (!(await firstValueFrom(isWritable$, { defaultValue: false }))) {
      return; // nobody wants more
    }
  }
  channel.outbound$.complete();
}
