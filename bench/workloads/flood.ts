import type { ChannelEnd } from '../peer.js';

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
