import { firstValueFrom } from 'rxjs';
import {
  HeaderTooBigError,
  Mux,
  type MuxError,
  type MuxOptions,
  PeerError,
  ReadOverflowError,
} from '../src/index.js';
import { PLAIN_WIRE } from './support/plain-wire.js';
import { TestCarrier, turn } from './support/test-carrier.js';
import * as peer from './support/wire.js';

/** A mux, its peer (the test), the channels that the peer has opened, and the faults that it has been told of. */
function start(options?: MuxOptions) {
  const carrier = new TestCarrier();
  const mux = new Mux(carrier, { ...PLAIN_WIRE, ...options });
  const faults: string[] = [];
  mux.errors$.subscribe((error: MuxError) => faults.push(`${error.message} (${error.channelId})`));
  return { carrier, mux, faults };
}

/** A channel of ours beside the trap: what it gets shows whether the stream is still in step. */
async function bystander(carrier: TestCarrier, mux: Mux): Promise<() => string> {
  const channel = mux.open('', { channel: 99 });
  let received = '';
  channel.inbound$.subscribe((chunk) => (received += chunk.toString()));
  await carrier.hears();
  carrier.receive(peer.handshake(99, 1000));
  let seq = 0;
  return () => {
    seq += 5;
    carrier.receive(peer.data(99, seq, 'alive'));
    return received;
  };
}

describe('traps of the protocol', () => {
  it('1: DATA for a channel that is gone is skipped with its payload, and the stream stays in step', async () => {
    const { carrier, mux, faults } = start();
    const check = await bystander(carrier, mux);
    const gone = mux.open();
    gone.outbound$.complete();
    await turn();
    carrier.receive(peer.handshake(0, 0), peer.end(0));
    expect(mux.openChannels.has(0)).toBe(false);
    carrier.receive(peer.data(0, 5, peer.end(99))); // a payload that looks like a header
    expect(check()).toBe('alive');
    expect(faults).toEqual(['data for no channel (0)']);
  });

  it('2: nothing but a HANDSHAKE makes a channel', async () => {
    const { carrier, mux, faults } = start();
    const check = await bystander(carrier, mux);
    carrier.receive(
      peer.status(1, 10, 0),
      peer.finishedStatus(2, 10, 0),
      peer.preHandshake(3, 10),
      peer.data(4, 1, 'x'),
      peer.end(5),
      peer.errorEnd(6),
    );
    expect([...mux.openChannels.keys()]).toEqual([99]);
    expect(check()).toBe('alive');
    // A FINISHED_STATUS can be late in all innocence, an END early.
    expect(faults).toEqual([
      'status for no channel (1)',
      'status for no channel (3)',
      'data for no channel (4)',
    ]);
  });

  it('2: remembers early ends for as many numbers as a peer may want to open at once, and forgets the oldest', async () => {
    const { carrier, mux } = start();
    const ended: number[] = [];
    mux.channels$.subscribe((channel) => {
      channel.inbound$.subscribe({ complete: () => ended.push(channel.id) });
    });
    carrier.receive(...Array.from({ length: 65_536 }, (_, number) => peer.end(number)));
    carrier.receive(peer.handshake(0, 0), peer.handshake(65_535, 0));
    expect(ended).toEqual([0, 65_535]);
    carrier.receive(...[65_536, 65_537].map(peer.end)); // in the place of the one taken, and one more
    carrier.receive(...[1, 65_534, 65_537].map((number) => peer.handshake(number, 0)));
    expect(ended).toEqual([0, 65_535, 65_534, 65_537]);
  });

  it('2: an early end counts for a number that this side then opens, too', async () => {
    const { carrier, mux } = start();
    carrier.receive(peer.end(5));
    const channel = mux.open('', { channel: 5 });
    let isComplete = false;
    channel.inbound$.subscribe({ complete: () => (isComplete = true) });
    carrier.receive(peer.handshake(5, 0));
    expect(isComplete).toBe(true);
  });

  it('2: a late FINISHED_STATUS says nothing about the next channel of that number', async () => {
    const { carrier, mux, faults } = start();
    const first = mux.open('', { channel: 5 });
    first.outbound$.complete();
    await turn();
    carrier.receive(peer.handshake(5, 0), peer.end(5));
    const second = mux.open('', { channel: 5 });
    carrier.receive(peer.finishedStatus(5, 16, 3));
    expect(second.sendWindow$.value).toBe(0);
    expect(faults).toEqual([]);
  });

  it('2: nor where that channel has been answered already, until the peer has ended it, too', async () => {
    const { carrier, mux, faults } = start();
    const channel = mux.open('', { channel: 5 });
    await turn();
    carrier.receive(peer.handshake(5, 10), peer.finishedStatus(5, 16, 30), peer.finishedStatus(5, 0, 2));
    expect(channel.sendWindow$.value).toBe(10);
    carrier.receive(peer.end(5), peer.finishedStatus(5, 16, 0));
    expect(channel.sendWindow$.value).toBe(16);
    expect(faults).toEqual([]);
  });

  it('3: an empty payload is a payload: the next frame is a header again', async () => {
    const { carrier, mux, faults } = start();
    const check = await bystander(carrier, mux);
    carrier.receive(peer.data(99, 0, ''));
    expect(check()).toBe('alive');
    expect(faults).toEqual([]);
  });

  it('3: which says nothing to the application', async () => {
    const { carrier, mux } = start();
    const channel = mux.open();
    let chunks = 0;
    channel.inbound$.subscribe(() => (chunks += 1));
    await turn();
    carrier.receive(peer.handshake(0, 0), peer.data(0, 0, ''), peer.data(0, 0, ''));
    expect(chunks).toBe(0);
  });

  it('4: headers and payloads may arrive in any number of parts', async () => {
    const { carrier, mux, faults } = start();
    const check = await bystander(carrier, mux);
    for (const byte of Buffer.concat([peer.data(99, 5, 'hello'), peer.keepAlive()])) {
      carrier.receive(Buffer.of(byte));
    }
    expect(check()).toBe('helloalive');
    expect(faults).toEqual([]);
  });

  it('5: a destroyed channel goes on granting credit, so that its peer can finish', async () => {
    const { carrier, mux } = start();
    const channel = mux.open('', { highWaterMark: 4 });
    await carrier.hears();
    carrier.receive(peer.handshake(0, 0), peer.data(0, 3, 'abc'));
    await carrier.hears();
    channel.destroy();
    expect(await carrier.hears()).toEqual(['STATUS 0 free=4 seq=3', 'END 0']);
    carrier.receive(peer.data(0, 7, 'defg'));
    expect(await carrier.hears()).toEqual(['FINISHED_STATUS 0 free=4 seq=7']);
    carrier.receive(peer.end(0));
    expect(mux.openChannels.size).toBe(0);
    expect(await carrier.hears()).toEqual([]);
  });

  it('6: a channel too many is refused on the wire, and its end is not taken for an early one', async () => {
    const { carrier, mux, faults } = start({ maxOpen: 1 });
    let full = 0;
    const opened: number[] = [];
    mux.full$.subscribe(() => (full += 1));
    mux.channels$.subscribe((channel) => opened.push(channel.id));
    carrier.receive(peer.handshake(0, 0), peer.handshake(1, 0));
    expect(await carrier.hears()).toEqual([
      'HANDSHAKE 1 free=0 ""',
      'ERROR_END 1',
      'HANDSHAKE 0 free=65536 ""',
    ]);
    expect(opened).toEqual([0]);
    expect(full).toBe(2); // reached, and one more was wanted

    // The refused peer still sends and ends; then the number is free again.
    carrier.receive(peer.data(1, 1, 'x'), peer.status(1, 5, 0), peer.end(1), peer.end(0));
    mux.openChannels.get(0)?.outbound$.complete();
    await turn();
    carrier.receive(peer.handshake(1, 0));
    expect(opened).toEqual([0, 1]);
    expect(mux.openChannels.get(1)?.receiveWindow$).toBeDefined();
    expect(faults).toEqual([]);
  });

  it('6: a refused opener fails both ways and lets go of what it was to send', async () => {
    const { carrier, mux } = start();
    const channel = mux.open();
    const errors: unknown[] = [];
    await turn();
    const error = (reason: unknown) => errors.push(reason);
    channel.inbound$.subscribe({ error });
    channel.outbound$.subscribe({ error });
    channel.closed$.subscribe({ error });
    channel.outbound$.next('never to be taken');
    carrier.receive(peer.handshake(0, 0), peer.errorEnd(0));
    expect(await carrier.hears()).toEqual(['HANDSHAKE 0 free=65536 ""', 'ERROR_END 0']);
    expect(errors).toEqual([expect.any(PeerError), expect.any(PeerError), expect.any(PeerError)]);
    expect(channel.bufferedAmount).toBe(0);
    expect(mux.openChannels.size).toBe(0);
  });

  it('7: frames stay large however many channels there are', async () => {
    const { carrier, mux } = start();
    const channels = Array.from({ length: 100 }, () => mux.open());
    carrier.receive(...channels.map(({ id }) => peer.handshake(id, 1_000_000)));
    await carrier.hears();
    for (const channel of channels) {
      channel.outbound$.next(Buffer.alloc(65_536));
    }
    expect(await carrier.hears()).toEqual(channels.map(({ id }) => `DATA ${id} seq=65536 <65536 bytes>`));
  });

  it('8: credit is granted for half a window at a time, not for every read', async () => {
    const { carrier, mux } = start();
    mux.open('', { highWaterMark: 100 }).inbound$.subscribe();
    carrier.receive(peer.handshake(0, 0));
    await carrier.hears();
    for (let seq = 1; seq <= 100; seq += 1) {
      carrier.receive(peer.data(0, seq, 'x'));
      await turn();
    }
    expect(await carrier.hears()).toEqual(['STATUS 0 free=100 seq=50', 'STATUS 0 free=100 seq=100']);
  });

  it('9: a peer that overruns the window breaks that channel, and no other', async () => {
    const { carrier, mux, faults } = start();
    const check = await bystander(carrier, mux);
    const channel = mux.open('', { highWaterMark: 4 });
    const errors: unknown[] = [];
    channel.inbound$.subscribe({ error: (error: unknown) => errors.push(error) });
    await turn();
    carrier.receive(peer.handshake(0, 100), peer.data(0, 5, 'abcde'));
    expect(errors).toEqual([new ReadOverflowError({ channelId: 0 })]);
    expect(check()).toBe('alive');
    expect(faults).toEqual(['too much data (0)']);
    expect(await carrier.hears()).toContain('ERROR_END 0');
  });

  it('9: which is reported once, and what overran the window is not delivered', async () => {
    const { carrier, mux, faults } = start();
    const channel = mux.open('', { highWaterMark: 4 });
    const received: string[] = [];
    channel.inbound$.subscribe({ next: (chunk) => received.push(chunk.toString()), error: () => undefined });
    await turn();
    carrier.receive(
      peer.handshake(0, 0),
      peer.data(0, 3, 'abc'),
      peer.data(0, 8, 'defgh'),
      peer.data(0, 99, 'ij'),
    );
    expect(received).toEqual(['abc']);
    expect(faults).toEqual(['too much data (0)']);
  });

  it('9: unless it is allowed to', async () => {
    const { carrier, mux, faults } = start();
    const channel = mux.open('', { highWaterMark: 4, checkReadOverflow: false });
    let received = '';
    await turn();
    carrier.receive(peer.handshake(0, 0), peer.data(0, 6, 'abcdef'));
    channel.inbound$.subscribe((chunk) => (received += chunk.toString()));
    await turn();
    expect(received).toBe('abcdef');
    expect(channel.receiveWindow$.value).toBe(4);
    expect(faults).toEqual([]);
  });

  it('10: the size of a header is limited, and a larger one skipped', async () => {
    const { carrier, mux, faults } = start({ maxHeaderSize: 20 });
    const check = await bystander(carrier, mux);
    const own = mux.open();
    carrier.receive(
      peer.handshake(5, 0, 'x'.repeat(12)), // whoever waits for this one is told
      peer.handshake(own.id, 0, 'x'.repeat(12)),
      peer.status(99, 5, 0), // fits
      peer.frame(2, 0, 0, 0, 99, ...Array.from({ length: 20 }, () => 0)),
    );
    expect(check()).toBe('alive');
    expect(faults).toEqual(['header too big (5)', 'header too big (0)', 'header too big (99)']);
    expect(await carrier.hears()).toEqual([
      'HANDSHAKE 5 free=0 ""',
      'ERROR_END 5',
      'HANDSHAKE 0 free=65536 ""',
      'ERROR_END 0',
    ]);
  });

  it('10: a channel whose answer is skipped ends when its peer ends it, be that before or after', async () => {
    const { carrier, mux } = start({ maxHeaderSize: 20 });
    const channels = [mux.open(), mux.open()];
    const failed = channels.map(({ handshake$ }) =>
      firstValueFrom(handshake$).catch((error: unknown) => error),
    );
    await turn();
    const tooBig = 'x'.repeat(12);
    carrier.receive(peer.end(0), peer.handshake(0, 0, tooBig), peer.handshake(1, 0, tooBig), peer.end(1));
    await turn();
    expect(await Promise.all(failed)).toEqual([expect.any(HeaderTooBigError), expect.any(HeaderTooBigError)]);
    expect(mux.openChannels.size).toBe(0);
  });
});
