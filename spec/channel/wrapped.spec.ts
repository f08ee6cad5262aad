import { PeerError } from '../../src/index.js';
import { start } from '../mux/start.js';
import { listen } from '../support/listen.js';
import { turn } from '../support/test-carrier.js';
import * as peer from '../support/wire.js';

/** Much, in one piece, which is passed by reference. */
const PIECE = Buffer.alloc(2 ** 26);
const PIECES = 2 ** 32 / PIECE.length;

/** A channel of this side's that has sent 2^32 bytes, so that its count of them is 0 again, and has no credit left. */
async function wrapped(answer: (free: number, seq: number) => Buffer) {
  const { carrier, mux } = start();
  const channel = mux.open();
  const write = carrier.write.bind(carrier);
  await carrier.hears();
  carrier.write = () => undefined; // nobody is to join so much
  for (let piece = 0; piece < PIECES; piece += 1) {
    carrier.receive(answer(PIECE.length, piece * PIECE.length));
    channel.outbound$.next(PIECE);
    await turn();
  }
  carrier.write = write;
  expect(channel.stats()).toMatchObject({ sent: 2 ** 32, queued: 0 });
  return { carrier, channel };
}

describe('a channel that has sent 2^32 bytes', () => {
  it('leaves its credit alone where the answer comes then', async () => {
    const { carrier, channel } = await wrapped((free, seq) => peer.preHandshake(0, free, seq));
    carrier.receive(peer.handshake(0, 5));
    expect(channel.sendWindow$.value).toBe(0);
  });

  it('takes an answer without room and data for none that may be a refusal', async () => {
    const { carrier, channel } = await wrapped((free, seq) => peer.preHandshake(0, free, seq));
    const heard = listen(channel.handshake$);
    carrier.receive(peer.handshake(0, 0));
    expect(heard).toEqual([Buffer.alloc(0), 'complete']);
  });

  it('goes on where the peer’s own half fails then: that is no refusal', async () => {
    const { carrier, channel } = await wrapped((free, seq) =>
      seq === 0 ? peer.handshake(0, free) : peer.status(0, free, seq),
    );
    const heard = listen(channel.inbound$);
    carrier.receive(peer.errorEnd(0));
    expect(heard).toEqual([new PeerError({ channelId: 0 })]);
    channel.outbound$.next('more');
    carrier.receive(peer.finishedStatus(0, 4, 2 ** 32));
    expect(await carrier.hears()).toEqual(['DATA 0 seq=4 "more"']);
  });
});
