import { Faults } from '../../src/channel/faults.js';
import { ProtocolError } from '../../src/errors.js';
import { Peer } from '../../src/mux/peer.js';
import type { Extension } from '../../src/protocol/extension.js';
import { decodeHeader } from '../../src/protocol/codec.js';
import { Sender } from '../../src/sender/sender.js';
import { listen } from '../support/listen.js';
import { TestCarrier, turn } from '../support/test-carrier.js';

function setUp(window = 10, firstId?: number, coalesceWrites = true) {
  const carrier = new TestCarrier();
  const faults$ = new Faults();
  const faults: string[] = [];
  const heardFaults = faults$.subscribe(({ message }) => faults.push(message));
  const sender = new Sender(carrier, { framing: { lengthSize: 4 }, coalesceWrites });
  const onKnown = jest.fn();
  let time = 0;
  const options = { window, now: () => time, onKnown, firstId };
  const peer = new Peer(sender, faults$, options);
  let read = 0;
  /** What has been said since the last call, once it has had its turn. */
  const said = async (): Promise<unknown[]> => {
    await turn();
    const messages: unknown[] = [];
    let bytes = Buffer.concat(carrier.writes.slice(read).flat());
    read = carrier.writes.length;
    while (bytes.length > 0) {
      const end = 4 + bytes.readUInt32BE(0);
      messages.push(decodeHeader(bytes, 4, end, true));
      bytes = bytes.subarray(end);
    }
    return messages;
  };
  const receive = (message: Extract<Extension, { type: 'hello' | 'ping' | 'pong' | 'goAway' }>): void => {
    peer.receive(message);
  };
  return {
    peer,
    sender,
    faults,
    heardFaults,
    onKnown,
    carrier,
    said,
    receive,
    wait: (ms: number) => {
      time += ms;
    },
  };
}

const hello = { type: 'hello', version: 1, window: 100 } as const;
const keepAlive = { type: 7 } as const;

/** One that knows its peer, and has said HELLO. */
async function known(firstId?: number, coalesceWrites?: boolean) {
  const all = setUp(10, firstId, coalesceWrites);
  all.peer.first(hello);
  all.receive(hello);
  await all.said();
  return all;
}

describe('Peer', () => {
  it('says HELLO once, and nothing where it is not to', async () => {
    const { said } = setUp(2048);
    expect(await said()).toEqual([{ type: 'hello', version: 1, window: 2048 }]);
    expect(await said()).toEqual([]);
    const plain = new TestCarrier();
    const sender = new Sender(plain, { framing: { lengthSize: 4 }, coalesceWrites: true });
    const silent = new Peer(sender, new Faults(), {
      window: undefined,
      now: () => 0,
      onKnown: () => undefined,
    });
    expect(silent.promised).toBe(0);
    await expect(silent.ping()).rejects.toMatchObject({ code: 'ERR_RXMUX_NO_PING' });
    silent.goAway();
    silent.probe();
    await turn();
    expect(plain.writes).toEqual([]);
  });

  it('learns who the peer is from its HELLO', () => {
    const { peer, receive, onKnown, faults } = setUp();
    expect(peer.info).toBeUndefined();
    peer.first(hello);
    expect(peer.info).toBeUndefined();
    receive(hello);
    expect(peer.info).toEqual({ version: 1, window: 100 });
    expect(onKnown).toHaveBeenCalledTimes(1);
    expect(faults).toEqual([]);
  });

  it('takes no second HELLO', () => {
    const { peer, receive, onKnown, faults } = setUp();
    peer.first(hello);
    receive(hello);
    receive({ ...hello, window: 7 });
    expect(faults).toEqual(['second hello']);
    expect(peer.info?.window).toBe(100);
    expect(onKnown).toHaveBeenCalledTimes(1);
  });

  it.each([
    ['another message', keepAlive],
    ['one that makes no sense', { type: 'invalid', error: new ProtocolError('short') } as const],
  ])('takes no HELLO after %s', (_what, message) => {
    const { peer, receive, onKnown, faults } = setUp();
    peer.first(message);
    receive(hello);
    expect(faults).toEqual(['late hello']);
    expect(peer.info).toBeUndefined();
    expect(onKnown).not.toHaveBeenCalled();
  });

  it.each([
    { type: 'ping', id: 1 },
    { type: 'pong', id: 1 },
    { type: 'goAway', reason: undefined },
  ] as const)('takes nothing else before: $type', async (message) => {
    const { peer, receive, faults, said } = setUp();
    receive(message);
    expect(faults).toEqual([`${message.type} before hello`]);
    expect(peer.isGoingAway).toBe(false);
    expect(await said()).toEqual([{ type: 'hello', version: 1, window: 10 }]);
  });

  it('makes no error where nobody listens', () => {
    const { heardFaults, receive, faults } = setUp();
    heardFaults.unsubscribe();
    receive({ type: 'ping', id: 1 });
    expect(faults).toEqual([]);
  });

  it('owes one answer to many pings, the latest', async () => {
    const { receive, said } = await known();
    for (let id = 0; id < 1000; id += 1) {
      receive({ type: 'ping', id });
    }
    expect(await said()).toEqual([{ type: 'pong', id: 999 }]);
    expect(await said()).toEqual([]);
  });

  it('says when a ping came, in sixteenths of a ms, to those who ask for that', async () => {
    const { receive, said, wait } = await known();
    wait(100.5);
    receive({ type: 'ping', id: 7, isTimed: true });
    wait(50);
    expect(await said()).toEqual([{ type: 'pong', id: 7, at: 1608 }]);
    receive({ type: 'ping', id: 8 });
    expect(await said()).toStrictEqual([{ type: 'pong', id: 8 }]);
  });

  it('says when the latest ping came where one of those asked that it answers', async () => {
    const { receive, said, wait } = await known();
    receive({ type: 'ping', id: 1, isTimed: true });
    wait(1);
    receive({ type: 'ping', id: 2 });
    wait(1);
    receive({ type: 'ping', id: 3 });
    expect(await said()).toEqual([{ type: 'pong', id: 3, at: 32 }]);
  });

  it('says the time modulo 2^32', async () => {
    const { receive, said, wait } = await known();
    wait(2 ** 28 + 1);
    receive({ type: 'ping', id: 0, isTimed: true });
    expect(await said()).toEqual([{ type: 'pong', id: 0, at: 16 }]);
  });

  it('asks for the time only where it is to know what has been delivered', async () => {
    const { peer, said, sender } = await known();
    void peer.ping();
    expect(await said()).toStrictEqual([{ type: 'ping', id: 0 }]);
    peer.probe();
    expect(await said()).toStrictEqual([{ type: 'ping', id: 1 }]);
    const asked: unknown[] = [];
    const writer = { write: (message: unknown) => asked.push(message) };
    expect(peer.writeProbe(writer as never)).toBe(2);
    expect(asked).toEqual([{ type: 'ping', id: 2, isTimed: true }]);
    const answered = jest.spyOn(sender, 'probeAnswered');
    peer.receive({ type: 'pong', id: 2, at: 99 });
    expect(answered).toHaveBeenCalledWith(2, 99);
  });

  it('answers a ping that comes while it answers the one before', async () => {
    const { carrier, said, receive } = await known(undefined, false);
    carrier.written$.subscribe(([message]) => {
      if (message === 'PONG 0') {
        receive({ type: 'ping', id: 1 });
      }
    });
    receive({ type: 'ping', id: 0 });
    expect(await said()).toEqual([
      { type: 'pong', id: 0 },
      { type: 'pong', id: 1 },
    ]);
  });

  it('measures the time of a ping', async () => {
    const { peer, receive, said, wait } = await known();
    const time = peer.ping();
    expect(await said()).toEqual([{ type: 'ping', id: 0 }]);
    wait(30);
    receive({ type: 'pong', id: 0 });
    expect(await time).toBe(30);
  });

  it('takes a pong for all pings up to that one, and no other', async () => {
    const { peer, sender, receive, said, wait } = await known();
    const probeAnswered = jest.spyOn(sender, 'probeAnswered');
    const times: unknown[] = [];
    for (let i = 0; i < 3; i += 1) {
      void peer.ping().then((time) => times.push(time));
      wait(1);
    }
    expect(await said()).toEqual([0, 1, 2].map((id) => ({ type: 'ping', id })));
    receive({ type: 'pong', id: 3 }); // never sent
    receive({ type: 'pong', id: 0xffff_ffff });
    await turn();
    expect(times).toEqual([]);
    receive({ type: 'pong', id: 1 });
    receive({ type: 'pong', id: 1 });
    await turn();
    expect(times).toEqual([3, 2]);
    receive({ type: 'pong', id: 2 });
    await turn();
    expect(times).toEqual([3, 2, 1]);
    expect(probeAnswered.mock.calls.map(([id]) => id)).not.toContain(3);
    expect(probeAnswered).toHaveBeenLastCalledWith(2, undefined);
  });

  it('has pings answered together with a probe, which nobody waits for', async () => {
    const { peer, receive, said } = await known();
    const time = peer.ping();
    expect(await said()).toEqual([{ type: 'ping', id: 0 }]);
    peer.probe();
    peer.probe(); // one is enough
    expect(await said()).toEqual([{ type: 'ping', id: 1 }]);
    receive({ type: 'pong', id: 1 });
    expect(await time).toBe(0);
  });

  it('starts over with its ids', async () => {
    const { peer, receive, said } = await known(0xffff_ffff);
    const times = Promise.all([peer.ping(), peer.ping(), peer.ping()]);
    expect(await said()).toEqual([0xffff_ffff, 0, 1].map((id) => ({ type: 'ping', id })));
    receive({ type: 'pong', id: 1 });
    expect(await times).toEqual([0, 0, 0]);
  });

  it('lets pings wait until it is known whether the peer answers any', async () => {
    const knowing = setUp();
    await knowing.said();
    const answered = knowing.peer.ping();
    expect(await knowing.said()).toEqual([]);
    knowing.peer.first(hello);
    knowing.receive(hello);
    expect(await knowing.said()).toEqual([{ type: 'ping', id: 0 }]);
    knowing.receive({ type: 'pong', id: 0 });
    expect(await answered).toBe(0);

    const other = setUp();
    const refused = other.peer.ping();
    other.peer.first(keepAlive);
    await expect(refused).rejects.toMatchObject({ code: 'ERR_RXMUX_NO_PING' });
    await expect(other.peer.ping()).rejects.toMatchObject({ code: 'ERR_RXMUX_NO_PING' });
  });

  it('says GOAWAY once, as soon as it may', async () => {
    const late = await known();
    late.peer.goAway();
    late.peer.goAway();
    expect(await late.said()).toEqual([{ type: 'goAway', reason: undefined }]);

    const early = setUp();
    early.peer.goAway();
    expect(await early.said()).toEqual([{ type: 'hello', version: 1, window: 10 }]);
    early.peer.first(hello);
    early.receive(hello);
    expect(await early.said()).toEqual([{ type: 'goAway', reason: undefined }]);
  });

  it('hears that the peer is going away', async () => {
    const { peer, receive } = await known();
    const heard = listen(peer.goingAway$);
    expect(peer.isGoingAway).toBe(false);
    receive({ type: 'goAway', reason: undefined });
    receive({ type: 'goAway', reason: undefined });
    expect(peer.isGoingAway).toBe(true);
    expect(heard).toEqual([undefined, 'complete']);
  });

  it('fails what waits when it is stopped, and says nothing more', async () => {
    const { peer, said } = await known();
    const undecided = setUp();
    const error = new Error('over');
    const pings = [peer.ping(), undecided.peer.ping()];
    const heard = [listen(peer.peer$), listen(peer.goingAway$)];
    await said();
    peer.stop(error);
    undecided.peer.stop(error);
    pings.push(peer.ping());
    for (const ping of pings) {
      await expect(ping).rejects.toBe(error);
    }
    expect(heard).toEqual([[{ version: 1, window: 100 }, 'complete'], ['complete']]);
    peer.goAway();
    expect(await said()).toEqual([]);
  });
});
