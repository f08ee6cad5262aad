import { filter, firstValueFrom, lastValueFrom, skip, startWith } from 'rxjs';
import {
  CarrierEndedError,
  type Channel,
  Mux,
  type MuxOptions,
  PeerError,
  StoppedError,
} from '../../src/index.js';
import { WebTransportClosedError, WebTransportSessions } from '../../src/web-transport.js';
import { expectNothingUnhandled } from '../hostile/support/unhandled.js';
import { listen } from '../support/listen.js';
import { turn } from '../support/test-carrier.js';
import { data, end, errorEnd, handshake, hello, keepAlive, preHandshake, refuse } from '../support/wire.js';
import { RawPeer } from './raw-peer.js';
import { sessionPair, TestSession } from './session-pair.js';

const closed = ({ closed$ }: Channel | Mux): Promise<unknown> =>
  lastValueFrom(closed$, { defaultValue: 'complete' }).catch((error: unknown) => error);

/** A mux over a session whose far end is the test, with the control streams of both. */
async function withPeer(options?: MuxOptions, first = hello(65_536)) {
  const [session, farSession] = sessionPair();
  const mux = new Mux(new WebTransportSessions(session), { highChannels: false, ...options });
  const peer = new RawPeer(farSession);
  const control = await peer.open(first);
  const muxControl = await peer.stream(0);
  while (options?.extensions !== false && mux.peer$.value === undefined) {
    await turn();
  }
  return { session, farSession, mux, peer, control, muxControl };
}

describe('WebTransportSessions whose session ends', () => {
  expectNothingUnhandled();

  it('close it with code 0 when both ends are done, whoever is first', async () => {
    for (const order of [
      [0, 1],
      [1, 0],
    ]) {
      const sessions = sessionPair();
      const muxes = sessions.map((session) => new Mux(new WebTransportSessions(session)));
      const [first, second] = order.map((index) => muxes[index]) as [Mux, Mux];
      second.channels$.subscribe(({ inbound$, outbound$ }) => inbound$.subscribe(outbound$));
      const { inbound$, outbound$ } = first.open();
      outbound$.next('last words');
      outbound$.complete();
      const heard = firstValueFrom(inbound$);
      await first.close();
      await closed(second);
      expect(String(await heard)).toBe('last words');
      expect(sessions.map(({ closedWith }) => closedWith).flat()).toEqual([{ closeCode: 0 }]);
      expect(() => second.open()).toThrow('the carrier takes no more');
    }
  });

  it('close it when both ends end at the same time', async () => {
    const sessions = sessionPair();
    const muxes = sessions.map((session) => new Mux(new WebTransportSessions(session)));
    await Promise.all(muxes.map((mux) => mux.close()));
    expect(sessions.every(({ closedWith }) => closedWith.length <= 1)).toBe(true);
  });

  it('end the mux when the peer has, once the peer’s last channel is over', async () => {
    const { session, mux, peer, control, muxControl } = await withPeer();
    const arrived = firstValueFrom(mux.channels$);
    const stream = await peer.open(handshake(7, 100));
    const { outbound$ } = await arrived;
    control.write(end(0)); // though there is a channel: what it has said last may be under way
    stream.write(end(7));
    const { length } = await muxControl.hears(1);
    outbound$.complete();
    await muxControl.hears(length + 1);
    expect(muxControl.said.at(-1)).toBe('END 0');
    expect(await closed(mux)).toBeUndefined();
    expect(session.closedWith).toEqual([]); // the peer closes it when it has heard that
  });

  it.each<[string, MuxOptions, Buffer, (id: number) => string[], (id: number) => Buffer]>([
    ['', {}, hello(65_536), (id) => [`REFUSE ${id} <41 bytes>`], errorEnd],
    [
      ' without extensions',
      { extensions: false },
      keepAlive(),
      (id) => [`HANDSHAKE ${id} free=0 ""`, `ERROR_END ${id}`],
      errorEnd,
    ],
    [
      ', and speaks nothing but bpmux, but the peer does',
      { extensions: false },
      hello(100),
      (id) => [`HANDSHAKE ${id} free=0 ""`, `ERROR_END ${id}`],
      errorEnd,
    ],
  ])(
    'refuse a channel that comes when the mux has ended%s',
    async (_how, options, first, refusal, answer) => {
      const { session, mux, peer, control, muxControl } = await withPeer(options, first);
      const before = await peer.open(handshake(6, 100));
      const over = mux.close(); // before the mux can have heard of it
      await muxControl.hears(1);
      while (!muxControl.said.includes('END 0')) {
        await turn();
      }
      const after = await peer.open(handshake(7, 100));
      for (const [stream, id] of [
        [before, 6],
        [after, 7],
      ] as const) {
        expect(await stream.hears(refusal(id).length)).toEqual(refusal(id));
        stream.write(answer(id));
      }
      control.write(end(0));
      await over;
      expect(session.closedWith).toEqual([{ closeCode: 0 }]);
    },
  );

  it('refuse a channel that crosses the end of a mux which has not said who it is', async () => {
    const [session, farSession] = sessionPair();
    const mux = new Mux(new WebTransportSessions(session));
    const over = mux.close();
    const far = new Mux(new WebTransportSessions(farSession));
    const errors = listen(far.errors$);
    const channel = far.open();
    await expect(lastValueFrom(channel.inbound$)).rejects.toThrow(PeerError);
    await Promise.all([over, far.close()]);
    expect(errors).toEqual(['complete']);
  });

  it('refuse a channel of which the mux has not heard when it ends, however near that is', async () => {
    for (let microtasks = 0; microtasks < 40; microtasks += 1) {
      const { mux, peer, control, muxControl } = await withPeer();
      const stream = await peer.open(handshake(7, 100));
      for (let i = 0; i < microtasks; i += 1) {
        await Promise.resolve();
      }
      const over = mux.close();
      expect(await stream.hears(1)).toEqual(['REFUSE 7 <41 bytes>']);
      stream.write(errorEnd(7));
      while (!muxControl.said.includes('END 0')) {
        await turn();
      }
      control.write(end(0));
      await over;
    }
  });

  it.each<[string, unknown, unknown]>([
    ['with code 0', { closeCode: 0, reason: '' }, undefined],
    ['with that of HTTP/3', { closeCode: 256, reason: '' }, undefined],
    ['and the platform does not say how', undefined, undefined],
    ['and the platform says that there is nothing to say', null, undefined],
    [
      'with another code',
      { closeCode: 4401, reason: 'who are you?' },
      expect.objectContaining({
        name: 'WebTransportClosedError',
        message: 'WebTransport session closed with code 4401: who are you?',
        closeCode: 4401,
        reason: 'who are you?',
      }),
    ],
    ['with a code and no reason', { closeCode: 1 }, new WebTransportClosedError(1)],
  ])('fail channels where it is closed by the far end %s', async (_how, info, cause) => {
    const { farSession, session, mux } = await withPeer();
    const arrivals = listen(mux.channels$);
    const channel = mux.open();
    const ended = closed(channel);
    if (info === undefined) {
      session.settle();
    } else {
      farSession.close(info);
    }
    const error = await ended;
    expect(error).toBeInstanceOf(CarrierEndedError);
    expect((error as Error).cause).toEqual(cause);
    expect(arrivals).toEqual([cause ?? 'complete']);
    expect(session.closedWith).toEqual([]);
  });

  it('take a code for nothing amiss where the peer has said that it is done', async () => {
    const { farSession, mux, control } = await withPeer();
    control.write(end(0));
    await turn();
    farSession.close({ closeCode: 3 });
    expect(await closed(mux)).toBeUndefined();
  });

  it('fail channels where the peer that is done closes it with a code before the last ones are over', async () => {
    const { farSession, mux, peer, control } = await withPeer();
    const arrivals = listen(mux.channels$);
    const channel = mux.open();
    const stream = await peer.stream(1);
    stream.write(handshake(0, 100), data(0, 5, 'hello'));
    expect(String(await firstValueFrom(channel.inbound$))).toBe('hello');
    const ended = closed(channel);
    control.write(end(0));
    await turn();
    farSession.close({ closeCode: 1 });
    expect(((await ended) as Error).cause).toEqual(new WebTransportClosedError(1));
    expect(arrivals).toEqual([new WebTransportClosedError(1)]);
  });

  it.each([
    ['at once', 0],
    ['after its streams have ended', 20],
  ])(
    'fail channels where it is lost, with what the platform says %s as the cause',
    async (_when, microtasks) => {
      const sessions = sessionPair();
      const [near, far] = sessions.map((session) => new Mux(new WebTransportSessions(session))) as [Mux, Mux];
      const opened = firstValueFrom(far.channels$);
      const unanswered = far.open();
      const channels = [near.open(), await opened, unanswered];
      [near, far].forEach(({ channels$ }) => listen(channels$));
      const ends = channels.map(closed);
      const error = new Error('connection lost');
      for (const session of microtasks > 0 ? sessions : []) {
        session.loseStreams(error);
      }
      for (let i = 0; i < microtasks; i += 1) {
        await Promise.resolve();
      }
      sessions[0].lose(error);
      for (const end of await Promise.all(ends)) {
        expect(end).toBeInstanceOf(CarrierEndedError);
        expect((end as Error).cause).toBe(error);
      }
    },
  );

  it('tell a mux that is made afterwards', async () => {
    const [session, farSession] = sessionPair();
    farSession.closed.catch(() => undefined);
    const carrier = new WebTransportSessions(session);
    const error = new Error('connection lost');
    session.lose(error);
    await turn();
    expect(listen(new Mux(carrier).channels$)).toEqual([error]);
  });

  it('fail where it never opens', async () => {
    const session = new TestSession();
    session.other = new TestSession();
    const mux = new Mux(new WebTransportSessions(session));
    const heard = listen(mux.channels$);
    mux.open();
    const error = new Error('no such host');
    session.fail(error);
    await closed(mux);
    expect(heard).toEqual([error]);
  });

  it('are closed with code 1 where the mux is destroyed', async () => {
    const sessions = sessionPair();
    const [near, far] = sessions.map((session) => new Mux(new WebTransportSessions(session))) as [Mux, Mux];
    const opened = firstValueFrom(far.channels$);
    near.open();
    const ended = closed(await opened);
    const heard = listen(far.channels$);
    near.destroy();
    expect((await ended) as Error).toMatchObject({ cause: { closeCode: 1, reason: '' } });
    expect(heard).toEqual([new WebTransportClosedError(1)]);
    expect(sessions.map(({ closedWith }) => closedWith)).toEqual([[{ closeCode: 1 }], []]);
  });

  it('are closed when they have opened, where the platform cannot do it before', async () => {
    const [session] = sessionPair();
    session.isReady = false;
    new Mux(new WebTransportSessions(session)).destroy();
    expect(session.closedWith).toEqual([]);
    session.isReady = true;
    await turn();
    expect(session.closedWith).toEqual([{ closeCode: 1 }]);
  });
});

describe('WebTransportSessions one of whose streams ends by itself', () => {
  expectNothingUnhandled();

  it.each<[string, (stream: { close(): void; reset(): void }) => void]>([
    [
      'comes to its end',
      (stream) => {
        stream.close();
      },
    ],
    [
      'is reset',
      (stream) => {
        stream.reset();
      },
    ],
  ])('fail that channel alone where it %s', async (_how, cut) => {
    const { session, mux, peer } = await withPeer();
    const [channel, other] = [mux.open(), mux.open()];
    const streams = [await peer.stream(1), await peer.stream(2)] as const;
    streams[0].write(handshake(0, 100), data(0, 5, 'hello'));
    streams[1].write(handshake(1, 100), data(1, 5, 'hello'));
    const heard = listen(channel.inbound$);
    const ended = lastValueFrom(channel.inbound$).catch((error: unknown) => error);
    await Promise.all([channel, other].map(({ inbound$ }) => firstValueFrom(inbound$)));
    cut(streams[0]);
    expect(await ended).toBeInstanceOf(PeerError);
    expect(heard.map(String)).toEqual(['hello', expect.stringContaining('peer error')]);
    channel.outbound$.complete();
    await firstValueFrom(mux.removed$);
    expect([...mux.openChannels.keys()]).toEqual([1]);
    expect(session.closedWith).toEqual([]);
  });

  it('go on where both sides have opened the channel, and one of its two streams is left', async () => {
    const { mux, peer } = await withPeer();
    const channel = mux.open('', { channel: 7 });
    const own = await peer.stream(1);
    const others = await peer.open(handshake(7, 100));
    const heard = listen(channel.inbound$);
    await firstValueFrom(channel.handshake$);
    own.close();
    await turn();
    await turn();
    await turn();
    others.write(data(7, 5, 'hello'), end(7));
    channel.outbound$.complete();
    await firstValueFrom(mux.removed$);
    expect(heard.map(String)).toEqual(['hello', 'complete']);
  });

  it('refuse a channel where that is before an answer', async () => {
    const { mux, peer } = await withPeer();
    const refused = lastValueFrom(mux.open().inbound$).catch((error: unknown) => error);
    (await peer.stream(1)).reset();
    expect(await refused).toMatchObject({
      code: 'ERR_RXMUX_PEER',
      reason: { code: 'NO_STREAM', message: 'there is no stream for the channel' },
    });
  });

  it.each<[string, MuxOptions, Buffer]>([
    ['', {}, hello(65_536)],
    [', also without extensions', { extensions: false }, keepAlive()],
  ])(
    'refuse a channel where that is before an answer that was to come later%s',
    async (_how, options, first) => {
      const { mux, peer } = await withPeer(options, first);
      const channel = mux.open();
      const refused = lastValueFrom(channel.inbound$).catch((error: unknown) => error);
      const stream = await peer.stream(1);
      const granted = firstValueFrom(channel.sendWindow$.pipe(skip(1)));
      stream.write(preHandshake(0, 70_000));
      expect(await granted).toBe(70_000);
      stream.close();
      expect(await refused).toBeInstanceOf(PeerError);
      channel.outbound$.complete();
      await firstValueFrom(
        mux.removed$.pipe(
          startWith(undefined),
          filter(() => mux.openChannels.size === 0),
        ),
      );
    },
  );

  it('take no notice where the channel was over', async () => {
    const { mux, peer } = await withPeer();
    const channel = mux.open();
    const stream = await peer.stream(1);
    stream.write(handshake(0, 100), end(0));
    stream.close();
    channel.outbound$.complete();
    const heard = listen(channel.inbound$);
    await firstValueFrom(mux.removed$);
    expect(heard).toEqual(['complete']);
    while (!stream.hasEnded) {
      await turn();
    }
  });

  it.each<[string, MuxOptions, Buffer, boolean]>([
    ['stop a channel', {}, hello(65_536), true],
    ['cannot tell a mux without extensions', { extensions: false }, keepAlive(), false],
  ])('%s where the peer takes no more bytes', async (_what, options, first, isStopped) => {
    const { mux, peer } = await withPeer(options, first);
    const channel = mux.open();
    const stream = await peer.stream(1);
    stream.write(handshake(0, 100));
    await firstValueFrom(channel.handshake$);
    const heard = listen(channel.outbound$);
    channel.outbound$.next('hello');
    stream.stop();
    await turn();
    await turn();
    await turn();
    expect(heard.at(-1) instanceof StoppedError).toBe(isStopped);
    channel.destroy();
    stream.write(end(0));
    await firstValueFrom(mux.removed$);
  });

  it('do not take it for a stop where the peer takes no more bytes of a half that has ended', async () => {
    const { mux, peer } = await withPeer();
    const channel = mux.open();
    const stream = await peer.stream(1);
    stream.write(handshake(0, 100));
    await firstValueFrom(channel.handshake$);
    channel.outbound$.complete();
    await stream.hears(2);
    stream.stop();
    await turn();
    await turn();
    stream.write(data(0, 5, 'hello'), end(0));
    expect(String(await lastValueFrom(channel.inbound$))).toBe('hello');
  });

  it('do not take it for a stop of the next channel of a number where the peer takes no more bytes of the last one', async () => {
    const { session, mux, peer } = await withPeer();
    const channel = mux.open('first', { channel: 7 });
    const stream = await peer.stream(1);
    stream.write(handshake(7, 100), end(7));
    await lastValueFrom(channel.inbound$, { defaultValue: undefined });
    session.lines[1]?.there.hold();
    channel.outbound$.complete();
    await firstValueFrom(mux.removed$);
    const next = mux.open('next', { channel: 7 });
    const stopped = listen(next.stopped$);
    const nextStream = await peer.stream(2);
    nextStream.write(handshake(7, 100));
    await firstValueFrom(next.handshake$);
    stream.stop(); // the end of the first one's bytes is still under way
    session.lines[1]?.there.release();
    for (let turns = 0; turns < 5; turns += 1) {
      await turn();
    }
    next.outbound$.next('hello');
    expect(await nextStream.hears(2)).toEqual(['HANDSHAKE 7 free=65536 "next"', 'DATA 7 seq=5 "hello"']);
    expect(stopped).toEqual([]);
    nextStream.write(end(7));
    next.outbound$.complete();
    await firstValueFrom(mux.removed$);
  });

  it('have nobody at a stream that ends before it has begun', async () => {
    const { mux, peer, session } = await withPeer();
    (await peer.open()).close();
    (await peer.open()).reset();
    await turn();
    await turn();
    expect([mux.openChannels.size, session.closedWith]).toEqual([0, []]);
  });
});

describe('WebTransportSessions whose peer is at fault', () => {
  expectNothingUnhandled();

  it.each<[string, string, readonly Buffer[]]>([
    [
      'begins a stream with something else',
      'the peer begins a stream with neither HELLO, KEEP_ALIVE nor HANDSHAKE',
      [end(7)],
    ],
    [
      'refuses on a stream of its own',
      'the peer begins a stream with neither HELLO, KEEP_ALIVE nor HANDSHAKE',
      [refuse(7)],
    ],
    ['speaks of another channel', 'a stream says what is not about its channel', [handshake(7, 100), end(8)]],
    ['speaks of no channel', 'a stream says what is not about its channel', [handshake(7, 100), keepAlive()]],
    [
      'says what makes no sense',
      'a stream says what is not about its channel',
      [handshake(7, 100), Buffer.from([0, 0, 0, 1, 99])],
    ],
    [
      'sends a header that is too big',
      'a stream says what is not about its channel',
      [handshake(7, 100), handshake(7, 100, Buffer.alloc(65_536))],
    ],
    [
      'sends a first header that is too big',
      'the peer begins a stream with neither HELLO, KEEP_ALIVE nor HANDSHAKE',
      [handshake(7, 100, Buffer.alloc(65_536))],
    ],
    [
      'speaks something else',
      'the peer does not speak this protocol: it began with "SSH-2.0-OpenSSH\\x0d"',
      [Buffer.from('SSH-2.0-OpenSSH\r\n')],
    ],
    [
      'speaks of a channel on its control stream',
      'a control stream says what does not belong there',
      [keepAlive(), handshake(7, 100)],
    ],
  ])('fail where it %s', async (_what, message, frames) => {
    const { mux, peer, session } = await withPeer();
    const heard = listen(mux.channels$);
    await peer.open(...frames);
    await closed(mux);
    expect(heard.at(-1)).toMatchObject({ code: 'ERR_RXMUX_PROTOCOL', message });
    expect(session.closedWith).toEqual([{ closeCode: 2 }]);
  });
});
