import { asapScheduler, lastValueFrom, map, take, toArray } from 'rxjs';
import { Mux } from '../../src/index.js';
import { listen } from '../support/listen.js';
import { PLAIN_WIRE } from '../support/plain-wire.js';
import { connectionAtOnce, TestCarrier, turn } from '../support/test-carrier.js';
import * as peer from '../support/wire.js';
import { start } from './start.js';

describe('Mux', () => {
  describe('what is written while a chunk of the carrier’s is worked through', () => {
    it('leaves at its end in one write, without being deferred', () => {
      const { carrier, mux } = start({ peerChannelOptions: { highWaterMark: 4 } });
      mux.channels$.subscribe(({ inbound$, outbound$ }) => {
        inbound$.subscribe(outbound$);
      });
      carrier.receive(peer.handshake(0, 100), peer.handshake(1, 100));
      expect(carrier.said.splice(0)).toEqual(['HANDSHAKE 0 free=4 ""', 'HANDSHAKE 1 free=4 ""']);
      carrier.receive(peer.data(0, 4, 'ball'), peer.data(1, 4, 'club'));
      expect(carrier.said).toEqual([
        'STATUS 0 free=4 seq=4',
        'STATUS 1 free=4 seq=4',
        'DATA 0 seq=4 "ball"',
        'DATA 1 seq=4 "club"',
      ]);
      expect(carrier.writes).toHaveLength(2);
    });

    it('leaves as the carrier has room, and the rest when it has room again', async () => {
      const { carrier, mux } = start({}, 0);
      mux.channels$.subscribe();
      carrier.receive(peer.handshake(0, 0));
      expect(await carrier.hears()).toEqual([]);
      carrier.capacity$.next(100);
      expect(await carrier.hears()).toEqual(['HANDSHAKE 0 free=65536 ""']);
    });

    it('is nothing where the mux is destroyed meanwhile', async () => {
      const { carrier, mux } = start();
      mux.channels$.subscribe(() => {
        mux.destroy();
      });
      carrier.receive(peer.handshake(0, 0));
      expect(await carrier.hears()).toEqual([]);
    });

    it('does not make two who answer each other at once, over a carrier that delivers at once, run out of stack', async () => {
      const ROUNDS = 20_000;
      const [left, right] = connectionAtOnce();
      const [player, echo] = [left, right].map((carrier) => new Mux(carrier, { keepAlive: false }));
      echo?.channels$.subscribe(({ inbound$, outbound$ }) => inbound$.subscribe(outbound$));
      const channel = player?.open();
      let rounds = 0;
      channel?.inbound$.subscribe((ball) => {
        rounds += 1;
        if (rounds < ROUNDS) {
          channel.outbound$.next(ball);
        }
      });
      channel?.outbound$.next('ball');
      await turn();
      expect(rounds).toBe(ROUNDS);
    });
  });

  it('writes control messages only as the carrier has room', async () => {
    const { carrier, mux } = start({}, 30);
    for (let i = 0; i < 5; i += 1) {
      mux.open();
    }
    carrier.receive(...Array.from({ length: 3 }, (_, i) => peer.handshake(100 + i, 0)));
    expect(await carrier.hears()).toEqual([0, 1, 2].map((id) => `HANDSHAKE ${id} free=65536 ""`));
    carrier.capacity$.next(20);
    expect(await carrier.hears()).toEqual([3, 4].map((id) => `HANDSHAKE ${id} free=65536 ""`));
  });

  it('fails where setLength throws, since frames would be out of step', async () => {
    const error = new Error('no');
    const { carrier, mux } = start({
      framing: {
        lengthSize: 4,
        setLength: () => {
          throw error;
        },
      },
    });
    const closed = listen(mux.open().closed$);
    await turn();
    expect(closed).toEqual([error]);
    expect(carrier.destroyedWith).toEqual({ error });
  });

  it('sends nothing of a grant that setLength throws for', async () => {
    const error = new Error('no');
    const { carrier, mux } = start({
      framing: {
        lengthSize: 4,
        setLength: (bytes, length) => {
          if (length === 10_001) {
            throw error;
          }
          return bytes.writeUInt32BE(length);
        },
      },
    });
    const channel = mux.open();
    carrier.receive(peer.handshake(0, 60_000));
    await carrier.hears();
    channel.outbound$.next(Buffer.alloc(5000));
    channel.outbound$.next(Buffer.alloc(5001));
    expect(await carrier.hears()).toEqual([]);
    expect(channel.bufferedAmount).toBe(0);
    expect(carrier.destroyedWith).toEqual({ error });
  });

  it('sends what waited in a turn that somebody else’s exception has cut short', async () => {
    const { carrier, mux } = start();
    const channel = mux.open();
    carrier.receive(peer.handshake(0, 1000));
    await carrier.hears();
    asapScheduler.schedule(() => {
      throw new Error('of somebody else');
    });
    channel.outbound$.next('bytes');
    // The scheduler is everybody's, and drops all that is due in a turn in which something throws.
    expect(() => {
      asapScheduler.flush();
    }).toThrow('of somebody else');
    expect(await carrier.hears()).toEqual(['DATA 0 seq=5 "bytes"']);
  });

  it('keeps to frames that the length can tell', async () => {
    const carrier = new TestCarrier();
    const mux = new Mux(carrier, { ...PLAIN_WIRE, framing: { lengthSize: 1 } });
    const sizes = lastValueFrom(
      carrier.written$.pipe(
        take(2),
        map(() => carrier.writes.at(-1)?.map((chunk) => chunk.length)),
        toArray(),
      ),
    );
    const channel = mux.open('', { channel: 1 });
    await turn();
    carrier.inbound$.next(Buffer.of(9, 1, 0, 0, 0, 1, 0, 0, 255, 255));
    channel.outbound$.next(Buffer.alloc(600));
    // 600 = 255 + 255 + 90, each with a length of one byte, after a header frame of ten.
    expect((await sizes)[1]?.reduce((sum, size) => sum + size, 0)).toBe(600 + 3 * 11);
  });
});
