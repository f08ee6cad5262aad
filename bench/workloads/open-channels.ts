import type { Channel, Connection } from '../peer.js';

/** So many are being opened at a time. */
const AT_A_TIME = 100;

/** Opens channels. Resolves when the far side has all of them. */
export async function openChannels(connection: Connection, count: number): Promise<Channel[]> {
  const channels: Channel[] = [];
  while (channels.length < count) {
    const batch = Math.min(AT_A_TIME, count - channels.length);
    channels.push(...(await Promise.all(Array.from({ length: batch }, () => connection.open()))));
  }
  return channels;
}
