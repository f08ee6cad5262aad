import {
  Mux,
  type Channel,
  type MuxOptions,
  PeerError,
  ReadOverflowError,
  StoppedError,
} from '../../src/index.js';
import { listen } from '../support/listen.js';
import { TestCarrier } from '../support/test-carrier.js';
import {
  data,
  dataHeader,
  end,
  errorEnd,
  frame,
  goAway,
  handshake,
  hello,
  keepAlive,
  ping,
  pong,
  preHandshake,
  reason,
  refuse,
  status,
  stop,
} from '../support/wire.js';

/** A mux whose peer is the test. */
function setUp(options?: MuxOptions) {
  const carrier = new TestCarrier();
  const mux = new Mux(carrier, { keepAlive: false, highChannels: false, ...options });
  const faults: string[] = [];
  mux.errors$.subscribe(({ message, channelId }) => {
    faults.push(channelId === undefined ? message : `${message} ${channelId}`);
  });
  const channels: Channel[] = [];
  return { carrier, mux, faults, channels };
}

/** One that has heard HELLO, and said it. */
async function greeted(options?: MuxOptions, window = 100) {
  const all = setUp(options);
  all.carrier.receive(hello(window));
  await all.carrier.hears();
  return all;
}

/** The same, and a channel that the mux has opened, and the peer answered. */
async function withOpen(options?: MuxOptions) {
  const all = await greeted(options);
  const channel = all.mux.open('data');
  await all.carrier.hears();
  all.carrier.receive(handshake(0, 1000, 'answer'));
  return { ...all, channel };
}

/** The same, and a channel that the peer has opened, and the mux answered. */
async function withPeers(options?: MuxOptions) {
  const all = await greeted(options);
  all.mux.channels$.subscribe((channel) => all.channels.push(channel));
  all.carrier.receive(handshake(9, 1000));
  await all.carrier.hears();
  const [channel] = all.channels;
  if (channel === undefined) {
    throw new Error('the peer’s channel has not come');
  }
  return { ...all, channel };
}

describe('a mux that knows more than bpmux, and a peer that says', () => {
  const kinds: readonly [string, Buffer, string][] = [
    ['STOP', stop(0), 'stop before hello 0'],
    ['REFUSE', refuse(0), 'refuse before hello 0'],
    ['REASON', reason(0), 'reason before hello 0'],
    ['PING', ping(0), 'ping before hello'],
    ['PONG', pong(0), 'pong before hello'],
    ['GOAWAY', goAway(), 'goAway before hello'],
  ];

  it.each(kinds)('%s before HELLO: a fault, and nothing else', async (_name, message, fault) => {
    const { carrier, mux, faults } = setUp();
    carrier.receive(message);
    expect(faults).toEqual([fault]); // for no channel
    expect(await carrier.hears()).toEqual(['HELLO version=1 window=2048']);
    const channel = mux.open();
    const [inbound, stopped] = [listen(channel.inbound$), listen(channel.stopped$)];
    await carrier.hears();
    carrier.receive(message); // for one
    expect(faults).toEqual([fault, fault]);
    expect(await carrier.hears()).toEqual([]);
    carrier.receive(hello(10));
    expect(faults).toEqual([fault, fault, 'late hello']);
    expect(mux.peer$.value).toBeUndefined();
    carrier.receive(handshake(0, 10), data(0, 2, 'hi'));
    expect([String(inbound[0]), stopped]).toStrictEqual(['hi', []]);
    mux.destroy();
  });

  it.each(kinds)('%s to a mux with `extensions: false`: a keep-alive', async (_name, message) => {
    const { carrier, mux, faults } = setUp({ extensions: false });
    const keepAlives = listen(mux.keepAlive$);
    const channel = mux.open();
    const heard = [listen(channel.stopped$), listen(channel.handshake$), listen(mux.goingAway$)];
    carrier.receive(hello(10), message, frame(7, 0), keepAlive());
    expect(keepAlives).toHaveLength(4);
    expect(await carrier.hears()).toEqual(['HANDSHAKE 0 free=65536 ""']);
    expect([faults, mux.peer$.value, heard]).toEqual([[], undefined, [[], [], []]]);
    mux.destroy();
  });

  it('HELLO twice, and too short', async () => {
    const { carrier, mux, faults } = await greeted();
    carrier.receive(hello(7), frame(7, 0, 1, 0));
    expect(faults).toEqual(['second hello', 'short hello: 2 < 5']);
    expect(mux.peer$.value).toEqual({ version: 1, window: 100 });
    mux.destroy();
    const other = setUp();
    other.carrier.receive(frame(7, 0, 1, 0), hello(7)); // what came first was none
    expect(other.faults).toEqual(['short hello: 2 < 5', 'late hello']);
    other.mux.destroy();
  });

  it('what nobody knows: a sign of life, and no keep-alive', async () => {
    const { carrier, mux, faults } = await greeted();
    const keepAlives = listen(mux.keepAlive$);
    carrier.receive(frame(7, 7), frame(7, 255, 1, 2, 3), ping(3));
    expect(await carrier.hears()).toEqual(['PONG 3']);
    expect([faults, keepAlives]).toStrictEqual([[], []]);
    carrier.receive(keepAlive());
    expect(keepAlives).toStrictEqual([undefined]);
    mux.destroy();
  });

  it('an extended keep-alive beyond maxHeaderSize: a fault of no channel', async () => {
    const { carrier, mux, faults } = await greeted({ maxHeaderSize: 20 });
    carrier.receive(stop(0, 'code', 'x'.repeat(100)), ping(1));
    expect(faults).toEqual(['header too big']);
    expect(await carrier.hears()).toEqual(['PONG 1']);
    mux.destroy();
  });

  it('STOP, REFUSE and REASON for no channel: late, and in order', async () => {
    const { carrier, mux, faults } = await greeted();
    carrier.receive(stop(5), refuse(5), reason(5, 'code'));
    expect(await carrier.hears()).toEqual([]);
    expect([faults, mux.openChannels.size]).toEqual([[], 0]);
    mux.destroy();
  });

  it('the same for a number that was refused', async () => {
    const { carrier, mux, faults } = await greeted({ acceptBacklog: 0 });
    carrier.receive(handshake(9, 10), stop(9), refuse(9), reason(9), data(9, 3, 'abc'));
    expect(await carrier.hears()).toEqual(['REFUSE 9 <51 bytes>']);
    expect(faults).toEqual([]);
    expect(() => mux.open('', { channel: 9 })).toThrow(/which the peer still uses/);
    carrier.receive(errorEnd(9), data(9, 6, 'def'));
    expect(faults).toEqual(['data for no channel 9']);
    expect(mux.open('', { channel: 9 }).id).toBe(9);
    mux.destroy();
  });
});

describe('STOP', () => {
  it('ends the half with ERROR_END and drops what waits, once', async () => {
    const { carrier, mux, channel, faults } = await withOpen();
    const outbound = listen(channel.outbound$);
    channel.outbound$.next(Buffer.alloc(1500));
    await carrier.hears();
    carrier.receive(stop(0, 'ENOUGH', 'seen it'), stop(0));
    expect(await carrier.hears()).toEqual(['ERROR_END 0']);
    expect(outbound[1]).toBeInstanceOf(StoppedError);
    expect(outbound[1]).toMatchObject({ reason: { code: 'ENOUGH', message: 'seen it' }, channelId: 0 });
    carrier.receive(stop(0));
    expect(await carrier.hears()).toEqual([]);
    expect([channel.bufferedAmount, faults]).toEqual([0, []]);
    mux.destroy();
  });

  it('changes nothing after END, and for an END that is due', async () => {
    const { carrier, mux, channel, faults } = await withOpen();
    channel.outbound$.next('all');
    channel.outbound$.complete();
    carrier.receive(stop(0)); // bytes wait
    expect(await carrier.hears()).toEqual(['ERROR_END 0']);
    const other = mux.open();
    other.outbound$.complete();
    carrier.receive(stop(1)); // none does, and the opening has not left yet
    expect(await carrier.hears()).toEqual(['HANDSHAKE 1 free=65536 ""', 'END 1']);
    carrier.receive(stop(1));
    expect(await carrier.hears()).toEqual([]);
    expect(faults).toEqual([]);
    mux.destroy();
  });

  it('means nothing before the answer, and before PRE_HANDSHAKE: it is about a channel that had the number before', async () => {
    const { carrier, mux, faults } = await greeted();
    const channels = [mux.open(), mux.open()] as const;
    await carrier.hears();
    carrier.receive(stop(0), stop(1), handshake(0, 1000, 'yes'), preHandshake(1, 1000));
    for (const { outbound$ } of channels) {
      outbound$.next('on');
    }
    expect(await carrier.hears()).toEqual(['DATA 0 seq=2 "on"', 'DATA 1 seq=2 "on"']);
    carrier.receive(stop(0), stop(1));
    expect(await carrier.hears()).toEqual(['ERROR_END 0', 'ERROR_END 1']);
    expect(faults).toEqual([]);
    mux.destroy();
  });

  it('before the answer: ERROR_END comes with that', async () => {
    const { carrier, mux, faults } = await greeted();
    carrier.receive(handshake(9, 100), stop(9));
    expect(await carrier.hears()).toEqual([]);
    mux.channels$.subscribe();
    expect(await carrier.hears()).toEqual([
      'HANDSHAKE 9 free=65536 ""',
      'STATUS 9 free=65536 seq=0',
      'ERROR_END 9',
    ]);
    expect(faults).toEqual([]);
    mux.destroy();
  });

  it('is said at once where the channel is answered, and later where not, with the reason', async () => {
    const { carrier, mux, faults } = await greeted();
    const channel = mux.open();
    channel.cancel();
    expect(await carrier.hears()).toEqual(['HANDSHAKE 0 free=65536 ""', 'STOP 0 ": "']);
    channel.cancel();
    expect(await carrier.hears()).toEqual([]);
    carrier.receive(handshake(0, 10, 'yes'), errorEnd(0)); // it has done what it was told
    const inbound = listen(channel.inbound$);
    expect(inbound).toEqual(['complete']);
    expect(faults).toEqual([]);
    mux.destroy();
  });

  it('does not hide the peer’s own reason', async () => {
    const { carrier, mux, channel } = await withOpen();
    const closed = listen(channel.closed$);
    channel.cancel();
    channel.outbound$.complete();
    await carrier.hears();
    carrier.receive(reason(0, 'BROKEN'), errorEnd(0));
    expect(closed[0]).toMatchObject({ reason: { code: 'BROKEN' } });
    mux.destroy();
  });

  it('is not said once the peer has ended', async () => {
    const { carrier, mux, channel } = await withOpen();
    carrier.receive(data(0, 3, 'abc'), end(0));
    channel.cancel();
    expect(await carrier.hears()).toEqual([]);
    mux.destroy();
  });

  it('is said when the peer has turned out to know it', async () => {
    const { carrier, mux } = setUp();
    const channel = mux.open();
    mux.open();
    channel.cancel();
    expect(await carrier.hears()).toEqual([
      'HELLO version=1 window=2048',
      'HANDSHAKE 0 free=65536 ""',
      'HANDSHAKE 1 free=65536 ""',
    ]);
    carrier.receive(hello(10));
    expect(await carrier.hears()).toEqual(['STOP 0 ": "']);
    mux.destroy();
  });
});

describe('REFUSE', () => {
  it('fails the channel, whatever has been sent with the opening, and is answered with ERROR_END', async () => {
    const { carrier, mux, faults } = await greeted();
    const channel = mux.open();
    const heard = [listen(channel.handshake$), listen(channel.inbound$), listen(channel.closed$)];
    channel.outbound$.next(Buffer.alloc(150));
    expect(await carrier.hears()).toEqual(['HANDSHAKE 0 free=65536 ""', 'DATA 0 seq=100 <100 bytes>']);
    carrier.receive(refuse(0, 'NO', 'not here'));
    expect(await carrier.hears()).toEqual(['ERROR_END 0']);
    for (const one of heard) {
      expect(one).toEqual([expect.any(PeerError)]);
      expect(one[0]).toMatchObject({ reason: { code: 'NO', message: 'not here' } });
    }
    expect([channel.bufferedAmount, mux.openChannels.size, faults]).toEqual([0, 0, []]);
    carrier.receive(refuse(0)); // twice
    expect(faults).toEqual([]);
    mux.destroy();
  });

  it('fails a channel that has been stopped, too', async () => {
    const { carrier, mux } = await greeted();
    const channel = mux.open();
    channel.cancel();
    channel.outbound$.next('abc');
    await carrier.hears();
    carrier.receive(refuse(0));
    expect(await carrier.hears()).toEqual(['ERROR_END 0']);
    expect(mux.openChannels.size).toBe(0);
    mux.destroy();
  });

  it('needs no more than the END that has been sent', async () => {
    const { carrier, mux } = await greeted();
    const channel = mux.open();
    const closed = listen(channel.closed$);
    channel.outbound$.next('abc');
    channel.outbound$.complete();
    expect((await carrier.hears()).at(-1)).toBe('END 0');
    carrier.receive(refuse(0));
    expect(await carrier.hears()).toEqual([]);
    expect(closed).toEqual([expect.any(PeerError)]);
    expect(mux.openChannels.size).toBe(0);
    mux.destroy();
  });

  it('is a fault after the answer, and for a channel of the peer’s own', async () => {
    const { carrier, mux, faults, channel } = await withOpen();
    carrier.receive(refuse(0));
    expect(faults).toEqual(['refusal after handshake 0']);
    carrier.receive(handshake(9, 100), refuse(9));
    expect(faults).toEqual(['refusal after handshake 0', 'refusal after handshake 9']);
    channel.outbound$.next('on');
    expect(await carrier.hears()).toEqual(['DATA 0 seq=2 "on"']);
    mux.destroy();
  });

  it('is said with the reason given to reject()', async () => {
    const { carrier, mux, faults } = await greeted();
    const channels: Channel[] = [];
    mux.channels$.subscribe((channel) => {
      channels.push(channel);
      channel.reject({ code: 'QUOTA', message: 'x'.repeat(2000) });
    });
    carrier.receive(handshake(9, 10), data(9, 3, 'abc'));
    expect(await carrier.hears()).toEqual([expect.stringMatching(/^REFUSE 9 <1031 bytes>$/)]);
    carrier.receive(data(9, 3000, Buffer.alloc(2997)), dataHeader(9, 3001), Buffer.from([0, 0, 0, 0]));
    expect(await carrier.hears()).toEqual([]); // skipped
    expect([faults, mux.openChannels.size]).toEqual([[], 1]);
    carrier.receive(errorEnd(9));
    expect(mux.openChannels.size).toBe(0);
    mux.destroy();
  });

  it('is the answer after PRE_HANDSHAKE, too: what the peer has sent on the strength of that is skipped', async () => {
    const { carrier, mux, faults } = await greeted();
    const channels: Channel[] = [];
    mux.channels$.subscribe((channel) => {
      channels.push(channel);
      channel.delayHandshake();
    });
    carrier.receive(handshake(9, 10));
    expect(await carrier.hears()).toEqual(['PRE_HANDSHAKE 9 free=65536']);
    channels[0]?.reject({ code: 'QUOTA', message: 'no' });
    expect(await carrier.hears()).toEqual(['REFUSE 9 "QUOTA: no"']);
    carrier.receive(data(9, 60_000, 'x'.repeat(60_000)));
    expect(await carrier.hears()).toEqual([]); // no credit follows
    carrier.receive(errorEnd(9));
    expect([faults, mux.openChannels.size]).toEqual([[], 0]);
    mux.destroy();
  });

  it('has a reason that fits the framing', async () => {
    const carrier = new TestCarrier();
    const mux = new Mux(carrier, { keepAlive: false, framing: { lengthSize: 1 } });
    mux.channels$.subscribe((channel) => {
      channel.reject({ code: 'QUOTA', message: 'x'.repeat(2000) });
    });
    carrier.receive(hello(10).subarray(3), handshake(9, 10).subarray(3));
    await carrier.hears();
    const sent = Buffer.concat(carrier.writes.flat()).subarray(8); // after HELLO
    expect([sent[0], sent.length]).toEqual([255, 256]);
    mux.destroy();
  });
});

describe('REASON', () => {
  it('is that of the ERROR_END which follows, the latest', async () => {
    const { carrier, mux, channel, faults } = await withOpen();
    const inbound = listen(channel.inbound$);
    carrier.receive(reason(0, 'FIRST'), reason(0, 'SECOND', 'so'), errorEnd(0));
    expect(inbound).toEqual([expect.any(PeerError)]);
    expect(inbound[0]).toMatchObject({
      reason: { code: 'SECOND', message: 'so' },
      message: 'peer error: SECOND',
    });
    carrier.receive(reason(0, 'LATE'));
    expect(faults).toEqual([]);
    mux.destroy();
  });

  it('means nothing to END, and may come ahead of the HANDSHAKE', async () => {
    const { carrier, mux, faults } = await greeted();
    const channel = mux.open();
    const inbound = listen(channel.inbound$);
    carrier.receive(reason(0, 'EARLY'), handshake(0, 10, 'yes'), end(0));
    expect([inbound, faults]).toEqual([['complete'], []]);
    mux.destroy();
  });
});

describe('bytes that come with the opening', () => {
  it('wait in the window promised, for a channel that is not answered', async () => {
    const { carrier, mux, faults } = await greeted();
    carrier.receive(
      handshake(9, 100),
      data(9, 2000, Buffer.alloc(2000, 'a')),
      data(9, 2048, Buffer.alloc(48, 'b')),
    );
    expect(await carrier.hears()).toEqual([]);
    expect(faults).toEqual([]);
    const chunks: Buffer[] = [];
    mux.channels$.subscribe(({ inbound$ }) => {
      inbound$.subscribe({ next: (chunk) => chunks.push(chunk), error: () => undefined });
    });
    expect(await carrier.hears()).toEqual([
      expect.stringMatching(/^HANDSHAKE 9 free=\d+ ""$/),
      expect.stringMatching(/^STATUS 9 free=\d+ seq=2048$/),
    ]);
    expect(Buffer.concat(chunks).toString()).toBe('a'.repeat(2000) + 'b'.repeat(48));
    mux.destroy();
  });

  it('fail the channel where they are more than was promised, and no other', async () => {
    const { carrier, mux, faults } = await greeted();
    carrier.receive(
      handshake(9, 100),
      handshake(10, 100),
      data(9, 2049, Buffer.alloc(2049)),
      data(10, 1, 'a'),
    );
    expect(faults).toEqual(['too much data 9']);
    const heard: unknown[][] = [];
    mux.channels$.subscribe(({ inbound$ }) => heard.push(listen(inbound$)));
    await carrier.hears();
    expect(heard).toEqual([[expect.any(ReadOverflowError)], [Buffer.from('a')]]);
    mux.destroy();
  });

  it('may be as many where both sides have opened the number, whatever window this side’s channel has', async () => {
    const { carrier, mux, faults } = await greeted();
    const channel = mux.open('', { channel: 9, highWaterMark: 10 });
    const other = mux.open('', { channel: 10, highWaterMark: 10 });
    carrier.receive(handshake(10, 100)); // before this side’s has left
    await carrier.hears();
    carrier.receive(
      handshake(9, 100),
      data(9, 2048, Buffer.alloc(2048, 'a')),
      data(10, 2048, Buffer.alloc(2048)),
    );
    expect(faults).toEqual([]);
    const chunks: Buffer[] = [];
    for (const { inbound$ } of [channel, other]) {
      inbound$.subscribe({ next: (chunk) => chunks.push(chunk), error: () => undefined });
    }
    expect(await carrier.hears()).toEqual([
      'STATUS 9 free=0 seq=2048', // its edge is not where the HANDSHAKE said
      'STATUS 10 free=0 seq=2048',
      'STATUS 9 free=10 seq=2048',
      'STATUS 10 free=10 seq=2048',
    ]);
    expect(Buffer.concat(chunks)).toHaveLength(4096);
    carrier.receive(data(9, 2059, Buffer.alloc(11)));
    expect(faults).toEqual(['too much data 9']);
    mux.destroy();
  });

  it('come before this side’s own opening has left: the edge is told with that', async () => {
    const { carrier, mux, faults } = await greeted();
    const channel = mux.open('', { channel: 9 });
    channel.inbound$.subscribe({ error: () => undefined });
    carrier.receive(handshake(9, 100), data(9, 3, 'abc'));
    expect(await carrier.hears()).toEqual(['HANDSHAKE 9 free=65536 ""', 'STATUS 9 free=65536 seq=3']);
    expect(faults).toEqual([]);
    mux.destroy();
  });

  it('are no more than the window of a channel, where that is smaller', async () => {
    const { carrier, mux, faults } = setUp({ peerChannelOptions: { highWaterMark: 10 } });
    carrier.receive(hello(100));
    expect(await carrier.hears()).toEqual(['HELLO version=1 window=10']);
    carrier.receive(
      handshake(9, 100),
      data(9, 10, Buffer.alloc(10)),
      handshake(10, 100),
      data(10, 11, Buffer.alloc(11)),
    );
    expect(faults).toEqual(['too much data 10']);
    mux.destroy();
  });

  it('fail the channel of a peer that has not said HELLO, as ever', () => {
    const { carrier, mux, faults } = setUp();
    carrier.receive(handshake(9, 100), data(9, 1, 'a'));
    expect(faults).toEqual(['too much data 9']);
    mux.destroy();
  });

  it('are sent as far as the peer’s window, and on when it has answered', async () => {
    const { carrier, mux, faults } = await greeted();
    const channel = mux.open();
    channel.outbound$.next(Buffer.alloc(150));
    expect(await carrier.hears()).toEqual(['HANDSHAKE 0 free=65536 ""', 'DATA 0 seq=100 <100 bytes>']);
    carrier.receive(handshake(0, 1000)); // leaves the credit alone
    expect(await carrier.hears()).toEqual([]);
    carrier.receive(status(0, 1000, 100));
    expect(await carrier.hears()).toEqual(['DATA 0 seq=150 <50 bytes>']);
    const delayed = mux.open();
    delayed.outbound$.next(Buffer.alloc(150));
    await carrier.hears();
    carrier.receive(preHandshake(1, 1000, 100));
    expect(await carrier.hears()).toEqual(['DATA 1 seq=150 <50 bytes>']);
    expect(faults).toEqual([]);
    mux.destroy();
  });

  it('are shown in receiveWindow$', async () => {
    const { carrier, mux } = await greeted();
    const channel = mux.open('', { channel: 9 });
    expect(channel.receiveWindow$.value).toBe(0);
    const { channel: peers } = await withPeers();
    expect(peers.receiveWindow$.value).toBe(65_536);
    carrier.receive(handshake(9, 10));
    mux.destroy();
  });
});
