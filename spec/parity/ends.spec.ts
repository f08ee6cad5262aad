import { type BPDuplex, BPMux } from 'bpmux';
import { type EventEmitter, once } from 'node:events';
import { filter, firstValueFrom, fromEvent, lastValueFrom, take, timeout, TimeoutError } from 'rxjs';
import { type Channel, Mux } from '../../src/index.js';
import {
  bytesNamed,
  connect,
  connectMuxes,
  connectSides,
  disconnect,
  openChannel,
  roles,
} from '../interop/support.js';
import { PLAIN_WIRE } from '../support/plain-wire.js';
import { TestCarrier } from '../support/test-carrier.js';
import * as wire from '../support/wire.js';
import { connectPair } from './pair.js';

afterEach(async () => {
  expect(await disconnect()).toEqual([]);
});

describe.each(roles)('ends of a channel that $opener has opened (rxmux: $face)', (role) => {
  it.each(['', 'all that there is'])('with an error may come before the handshake: "%s"', async (data) => {
    const { opener, acceptor } = await connectSides(role);
    const near = opener.open('hi');
    if (data !== '') {
      near.write(data);
    }
    near.endWithError(); // bpmux sends ERROR_END before HANDSHAKE where there is no data
    const { far, received } = await acceptor.acceptWith((far) => ({ far, received: far.receive() }));
    expect(await far.handshake()).toBe('hi');
    expect(await received).toEqual({ bytes: Buffer.from(data), error: 'peer error' });
    far.end();
    await Promise.all([near.receive(), near.removed, far.removed]);
    expect([opener.openCount, acceptor.openCount]).toEqual([0, 0]);
  });

  it.each(['opener', 'acceptor'])('are two: the %s destroys it before the other has ended', async (first) => {
    const { opener, acceptor } = await connectSides(role);
    const ends = await openChannel({ opener, acceptor });
    const [early, late] = first === 'opener' ? ends : [ends[1], ends[0]];
    early.end();
    early.destroy();
    expect(await late.receive()).toEqual({ bytes: Buffer.alloc(0), error: undefined });
    expect([opener.openCount, acceptor.openCount]).toEqual([1, 1]);
    late.end();
    await Promise.all([early.removed, late.removed]);
    expect([opener.openCount, acceptor.openCount]).toEqual([0, 0]);
  });

  it.each(['opener', 'acceptor'])('are two: the %s destroys it after the other has ended', async (last) => {
    const { opener, acceptor } = await connectSides(role);
    const ends = await openChannel({ opener, acceptor });
    const [late, early] = last === 'opener' ? ends : [ends[1], ends[0]];
    early.end();
    await late.receive();
    expect([opener.openCount, acceptor.openCount]).toEqual([1, 1]);
    late.destroy();
    await Promise.all([early.receive(), early.removed, late.removed]);
    expect([opener.openCount, acceptor.openCount]).toEqual([0, 0]);
  });
});

describe('a channel whose peer is bpmux', () => {
  it('can be given up where bpmux has destroyed its stream and takes no more', async () => {
    const { rxmux, bpmux } = await connectMuxes('Subjects');
    const near = rxmux.mux.open('', { channel: 1 });
    const far = await bpmux.accept();
    far.destroy();
    near.outbound$.next(bytesNamed('more than bpmux takes', 1_000_000));
    await lastValueFrom(near.inbound$, { defaultValue: undefined });
    await firstValueFrom(near.sendWindow$.pipe(filter((credit) => credit === 0)));

    const reason = new Error('no longer wanted');
    near.destroy(reason);
    await expect(firstValueFrom(near.closed$)).rejects.toBe(reason);
    await far.removed;
    expect([rxmux.openCount, bpmux.openCount]).toEqual([0, 0]);
  });

  it('can be given up where bpmux has no room for it, which takes no notice', async () => {
    const [near, far] = await connect();
    const mux = new Mux(near, { keepAlive: false });
    const bpmux = new BPMux(far, { keep_alive: false, max_open: 1 });
    bpmux.on('peer_multiplex', (duplex) => duplex.on('error', () => undefined));
    const full = lastValueFrom(fromEvent(bpmux as EventEmitter, 'full').pipe(take(2)));
    mux.open();
    const unanswered = mux.open();
    await full; // reached, and one more was wanted
    const handshake = firstValueFrom(unanswered.handshake$.pipe(timeout({ first: 1 })));
    await expect(handshake).rejects.toBeInstanceOf(TimeoutError);
    const inbound = lastValueFrom(unanswered.inbound$);
    unanswered.destroy(new Error('no answer'));
    await expect(inbound).rejects.toThrow('no answer');
    mux.destroy();
  });

  it('has no credit but its own where bpmux reads the rest of the channel that had its number before', async () => {
    const { rxmux, bpmux, multiplex, faults } = await connectPair({
      bpmux: { peer_multiplex_options: { highWaterMark: 100 } },
    });
    const open = async (): Promise<[Channel, BPDuplex]> => {
      const arrival = once(bpmux, 'handshake') as Promise<[BPDuplex]>;
      const near = rxmux.open('', { channel: 1 });
      const [far] = await arrival;
      await lastValueFrom(near.handshake$);
      return [near, far];
    };
    const [before, unread] = await open();
    const removed = once(bpmux, 'removed');
    before.outbound$.next(bytesNamed('as much as bpmux takes', 100));
    before.outbound$.complete();
    unread.end();
    await lastValueFrom(before.closed$, { defaultValue: undefined });
    await removed;

    const [near, far] = await open();
    const behind = firstValueFrom(rxmux.channels$);
    const isRead = once(unread, 'end');
    unread.resume();
    await isRead;
    multiplex();
    await behind;
    expect(near.sendWindow$.value).toBe(100);
    const sent = bytesNamed('more than bpmux takes', 250);
    near.outbound$.next(sent);
    near.outbound$.complete();
    expect(Buffer.concat(await far.toArray())).toEqual(sent);
    expect(faults).toEqual([]);
  });
});

describe('a carrier that has finished', () => {
  it('gets no handshake, no data and no end any more', async () => {
    const carrier = new TestCarrier();
    const mux = new Mux(carrier, PLAIN_WIRE);
    mux.channels$.subscribe((channel) => channel.delayHandshake());
    const channel = mux.open();
    carrier.receive(wire.handshake(0, 100), wire.handshake(1, 100));
    await carrier.hears();
    const delayed = mux.openChannels.get(1);
    mux.open('on its way');
    channel.outbound$.next('on its way');
    carrier.capacity$.complete();
    delayed?.accept('too late');
    channel.outbound$.next('too late');
    channel.outbound$.complete();
    channel.destroy();
    expect(await carrier.hears()).toEqual([]);
  });
});
