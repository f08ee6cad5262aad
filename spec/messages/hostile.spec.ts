import { bytes, MessageTooBigError, toMessages } from '../../src/messages.js';
import { Mux } from '../../src/index.js';
import { bytesInUse } from '../hostile/support/heap.js';
import { listen } from '../support/listen.js';
import { PLAIN_WIRE } from '../support/plain-wire.js';
import { TestCarrier, turn } from '../support/test-carrier.js';
import * as wire from '../support/wire.js';
import { framed } from './support.js';

const MIB = 1024 * 1024;

/** A peer that opens `channels` channels, and sends `payload` on each, in pieces, to consumers of messages. */
async function attacked(channels: number, payload: Buffer, piece = payload.length) {
  const carrier = new TestCarrier();
  const mux = new Mux(carrier, PLAIN_WIRE);
  const errors: unknown[] = [];
  const delivered: unknown[] = [];
  mux.channels$.subscribe((channel) => {
    toMessages(channel, bytes()).inbound$.subscribe({
      next: (value) => delivered.push(value),
      error: (error: unknown) => errors.push(error),
    });
  });
  for (let number = 0; number < channels; number += 1) {
    carrier.receive(wire.handshake(number, 0));
  }
  await turn();
  const before = await bytesInUse();
  for (let seq = piece; seq <= payload.length; seq += piece) {
    for (let number = 0; number < channels; number += 1) {
      carrier.receive(wire.data(number, seq, payload.subarray(seq - piece, seq)));
    }
  }
  await turn();
  carrier.said.length = 0;
  carrier.writes.length = 0;
  const kept = (await bytesInUse()) - before;
  return { carrier, mux, errors, delivered, kept };
}

describe('a peer that means harm', () => {
  it('has no memory kept for lengths that it only claims', async () => {
    const claim = Buffer.concat([framed(Buffer.alloc(MIB)).subarray(0, 4), Buffer.from('x')]);
    const { mux, errors, kept } = await attacked(2000, claim); // of 2000 MiB
    expect(kept).toBeLessThan(4 * MIB);
    expect(errors).toEqual([]);
    mux.destroy();
  });

  it('has no more kept for what it sends byte by byte than twice that, and what each channel takes', async () => {
    const { mux, kept } = await attacked(20, framed(Buffer.alloc(MIB)).subarray(0, 20_000), 1);
    expect(kept).toBeLessThan(20 * 2 * 20_000 + MIB);
    mux.destroy();
  });

  it('has nothing kept of messages that are too big, on no channel but those that fail', async () => {
    const { mux, errors, delivered, kept } = await attacked(200, Buffer.from([255, 255, 255, 255, 1, 2, 3]));
    expect([errors.length, delivered]).toEqual([200, []]);
    expect(errors[0]).toBeInstanceOf(MessageTooBigError);
    expect(kept).toBeLessThan(MIB);
    expect(mux.openChannels.size).toBe(200); // until it has ended them
    mux.destroy();
  });

  it('is not granted more while it sends messages that nobody takes, however small', async () => {
    const carrier = new TestCarrier();
    const channel = new Mux(carrier, PLAIN_WIRE).open('', { highWaterMark: 1000, maxHighWaterMark: 1000 });
    await turn();
    carrier.receive(wire.handshake(0, 100));
    await carrier.hears();
    const heard = listen(toMessages(channel, bytes()).deliveries$);
    const empty = framed(...Array.from({ length: 250 }, () => ''));
    carrier.receive(wire.data(0, 1000, empty));
    expect(heard).toHaveLength(250);
    expect(await carrier.hears()).toEqual([]);
  });
});
