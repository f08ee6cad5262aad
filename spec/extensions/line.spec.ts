import { skip } from 'rxjs';
import { TestScheduler } from 'rxjs/testing';
import { Mux } from '../../src/index.js';
import { TestCarrier } from '../support/test-carrier.js';
import { handshake, hello, pong } from '../support/wire.js';

const KIB = 1024;
const CREDIT = 2 ** 30;

/** A mux that has more to send than may be under way, and a peer, the test, that has said what `greeting` says. */
async function sending(...greeting: readonly Buffer[]) {
  const scheduler = new TestScheduler(() => undefined);
  const carrier = new TestCarrier();
  const mux = new Mux(carrier, { keepAlive: false, highChannels: false, extensions: true, scheduler });
  const faults: string[] = [];
  mux.errors$.subscribe(({ message }) => faults.push(message));
  carrier.receive(...greeting);
  const channel = mux.open();
  carrier.receive(handshake(0, CREDIT));
  await carrier.hears();
  channel.outbound$.next(Buffer.alloc(10_000 * KIB));
  const sent = async (): Promise<{ bytes: number; pings: string[] }> => {
    const said = await carrier.hears();
    return {
      bytes: said.reduce((sum, message) => sum + Number(/<(\d+) bytes>/.exec(message)?.[1] ?? 0), 0),
      pings: said.filter((message) => message.startsWith('PING')),
    };
  };
  return {
    carrier,
    mux,
    faults,
    sent,
    /** Time passes, and timers run. */
    wait: (ms: number): void => {
      scheduler.maxFrames = scheduler.frame + ms;
      scheduler.flush();
      scheduler.frame = scheduler.maxFrames;
    },
  };
}

describe('what is under way', () => {
  it('has no limit with a peer that knows no more than bpmux, and nothing is asked', async () => {
    const { mux, sent } = await sending();
    expect(await sent()).toEqual({ bytes: 10_000 * KIB, pings: [] });
    mux.destroy();
  });

  it('has a limit with a peer that has said HELLO', async () => {
    const { carrier, mux, sent, wait } = await sending(hello(100));
    const { bytes, pings } = await sent();
    expect([bytes, pings.length]).toEqual([32 * KIB, 8]);
    wait(30);
    carrier.receive(pong(4));
    expect((await sent()).bytes).toBeGreaterThanOrEqual(16 * KIB);
    mux.destroy();
  });

  it('is asked for by numbers that count up, also where somebody calls ping() while bytes leave', async () => {
    const { carrier, mux, sent, wait } = await sending(hello(100));
    const { length: before } = (await sent()).pings;
    const [channel] = mux.openChannels.values();
    channel?.sendWindow$.pipe(skip(1)).subscribe(() => {
      mux.ping().catch(() => undefined); // when the mux is gone
    });
    wait(30);
    carrier.receive(pong(before - 1));
    const { pings } = await sent();
    expect(pings.length).toBeGreaterThan(8);
    expect(pings).toEqual(pings.map((_, place) => `PING ${before + place}`));
    mux.destroy();
  });

  describe('with a peer whose answers', () => {
    it('are not to what was asked: is as before', async () => {
      const { carrier, mux, sent, faults } = await sending(hello(100));
      await sent();
      carrier.receive(pong(8), pong(1000), pong(0xffff_ffff), pong(0x8000_0000), pong(0x7fff_ffff));
      expect(await sent()).toEqual({ bytes: 0, pings: [] });
      expect(faults).toEqual([]);
      mux.destroy();
    });

    it('come twice: is as after the first', async () => {
      const { carrier, mux, sent, wait } = await sending(hello(100));
      await sent();
      wait(30);
      carrier.receive(pong(2));
      await sent();
      carrier.receive(...Array.from({ length: 100 }, () => pong(2)), pong(1));
      expect(await sent()).toEqual({ bytes: 0, pings: [] });
      mux.destroy();
    });

    it('never come: grows by 32 KiB a second, and has no limit from the third on', async () => {
      const { mux, sent, wait } = await sending(hello(100));
      const bytes: number[] = [];
      let asked = 0;
      for (let second = 0; second < 5; second += 1) {
        const now = await sent();
        bytes.push(now.bytes / KIB);
        asked += now.pings.length;
        wait(1000);
      }
      expect(bytes).toEqual([32, 32, 32, 10_000 - 3 * 32, 0]);
      expect(asked).toBe(64);
      mux.destroy();
    });

    it('come late: has its limit again', async () => {
      const { carrier, mux, sent, wait } = await sending(hello(100));
      await sent();
      wait(1000);
      expect((await sent()).bytes).toBe(32 * KIB);
      carrier.receive(pong(10));
      const { bytes } = await sent();
      expect(bytes).toBeLessThan(128 * KIB);
      wait(1000);
      mux.destroy();
    });
  });

  it('holds up nothing else: answers and grants leave', async () => {
    const { carrier, mux, sent } = await sending(hello(100));
    await sent();
    const promise = mux.ping();
    mux.open('another');
    const said = await carrier.hears();
    expect(said).toEqual(['PING 8', 'HANDSHAKE 1 free=65536 "another"']);
    carrier.receive(pong(8));
    expect(await promise).toBe(0);
    mux.destroy();
  });
});
