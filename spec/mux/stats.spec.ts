import { inspect } from 'node:util';
import { firstValueFrom, noop, VirtualTimeScheduler } from 'rxjs';
import { Mux } from '../../src/index.js';
import { muxPair } from '../../src/testing.js';
import { listen } from '../support/listen.js';
import { PLAIN_WIRE } from '../support/plain-wire.js';
import { TestCarrier, turn } from '../support/test-carrier.js';
import * as wire from '../support/wire.js';

const start = (options = {}): { carrier: TestCarrier; mux: Mux } => {
  const carrier = new TestCarrier();
  return { carrier, mux: new Mux(carrier, { ...PLAIN_WIRE, highChannels: false, ...options }) };
};

describe('mux.stats()', () => {
  it('begins with nothing', () => {
    expect(start({ maxBufferedBytes: 1_000_000 }).mux.stats()).toEqual({
      bytesIn: 0,
      bytesOut: 0,
      framesIn: 0,
      framesOut: 0,
      channels: { open: 0, opened: 0, removed: 0, refused: 0 },
      capacity: 65_536,
      windowBytes: { granted: 0, budget: 1_000_000 },
      roundTrip: undefined,
      errors: 0,
    });
  });

  it('counts bytes and frames both ways, a message with a payload as two', async () => {
    const { carrier, mux } = start();
    const { outbound$, inbound$ } = mux.open('hi');
    inbound$.subscribe();
    await carrier.hears();
    const said = [wire.handshake(0, 1000), wire.data(0, 5, 'hello')];
    const [first, second] = [Buffer.concat(said).subarray(0, 30), Buffer.concat(said).subarray(30)];
    carrier.receive(first);
    expect(mux.stats().framesIn).toBe(2); // the HANDSHAKE, and the header of DATA
    carrier.receive(second);
    outbound$.next('to the peer');
    outbound$.complete();
    await carrier.hears();
    const written = Buffer.concat(carrier.writes.flat());
    expect(mux.stats()).toMatchObject({
      bytesIn: first.length + second.length,
      framesIn: 3,
      bytesOut: written.length,
      framesOut: 4, // HANDSHAKE; DATA and its payload; END
    });
  });

  it('counts channels: opened by either side, gone, refused by the mux and by the application', async () => {
    const { carrier, mux } = start({ maxOpen: 2 });
    mux.channels$.subscribe((channel) => {
      channel.reject();
    });
    mux.open();
    carrier.receive(wire.handshake(7, 100));
    carrier.receive(wire.handshake(8, 100)); // one too many
    await carrier.hears();
    expect(mux.stats().channels).toEqual({ open: 2, opened: 2, removed: 0, refused: 2 });
    carrier.receive(wire.end(7));
    expect(mux.stats().channels).toEqual({ open: 1, opened: 2, removed: 1, refused: 2 });
    mux.destroy();
    expect(mux.stats().channels).toEqual({ open: 0, opened: 2, removed: 2, refused: 2 });
  });

  it('counts errors, whether somebody listens or not', () => {
    const { carrier, mux } = start({
      parseHandshake: () => {
        throw new Error('no');
      },
    });
    carrier.receive(wire.status(5, 100, 0));
    carrier.receive(wire.data(6, 1, 'x'));
    expect(mux.stats().errors).toBe(2);
    const codes: string[] = [];
    mux.errors$.subscribe(({ code }) => codes.push(code));
    carrier.receive(wire.status(5, 100, 0), wire.handshake(7, 0, 'x'), wire.end(7), wire.end(7));
    expect(codes).toEqual(['ERR_RXMUX_PROTOCOL', 'ERR_RXMUX_PARSE_HANDSHAKE', 'ERR_RXMUX_PROTOCOL']);
    expect(mux.stats().errors).toBe(5);
  });

  it('has the capacity of the carrier', () => {
    const { carrier, mux } = start();
    carrier.capacity$.next(12);
    expect(mux.stats().capacity).toBe(12);
  });

  it.each([
    [
      'has failed',
      (carrier: TestCarrier) => {
        carrier.capacity$.error(new Error('the line is broken'));
      },
    ],
    [
      'takes no more',
      (carrier: TestCarrier) => {
        carrier.capacity$.complete();
      },
    ],
  ])('has no capacity where the carrier %s', (_, end) => {
    const { carrier, mux } = start();
    listen(mux.channels$);
    end(carrier);
    expect(mux.stats().capacity).toBe(0);
    expect(inspect(mux)).toContain('capacity: 0');
  });

  it('knows by how much windows have grown', async () => {
    const scheduler = new VirtualTimeScheduler();
    const { carrier, mux } = start({ scheduler, keepAlive: false });
    const channel = mux.open();
    listen(channel.inbound$);
    await carrier.hears();
    carrier.receive(wire.handshake(0, 1000));
    // The peer uses up its credit again and again, and its next byte comes a round trip after the grant.
    for (let sent = 0, window = 65_536; sent < 500_000; window = channel.receiveWindow$.value) {
      sent += window;
      carrier.receive(wire.data(0, sent, Buffer.alloc(window)));
      await carrier.hears();
      scheduler.frame += 20;
    }
    const { granted, budget } = mux.stats().windowBytes;
    expect(granted).toBeGreaterThan(0);
    expect(granted).toBeLessThanOrEqual(budget);
    expect(budget).toBe(33_554_432);
    mux.destroy();
    expect(mux.stats().windowBytes.granted).toBe(0);
  });

  it('knows the round trip from pings', async () => {
    const scheduler = new VirtualTimeScheduler();
    const { carrier, mux } = start({ scheduler, keepAlive: false, extensions: true });
    carrier.receive(wire.hello(0));
    const time = mux.ping();
    await carrier.hears();
    scheduler.frame = 35;
    carrier.receive(wire.pong(0));
    expect(await time).toBe(35);
    expect(mux.stats().roundTrip).toBe(35);
  });

  it('knows the round trip from bytes that are sent, where the peer has extensions', async () => {
    const { near, far } = muxPair({ delay: 4 });
    far.channels$.subscribe(({ inbound$ }) => inbound$.subscribe({ error: noop }));
    const { outbound$, closed$, inbound$ } = near.open();
    inbound$.subscribe({ error: noop });
    far.channels$.subscribe((channel) => {
      channel.outbound$.complete();
    });
    outbound$.next(Buffer.alloc(200_000));
    outbound$.complete();
    await firstValueFrom(closed$, { defaultValue: undefined });
    expect(near.stats().roundTrip).toBeGreaterThan(4);
    expect(far.stats().roundTrip).toBeUndefined(); // it has sent nothing that could be timed
    near.destroy();
    far.destroy();
  });
});

describe('util.inspect', () => {
  it('shows the essentials of a channel', async () => {
    const scheduler = new VirtualTimeScheduler();
    const { carrier, mux } = start({ scheduler, keepAlive: false });
    const channel = mux.open('prices');
    await carrier.hears();
    expect(inspect(channel, { breakLength: Infinity })).toBe(
      "Channel 0 'prices' { openedBy: 'local', states: { inbound: 'paused', outbound: 'open', handshake: 'answered'," +
        " peerHandshake: 'awaited' }, unread: 0, queued: 0 }",
    );
    carrier.receive(wire.handshake(0, 3), wire.data(0, 5, 'hello'));
    channel.outbound$.next('bytes');
    await carrier.hears();
    scheduler.frame = 40;
    expect(inspect(channel, { breakLength: Infinity })).toBe(
      "Channel 0 'prices' { openedBy: 'local', states: { inbound: 'paused', outbound: 'open', handshake: 'answered'," +
        " peerHandshake: 'come' }, unread: 5, queued: 2, blockedBy: 'credit', blockedFor: 40, unreadFor: 40 }",
    );
    expect(inspect(mux.open(), { breakLength: Infinity })).toMatch(/^Channel 1 \{ openedBy: 'local'/);
  });

  it.each([
    ['open', () => undefined],
    ['closing', (mux: Mux) => void mux.close()],
    [
      'ended',
      (_mux: Mux, carrier: TestCarrier) => {
        carrier.inbound$.complete();
      },
    ],
    [
      'finished',
      (_mux: Mux, carrier: TestCarrier) => {
        carrier.capacity$.complete();
      },
    ],
    [
      'closed',
      (mux: Mux) => {
        mux.destroy();
      },
    ],
  ])('shows the essentials of a mux that is %s', async (state, act) => {
    const { mux, carrier } = start();
    const channel = mux.open();
    await turn();
    carrier.receive(wire.handshake(0, 0), wire.end(0)); // so that the channel outlives the carrier's end
    channel.outbound$.next('x');
    carrier.receive(wire.status(0, 100, 0));
    act(mux, carrier);
    const { bytesIn, channels } = mux.stats();
    expect(inspect(mux, { breakLength: Infinity })).toMatch(
      `Mux { state: '${state}', bytesIn: ${bytesIn}, bytesOut: `,
    );
    expect(inspect(mux, { breakLength: Infinity })).toMatch(`channels: { open: ${channels.open},`);
  });

  it('says no more than what they are deep inside of other objects', () => {
    const { mux } = start();
    const shown = inspect({ a: { b: { c: { mux, channel: mux.open('x') } } } }, { breakLength: Infinity });
    expect(shown).toBe('{ a: { b: { c: [Object] } } }');
    expect(
      inspect({ mux, channel: mux.open('x', { channel: 4 }) }, { depth: 0, breakLength: Infinity }),
    ).toBe("{ mux: [Mux], channel: [Channel 4 'x'] }");
  });
});
