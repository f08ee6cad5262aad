import { firstValueFrom } from 'rxjs';
import type { Mux } from 'rxmux';
import type { Counts } from './held-channel.js';
import type { Exchanged } from './exchange.js';

/** What the far end can be asked for. */
export interface Answers {
  /** What has been exchanged through all channels that have been opened for it. */
  exchanges: Exchanged[];
  /** What has moved through the channel that is held. */
  counts: Counts;
  /** What has been exchanged through it after all. */
  resume: Exchanged;
}

/** Asks the far end, by a channel of its own. The answer is what it shakes hands with. */
export async function ask<Q extends keyof Answers>(mux: Mux, question: Q): Promise<Answers[Q]> {
  const channel = mux.open(question);
  channel.outbound$.complete();
  return JSON.parse((await firstValueFrom(channel.handshake$)).toString()) as Answers[Q];
}
