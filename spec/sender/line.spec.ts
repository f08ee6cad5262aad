import { Subject } from 'rxjs';
import { TestScheduler } from 'rxjs/testing';
import type { MessageWriter } from '../../src/framing/message-writer.js';
import { TestCarrier } from '../support/test-carrier.js';
import { WireReader } from '../support/wire.js';
import { ControlOnly, start, WithBytes } from './fake-source.js';

const KIB = 1024;

/** A sender that asks its peer what has been delivered: a test that says so, in a time of its own. */
function probing({
  isPeerBusy = false,
  ...options
}: {
  readonly carrier?: TestCarrier;
  readonly coalesceWrites?: boolean;
  readonly isPeerBusy?: boolean;
} = {}) {
  const scheduler = new TestScheduler(() => undefined);
  const { carrier, sender } = start(options);
  let now = 0;
  let asked = 0;
  sender.watchLine({
    now: () => now,
    received: () => (isPeerBusy ? 1000 * now : 0),
    scheduler,
    probe: (writer: MessageWriter): number => {
      writer.write({ type: 'ping', id: asked });
      asked += 1;
      return asked - 1;
    },
  });
  return {
    carrier,
    sender,
    /** The peer answers a question, and says when, where it says that. */
    answer: (id: number, at?: number): void => {
      sender.probeAnswered(id, at === undefined ? undefined : 16 * at);
    },
    /** Time passes, and timers run. */
    wait: (ms: number): void => {
      now += ms;
      scheduler.maxFrames = scheduler.frame + ms;
      scheduler.flush();
      scheduler.frame = scheduler.maxFrames;
    },
    timers: () => scheduler.actions.length,
  };
}

/** The same, which has much more to send, and has given up waiting for answers: all that there was to be asked has been. */
async function allAsked(coalesceWrites: boolean): Promise<ReturnType<typeof probing>> {
  const probed = probing({ coalesceWrites });
  probed.sender.requestTurn(new WithBytes(1, 1e6));
  for (let second = 0; second < 4; second += 1) {
    await probed.carrier.hears();
    probed.wait(1000);
  }
  return probed;
}

/** Bytes of payloads that were said. */
const payload = (messages: readonly string[]): number =>
  messages.reduce((sum, message) => sum + Number(/<(\d+) bytes>/.exec(message)?.[1] ?? 0), 0);

const questions = (messages: readonly string[]): string[] =>
  messages.filter((message) => message.startsWith('PING'));

describe('a sender that knows what has been delivered', () => {
  it('asks ahead of the first bytes that are many, and not before', async () => {
    const { carrier, sender } = probing();
    sender.requestControl(new ControlOnly(1));
    expect(await carrier.hears()).toEqual(['END 1']);
    sender.requestTurn(new WithBytes(2, 3)); // too few
    expect(await carrier.hears()).toEqual(['DATA 2 seq=3 "xxx"']);
    sender.requestTurn(new WithBytes(3, 1024));
    expect(await carrier.hears()).toEqual(['PING 0', 'DATA 3 seq=1024 <1024 bytes>']);
    sender.requestTurn(new WithBytes(4, 1024));
    expect(await carrier.hears()).toEqual(['DATA 4 seq=1024 <1024 bytes>']);
  });

  it('has 32 KiB under way at first, in frames of 2 KiB, and asks every 4 KiB once a quarter of that is under way', async () => {
    const { carrier, sender } = probing();
    sender.requestTurn(new WithBytes(1, 1e6));
    const said = await carrier.hears();
    expect(payload(said)).toBe(32 * KIB);
    expect(said.slice(0, 8)).toEqual([
      'PING 0',
      'DATA 1 seq=2048 <2048 bytes>',
      'DATA 1 seq=4096 <2048 bytes>',
      'DATA 1 seq=6144 <2048 bytes>',
      'DATA 1 seq=8192 <2048 bytes>',
      'PING 1',
      'DATA 1 seq=10240 <2048 bytes>',
      'DATA 1 seq=12288 <2048 bytes>',
    ]);
    expect(questions(said)).toHaveLength(8);
  });

  it('has large frames, of 8 KiB, for one that is alone, as long as all that it has may be under way', async () => {
    const { carrier, sender } = probing();
    sender.requestTurn(new WithBytes(1, KIB));
    await carrier.hears(); // the way is being measured
    sender.requestTurn(new WithBytes(2, 12 * KIB));
    expect(await carrier.hears()).toEqual([
      'DATA 2 seq=8192 <8192 bytes>',
      'PING 1',
      'DATA 2 seq=12288 <4096 bytes>',
      'PING 2',
    ]);
  });

  it.each([
    ['large frames', 'with more than the carrier takes', 16, 4, 8],
    ['frames of 2 KiB', 'with more than may be under way', 32, 64, 2],
  ])('has %s for one that is alone %s', async (_frames, _with, pending, capacity, first) => {
    const { carrier, sender } = probing({ carrier: new TestCarrier(capacity * KIB) });
    sender.requestTurn(new WithBytes(1, KIB));
    await carrier.hears(); // the way is being measured
    sender.requestTurn(new WithBytes(2, pending * KIB));
    expect(payload((await carrier.hears()).slice(0, 1))).toBe(first * KIB);
  });

  it('has frames of 2 KiB for several', async () => {
    const { carrier, sender } = probing();
    sender.requestTurn(new WithBytes(1, KIB));
    await carrier.hears(); // the way is being measured
    sender.requestTurn(new WithBytes(2, 8 * KIB));
    sender.requestTurn(new WithBytes(3, 8 * KIB));
    const said = (await carrier.hears()).filter((message) => message.startsWith('DATA'));
    expect(said.map((message) => message.slice(0, 6)).join()).toBe('DATA 2,DATA 2,DATA 2,DATA 2,DATA 3'); // the last is alone
  });

  it('shares those 32 KiB between all who have much to send, 8 KiB in a turn', async () => {
    const { carrier, sender } = probing();
    sender.requestTurn(new WithBytes(1, 1e6));
    sender.requestTurn(new WithBytes(2, 1e6));
    const data = (await carrier.hears()).filter((message) => message.startsWith('DATA'));
    const from = data.map((message) => message.slice(5, 6)).join('');
    expect(from).toBe('1111222211112222');
    expect(payload(data)).toBe(32 * KIB);
  });

  it('ends a piece of what is written with each question: some carriers deliver a piece only as a whole', async () => {
    const { carrier, sender } = probing();
    sender.requestTurn(new WithBytes(1, 1e6));
    await carrier.hears();
    const pieces = carrier.writes.flat().map((piece) => new WireReader().read(Buffer.from(piece)));
    expect(pieces.flatMap((messages) => questions(messages.slice(0, -1)))).toEqual([]);
    expect(pieces.length).toBeLessThan(13); // what is between two questions is joined: 16 frames, and 9 of them
  });

  it('sends on with each answer', async () => {
    const { carrier, sender, answer, wait } = probing();
    sender.requestTurn(new WithBytes(1, 1e6));
    await carrier.hears();
    wait(50);
    answer(0);
    expect(payload(await carrier.hears())).toBe(0); // that was ahead of all bytes
    wait(50);
    answer(2);
    expect(payload(await carrier.hears())).toBeGreaterThanOrEqual(8 * KIB);
  });

  it('sends little messages beyond that, 4 KiB of them', async () => {
    const { carrier, sender } = probing();
    sender.requestTurn(new WithBytes(1, 1e6));
    await carrier.hears();
    sender.requestTurn(new WithBytes(2, 3));
    sender.requestTurn(new WithBytes(3, 10_000)); // that is not little
    expect(await carrier.hears()).toEqual(['DATA 2 seq=3 "xxx"']);
    for (let id = 4; id < 10; id += 1) {
      sender.requestTurn(new WithBytes(id, 1000));
    }
    expect((await carrier.hears()).map((message) => message.slice(0, 6))).toEqual([
      'DATA 4',
      'DATA 5',
      'DATA 6',
      'DATA 7',
    ]);
  });

  it('sends control messages, however much is under way', async () => {
    const { carrier, sender } = probing();
    sender.requestTurn(new WithBytes(1, 1e6));
    await carrier.hears();
    sender.requestTurn(new WithBytes(2, 10_000));
    sender.requestControl(new ControlOnly(3));
    sender.requestFirst(new ControlOnly(4));
    expect(await carrier.hears()).toEqual(['END 4', 'END 3']);
  });

  it('has not run out of room on the carrier', async () => {
    const { carrier, sender } = probing();
    let drained = 0;
    sender.drain$.subscribe(() => {
      drained += 1;
    });
    const source = new WithBytes(1, 1e6);
    sender.requestTurn(source);
    const full = new Promise<boolean>((resolve) => {
      sender.afterFlush(resolve);
    });
    await carrier.hears();
    expect([await full, sender.hasRoom, drained]).toEqual([false, true, 0]);
  });

  it.each([true, false])(
    'asks once more where no question is left to wait for (joined writes: %s)',
    async (joined) => {
      const { carrier, sender, answer } = await allAsked(joined);
      answer(63); // the last, far from the end of what has been sent
      sender.requestTurn(new WithBytes(2, 10));
      expect(await carrier.hears()).toEqual(['PING 64']);
      answer(64);
      expect(await carrier.hears()).toEqual(['DATA 2 seq=10 "xxxxxxxxxx"']);
    },
  );

  it('hears an answer that comes while the question is being written', async () => {
    const { carrier, sender, answer } = await allAsked(false);
    answer(63);
    carrier.written$.subscribe((messages) => {
      if (messages.includes('PING 64')) {
        answer(64);
      }
    });
    sender.requestTurn(new WithBytes(2, 10));
    expect(await carrier.hears()).toEqual(['PING 64', 'DATA 2 seq=10 "xxxxxxxxxx"']);
  });

  it.each([true, false])(
    'asks nothing while the carrier takes nothing, and as soon as it does (joined writes: %s)',
    async (joined) => {
      const { carrier, answer } = await allAsked(joined);
      carrier.capacity$.next(0);
      answer(63); // no question is left to wait for
      expect(await carrier.hears()).toEqual([]);
      carrier.capacity$.next(0);
      expect(await carrier.hears()).toEqual([]);
      carrier.capacity$.next(1);
      expect(await carrier.hears()).toEqual(['PING 64']);
      carrier.capacity$.next(0);
      carrier.capacity$.next(1);
      expect(await carrier.hears()).toEqual([]);
    },
  );

  describe('where the peer does not answer', () => {
    it('sends 32 KiB more after a second, and another one, and then all', async () => {
      const { carrier, sender, wait, timers } = probing();
      sender.requestTurn(new WithBytes(1, 1e6));
      const sent: number[] = [];
      for (let second = 0; second < 4; second += 1) {
        sent.push(payload(await carrier.hears()));
        wait(1000);
      }
      expect(sent).toEqual([32 * KIB, 32 * KIB, 32 * KIB, 1e6 - 3 * 32 * KIB]);
      wait(10_000);
      expect(timers()).toBe(0);
    });

    it('asks 64 times at most', async () => {
      const { carrier, sender, wait } = probing();
      sender.requestTurn(new WithBytes(1, 1e6));
      let asked = 0;
      for (let second = 0; second < 5; second += 1) {
        asked += questions(await carrier.hears()).length;
        wait(1000);
      }
      expect(asked).toBe(64);
    });

    it('waits from the last answer on', async () => {
      const { carrier, sender, answer, wait } = probing();
      sender.requestTurn(new WithBytes(1, 1e6));
      await carrier.hears();
      wait(999);
      answer(0);
      expect(payload(await carrier.hears())).toBe(0);
      wait(1);
      expect(payload(await carrier.hears())).toBe(0);
      wait(4990); // four round trips of 999 more
      expect(payload(await carrier.hears())).toBe(0);
      wait(10);
      expect(payload(await carrier.hears())).toBeGreaterThan(0);
    });

    it('does not take it for having nothing to send that it rests until the next turn', async () => {
      const carrier = Object.assign(new TestCarrier(), { burstEnd$: new Subject<void>() });
      const { sender, wait, timers } = probing({ carrier });
      sender.requestTurn(new WithBytes(1, 1e6));
      for (let second = 0; second < 3; second += 1) {
        await carrier.hears();
        wait(1000);
      }
      expect(payload(await carrier.hears())).toBeGreaterThan(300 * KIB); // all may go, but not at once
      wait(1000);
      expect(timers()).toBe(0);
      sender.requestControl(new ControlOnly(2));
      expect(await carrier.hears()).toEqual(['END 2']);
      expect(timers()).toBe(1);
    });

    it('waits no more when there is nothing to wait for', async () => {
      const { carrier, sender, answer, wait, timers } = probing();
      sender.requestTurn(new WithBytes(1, 38 * KIB));
      await carrier.hears();
      answer(8);
      expect(payload(await carrier.hears())).toBe(6 * KIB);
      expect(timers()).toBe(1);
      wait(1000);
      expect(timers()).toBe(0);
      sender.requestTurn(new WithBytes(2, 1e6));
      expect(payload(await carrier.hears())).toBeLessThanOrEqual(64 * KIB); // nothing is amiss: no more than its limit
    });

    describe('in time, since it comes late', () => {
      /**
       * A line of 1.6 MB/s and 5 ms each way, whose answers have come in time, and then one 20 ms too late, when so many bytes
       * are left to be sent.
       */
      async function late(
        pending = 1e7,
      ): Promise<ReturnType<typeof probing> & { readonly answered: number }> {
        const probed = probing({ isPeerBusy: true });
        const { carrier, sender, answer, wait } = probed;
        const source = new WithBytes(1, 1e7);
        sender.requestTurn(source);
        let [now, answered] = [0, 0];
        const pass = (ms: number): void => {
          now += ms;
          wait(ms);
        };
        for (let round = 0; round < 30; round += 1) {
          await carrier.hears();
          pass(10);
          answered += 4; // 4 KiB each
          answer(answered, now - 5);
        }
        await carrier.hears();
        source.pending = pending;
        pass(30);
        answered += 4;
        answer(answered, now - 25);
        await carrier.hears();
        return { ...probed, answered };
      }

      it('looks soon what should have been delivered meanwhile, and sends on', async () => {
        const { carrier, wait, timers } = await late();
        expect(timers()).toBe(2);
        wait(5);
        expect(payload(await carrier.hears())).toBe(0); // what has left since is still under way
        wait(5);
        expect(payload(await carrier.hears())).toBeGreaterThan(0);
      });

      it('has one timer for that, whatever leaves meanwhile', async () => {
        const { carrier, sender, timers } = await late();
        sender.requestControl(new ControlOnly(2));
        expect(await carrier.hears()).toEqual(['END 2']);
        expect(timers()).toBe(2); // one is for an answer that does not come at all
      });

      it('looks for nothing where there is room', async () => {
        const { timers } = await late(8 * KIB);
        expect(timers()).toBe(1);
      });

      it('looks no more when it has been stopped', async () => {
        const { sender, timers } = await late();
        sender.stop();
        expect(timers()).toBe(0);
      });
    });

    it('waits no more when it has been stopped', async () => {
      const { carrier, sender, answer, timers } = probing();
      sender.requestTurn(new WithBytes(1, 1e6));
      await carrier.hears();
      expect(timers()).toBe(1);
      sender.stop();
      answer(4);
      expect([timers(), await carrier.hears()]).toEqual([0, []]);
    });
  });

  it('leaves no timer where it is stopped while bytes leave', async () => {
    const { carrier, sender, timers } = probing();
    const source = new WithBytes(1, 1e6);
    const write = source.writeData.bind(source);
    source.writeData = (bytes, writer) => {
      write(bytes, writer);
      sender.stop();
    };
    sender.requestTurn(source);
    expect([await carrier.hears(), timers()]).toEqual([[], 0]);
  });

  it('asks nothing where nobody has told it how: all goes that the carrier takes', async () => {
    const { carrier, sender } = start();
    sender.probeAnswered(0, undefined);
    sender.requestTurn(new WithBytes(1, 1e6));
    const said = await carrier.hears();
    expect([payload(said), questions(said), said[0]]).toEqual([1e6, [], 'DATA 1 seq=65536 <65536 bytes>']);
  });
});
