import { Subject, take } from 'rxjs';
import { type Delivery, Mux } from '../../src/index.js';
import { listen } from '../support/listen.js';
import { PLAIN_WIRE } from '../support/plain-wire.js';
import { TestCarrier } from '../support/test-carrier.js';
import * as peer from '../support/wire.js';

describe('Mux', () => {
  describe('credit for chunks that the carrier delivers in a row', () => {
    /** A mux with channels 0 and 1 of the peer's, whose bytes are consumed at once. */
    async function startInBursts({ highWaterMark = 4, extensions = false } = {}) {
      const burstEnd$ = new Subject<void>();
      const carrier = Object.assign(new TestCarrier(), { burstEnd$: burstEnd$.pipe(take(1)) });
      const mux = new Mux(carrier, {
        ...PLAIN_WIRE,
        extensions,
        peerChannelOptions: { highWaterMark, maxHighWaterMark: highWaterMark },
      });
      mux.channels$.subscribe(({ inbound$, outbound$ }) => {
        inbound$.subscribe({
          next: (chunk) => {
            if (chunk.toString() === 'ball') {
              outbound$.next(chunk);
            }
          },
          error: () => undefined,
        });
      });
      carrier.receive(
        ...(extensions ? [peer.hello(100)] : []),
        peer.handshake(0, 100),
        peer.handshake(1, 100),
      );
      await carrier.hears();
      carrier.writes.length = 0;
      return { carrier, mux, burstEnd$ };
    }

    it('is granted after the last of them, in one write', async () => {
      const { carrier, burstEnd$ } = await startInBursts();
      carrier.receive(peer.data(0, 4, 'word'));
      carrier.receive(peer.data(1, 4, 'word'));
      expect(await carrier.hears()).toEqual([]);
      burstEnd$.next();
      expect(await carrier.hears()).toEqual(['STATUS 0 free=4 seq=4', 'STATUS 1 free=4 seq=4']);
      expect(carrier.writes).toHaveLength(1);
      carrier.receive(peer.data(0, 8, 'word'));
      burstEnd$.next();
      expect(await carrier.hears()).toEqual(['STATUS 0 free=4 seq=8']);
    });

    it('is granted with whatever else leaves before', async () => {
      const { carrier, burstEnd$ } = await startInBursts();
      carrier.receive(peer.data(0, 4, 'word'));
      carrier.receive(peer.data(1, 4, 'ball'));
      const expected = ['STATUS 0 free=4 seq=4', 'STATUS 1 free=4 seq=4', 'DATA 1 seq=4 "ball"'];
      expect(carrier.said.splice(0)).toEqual(expected);
      burstEnd$.next();
      expect(await carrier.hears()).toEqual([]);
    });

    it('waits together with the answer to a probe, and leaves behind it', async () => {
      const { carrier, burstEnd$ } = await startInBursts({ extensions: true });
      carrier.receive(peer.data(0, 4, 'word'), peer.timedPing(7));
      expect(carrier.said).toEqual([]);
      burstEnd$.next();
      expect(await carrier.hears()).toEqual(['PONG 7', 'STATUS 0 free=4 seq=4']);
      expect(carrier.writes).toHaveLength(1);
    });

    it('waits for no more where somebody asks whether this side is there: that is answered at once', async () => {
      const { carrier } = await startInBursts({ extensions: true });
      carrier.receive(peer.data(0, 4, 'word'), peer.ping(7));
      expect(carrier.said).toEqual(['PONG 7', 'STATUS 0 free=4 seq=4']);
    });

    it('is granted before the last of them where there are many, so that the peer can go on', async () => {
      const { carrier, burstEnd$ } = await startInBursts({ highWaterMark: 524_288 });
      const chunk = Buffer.alloc(65_536);
      const said = [1, 2, 3, 4, 5, 6, 7, 8].map((count) => {
        carrier.receive(peer.data(0, count * chunk.length, chunk));
        return carrier.said.splice(0);
      });
      // Half of the window is due with the fourth.
      expect(said).toEqual([[], [], [], [], [], [], ['STATUS 0 free=524288 seq=458752'], []]);
      burstEnd$.next();
      expect(await carrier.hears()).toEqual([]);
    });

    it('is granted at once where the bytes are consumed at another time', async () => {
      const { carrier, mux } = await startInBursts();
      const channel = mux.open('', { channel: 2, highWaterMark: 4, maxHighWaterMark: 4 });
      const deliveries = listen(channel.deliveries$);
      expect(await carrier.hears()).toEqual(['HANDSHAKE 2 free=4 ""']);
      carrier.receive(peer.handshake(2, 0), peer.data(2, 4, 'late'));
      (deliveries[0] as Delivery).ack();
      expect(await carrier.hears()).toEqual(['STATUS 2 free=4 seq=4']);
    });

    it('is not waited for where the mux is destroyed by who consumes the bytes', async () => {
      const { carrier, mux, burstEnd$ } = await startInBursts();
      mux.openChannels.get(1)?.inbound$.subscribe({
        next: () => {
          mux.destroy();
        },
        error: () => undefined,
      });
      carrier.receive(peer.data(0, 4, 'word'), peer.data(1, 4, 'word'));
      expect(burstEnd$.observed).toBe(false);
      expect(await carrier.hears()).toEqual([]);
    });

    it('is not granted any more where the mux is destroyed before the last of them', async () => {
      const { carrier, mux, burstEnd$ } = await startInBursts();
      carrier.receive(peer.data(0, 4, 'word'));
      mux.destroy();
      expect(burstEnd$.observed).toBe(false);
      burstEnd$.next();
      expect(await carrier.hears()).toEqual([]);
    });
  });
});
