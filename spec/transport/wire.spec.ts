import { filter, firstValueFrom, lastValueFrom, map } from 'rxjs';
import { ChannelError, Mux } from '../../src/index.js';
import { WebTransportSessions } from '../../src/web-transport.js';
import { expectNothingUnhandled } from '../hostile/support/unhandled.js';
import { listen } from '../support/listen.js';
import { turn } from '../support/test-carrier.js';
import { data, end, frame, goAway, handshake, hello, keepAlive, ping } from '../support/wire.js';
import { RawPeer } from './raw-peer.js';
import { sessionPair } from './session-pair.js';

describe('WebTransportSessions on the wire', () => {
  expectNothingUnhandled();

  it('say on a stream what is about its channel, and all else on one of control, which comes first', async () => {
    const [session, far] = sessionPair();
    const peer = new RawPeer(far);
    const mux = new Mux(new WebTransportSessions(session), { highChannels: false });
    const control = await peer.open(hello(100), ping(3));
    const muxControl = await peer.stream(0);
    expect(await muxControl.hears(2)).toEqual(['HELLO version=1 window=2048', 'PONG 3']);

    const channel = mux.open('hi');
    channel.outbound$.next('abc');
    const stream = await peer.stream(1);
    expect(await stream.hears(2)).toEqual(['HANDSHAKE 0 free=65536 "hi"', 'DATA 0 seq=3 "abc"']);
    stream.write(handshake(0, 100, 'ho'), data(0, 2, 'de'));
    expect(String(await firstValueFrom(channel.inbound$))).toBe('de');
    expect(String(channel.handshake)).toBe('ho');
    channel.outbound$.error(new ChannelError('OOPS', 'sorry'));
    expect((await stream.hears(5)).slice(2)).toEqual([
      'STATUS 0 free=65536 seq=2',
      'REASON 0 "OOPS: sorry"',
      'ERROR_END 0',
    ]);
    expect(stream.hasEnded).toBe(false);
    stream.write(end(0));
    await firstValueFrom(mux.removed$);
    while (!stream.hasEnded) {
      await turn(); // FIN
    }

    const said = muxControl.said.length;
    const over = mux.close();
    expect((await muxControl.hears(said + 2)).slice(said)).toEqual(['GOAWAY ": "', 'END 0']);
    control.write(end(0));
    await over;
    expect(session.closedWith).toEqual([{ closeCode: 0 }]);
  });

  it('say no STOP on a channel that is over, though the mux has still to hear of it', async () => {
    const [session, far] = sessionPair();
    const peer = new RawPeer(far);
    const mux = new Mux(new WebTransportSessions(session));
    await peer.open(hello(100));
    const outcomes: unknown[] = [];
    // It is over for the carrier a microtask before it is for the mux: in one of these rounds the mux gives it up in between.
    for (let microtasks = 0; microtasks < 12; microtasks += 1) {
      const channel = mux.open('', { channel: 7 });
      channel.outbound$.complete();
      const stream = await peer.stream(microtasks + 1);
      stream.write(handshake(7, 100));
      await stream.hears(2);
      await firstValueFrom(channel.handshake$);
      const removed = firstValueFrom(mux.removed$);
      stream.write(end(7));
      for (let i = 0; i < microtasks; i += 1) {
        await Promise.resolve();
      }
      channel.cancel();
      await removed;
      await turn();
      outcomes.push(stream.said.at(-1));
    }
    expect(new Set(outcomes)).toEqual(new Set(['STOP 7 ": "', 'END 7']));
    mux.destroy();
  });

  it('begin the control stream with KEEP_ALIVE where the mux says no HELLO', async () => {
    const [session, far] = sessionPair();
    const peer = new RawPeer(far);
    const mux = new Mux(new WebTransportSessions(session), { extensions: false, highChannels: false });
    mux.open();
    expect(await (await peer.stream(0)).hears(1)).toEqual(['KEEP_ALIVE']);
    expect(await (await peer.stream(1)).hears(1)).toEqual(['HANDSHAKE 0 free=65536 ""']);
    mux.destroy();
  });

  it('write in one piece what the mux says at once about a channel', async () => {
    const [session, far] = sessionPair();
    const peer = new RawPeer(far);
    const mux = new Mux(new WebTransportSessions(session));
    mux.channels$.subscribe(({ inbound$, outbound$ }) => {
      inbound$.subscribe();
      outbound$.next('abc');
      outbound$.complete();
    });
    await peer.open(hello(100));
    const stream = await peer.open(handshake(7, 100, ''));
    const pieces = listen(stream.heard$);
    expect(await stream.hears(4)).toEqual([
      'HANDSHAKE 7 free=65536 ""',
      'STATUS 7 free=65536 seq=0',
      'DATA 7 seq=3 "abc"',
      'END 7',
    ]);
    expect(pieces).toHaveLength(1);
    stream.write(end(7));
    await firstValueFrom(mux.removed$);
    mux.destroy();
  });

  it('ask nothing while bytes are sent: an answer says nothing of what is on other streams', async () => {
    const [session, far] = sessionPair();
    const mux = new Mux(new WebTransportSessions(session), { highChannels: false });
    const peer = new RawPeer(far);
    await peer.open(hello(50_000));
    await firstValueFrom(mux.peer$.pipe(filter(Boolean)));
    mux.open().outbound$.next(Buffer.alloc(50_000));
    const stream = await peer.stream(1);
    expect((await stream.hears(2))[1]).toBe('DATA 0 seq=50000 <50000 bytes>'); // in no pieces, as on a line
    void mux.close();
    expect(await (await peer.stream(0)).hears(2)).toEqual(['HELLO version=1 window=2048', 'GOAWAY ": "']);
    mux.destroy();
  });

  it('tell a mux of HELLO ahead of channels, whichever stream comes first', async () => {
    const [session, far] = sessionPair();
    const mux = new Mux(new WebTransportSessions(session));
    const heard = listen(mux.channels$.pipe(map(({ id }) => [id, mux.peer$.value?.window])));
    const errors = listen(mux.errors$);
    const peer = new RawPeer(far);
    await peer.open(handshake(7, 100));
    await peer.stream(0);
    await turn();
    expect(heard).toEqual([]);
    await peer.open(hello(100));
    while (heard.length === 0) {
      await turn();
    }
    expect([heard, errors]).toEqual([[[7, 100]], []]);
    mux.destroy();
  });

  it('tell a mux of HELLO ahead of an answer, whichever stream comes first', async () => {
    const [session, far] = sessionPair();
    const mux = new Mux(new WebTransportSessions(session), { highChannels: false });
    const errors = listen(mux.errors$);
    const peer = new RawPeer(far);
    const channel = mux.open();
    const stream = await peer.stream(1);
    stream.write(handshake(0, 100, 'ho'), data(0, 2, 'de'));
    await turn();
    await turn();
    expect(channel.stats().states.peerHandshake).toBe('awaited');
    await peer.open(hello(100));
    expect(String(await firstValueFrom(channel.inbound$))).toBe('de');
    stream.write(data(0, 4, 'fg'));
    expect(String(await firstValueFrom(channel.inbound$))).toBe('fg');
    expect([mux.peer$.value?.window, errors]).toEqual([100, []]);
    mux.destroy();
  });

  it('hear a keep-alive, a kind that nobody knows, and GOAWAY', async () => {
    const [session, far] = sessionPair();
    const peer = new RawPeer(far);
    const mux = new Mux(new WebTransportSessions(session));
    const alive = listen(mux.keepAlive$);
    const control = await peer.open(hello(100));
    const going = lastValueFrom(mux.goingAway$, { defaultValue: undefined });
    control.write(keepAlive(), frame(7, 99), goAway());
    await going;
    expect(alive).toHaveLength(2);
    expect(() => mux.open()).toThrow('the peer accepts no more channels');
    mux.destroy();
  });

  it('say only the latest of a kind where the control stream has taken no bytes meanwhile', async () => {
    const [session, far] = sessionPair();
    const peer = new RawPeer(far);
    const mux = new Mux(new WebTransportSessions(session));
    const control = await peer.open(hello(100));
    const muxControl = await peer.stream(0);
    await muxControl.hears(1);
    const line = session.lines[0];
    line?.there.hold();
    for (const id of [1, 2, 3]) {
      control.write(ping(id));
      await turn();
    }
    line?.there.release();
    const said = await muxControl.hears(3);
    expect(said.slice(1)).toEqual(['PONG 1', 'PONG 3']);
    mux.destroy();
  });

  it('read nothing before there is a mux', async () => {
    const [session, far] = sessionPair();
    const peer = new RawPeer(far);
    const carrier = new WebTransportSessions(session);
    const stream = await peer.open(hello(100));
    await turn();
    expect(session.lines).toEqual([]);
    const mux = new Mux(carrier);
    expect(await (await peer.stream(0)).hears(1)).toEqual(['HELLO version=1 window=2048']);
    stream.close();
    mux.destroy();
  });
});
