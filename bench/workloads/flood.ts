import type { ChannelEnd } from '../peer.js';

/** What bulk senders write. */
export const BULK = Buffer.alloc(65_536, 'x');

/** Sends `chunk` again and again, as fast as back-pressure lets it. */
export function flood(end: ChannelEnd, chunk: Buffer): void {
  const send = (): void => {
    let hasRoom = true;
    while (hasRoom) {
      hasRoom = end.write(chunk);
    }
  };
  end.onWritable(send);
  send();
}
