import { listen } from '../support/listen.js';
import { turn } from '../support/test-carrier.js';
import * as wire from '../support/wire.js';
import { start } from '../mux/start.js';

/** A channel of the peer's that is gone with the carrier's end, before it was answered; another one still sends. */
async function gone() {
  const { carrier, mux } = start();
  const sending = mux.open();
  await turn();
  carrier.receive(wire.handshake(0, 100), wire.end(0), wire.handshake(7, 100));
  const channel = mux.openChannels.get(7);
  if (channel === undefined) {
    throw new Error('there is no channel 7');
  }
  const removed = listen(mux.removed$);
  carrier.inbound$.complete();
  expect(removed).toEqual([channel]);
  await carrier.hears();
  return { carrier, sending, channel };
}

describe('a channel that is gone unanswered', () => {
  it.each(['accept', 'reject', 'destroy', 'cancel'] as const)(
    'says nothing to the peer for %s()',
    async (what) => {
      const { carrier, sending, channel } = await gone();
      channel[what]();
      sending.outbound$.next('on');
      expect(await carrier.hears()).toEqual(['DATA 0 seq=2 "on"']);
    },
  );

  it('says nothing to the peer for an answer that was delayed', async () => {
    const { carrier, sending, channel } = await gone();
    channel.delayHandshake()('late');
    sending.outbound$.next('on');
    expect(await carrier.hears()).toEqual(['DATA 0 seq=2 "on"']);
  });

  it('takes no bytes', async () => {
    const { carrier, channel } = await gone();
    channel.outbound$.next('late');
    expect(channel.bufferedAmount).toBe(0);
    expect(await carrier.hears()).toEqual([]);
  });
});
