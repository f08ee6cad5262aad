import { once } from 'node:events';
import { buffer, text } from 'node:stream/consumers';
import { firstValueFrom, map, VirtualTimeScheduler } from 'rxjs';
import type { BPMuxOptions } from 'bpmux';
import { Mux, MuxFullError, type MuxOptions } from '../../src/index.js';
import { bytesNamed, disconnect, sha256 } from '../interop/support.js';
import { PLAIN_WIRE } from '../support/plain-wire.js';
import { TestCarrier } from '../support/test-carrier.js';
import { connectPair, connectStreams, streamOf } from './pair.js';

afterEach(async () => {
  expect(await disconnect()).toEqual([]);
});

describe('maxOpen', () => {
  it('counts the channels of both sides, and has room again when one is removed', async () => {
    const { rxmux, multiplex } = await connectPair({ rxmux: { maxOpen: 2 }, bpmux: { high_channels: true } });
    let full = 0;
    rxmux.full$.subscribe(() => (full += 1));
    const own = rxmux.open();
    const arrival = firstValueFrom(rxmux.channels$);
    const theirs = multiplex();
    const channel = await arrival;
    expect(full).toBe(1); // reached

    expect(() => rxmux.open()).toThrow(new MuxFullError());
    const refused = multiplex();
    expect((await once(refused, 'error'))[0]).toMatchObject({ message: 'peer error' });
    expect(full).toBe(3); // and two more were wanted

    const removed = firstValueFrom(rxmux.removed$);
    channel.outbound$.complete();
    theirs.resume().end();
    expect(await removed).toBe(channel);
    const next = rxmux.open('', { channel: 7 });
    expect([...rxmux.openChannels.values()]).toEqual([own, next]);
  });
});

describe('maxHeaderSize', () => {
  const data = bytesNamed('handshake data', 2 ** 20);

  it('has bpmux refused a channel with more handshake data, and every other carries on', async () => {
    const { rxmux, multiplex, faults } = await connectPair();
    rxmux.channels$.subscribe(({ outbound$, handshake }) => {
      outbound$.next(`hello ${String(handshake)}`);
      outbound$.complete();
    });
    const tooBig = multiplex({ handshake_data: data });
    expect((await once(tooBig, 'error'))[0]).toMatchObject({ message: 'peer error' });
    expect(faults).toEqual(['rxmux: header too big']);
    expect(await text(multiplex({ handshake_data: Buffer.from('bpmux') }))).toBe('hello bpmux');
  });

  it('takes as much as bpmux sends where it is 0', async () => {
    const { rxmux, multiplex, faults } = await connectPair({ rxmux: { maxHeaderSize: 0 } });
    const arrival = firstValueFrom(rxmux.channels$.pipe(map(({ handshake }) => handshake)));
    multiplex({ handshake_data: data });
    expect(sha256((await arrival) ?? Buffer.of())).toBe(sha256(data));
    expect(faults).toEqual([]);
  });
});

describe('keepAlive', () => {
  it('is never sent, and no timer runs, where it is false', async () => {
    const carrier = new TestCarrier();
    const scheduler = new VirtualTimeScheduler();
    const mux = new Mux(carrier, { ...PLAIN_WIRE, scheduler });
    scheduler.flush();
    expect(scheduler.frame).toBe(0);
    expect(await carrier.hears()).toEqual([]);
    mux.destroy();
  });
});

describe('options that both ends must agree on', () => {
  const littleEndian = {
    getLength: (bytes: Buffer): number => bytes.readUInt32LE(0),
    setLength: (bytes: Buffer, length: number): void => void bytes.writeUInt32LE(length, 0),
  };
  it.each<[string, MuxOptions, BPMuxOptions]>([
    ['lengths of 1 byte', { framing: { lengthSize: 1 } }, { lengthSize: 1 }],
    ['lengths of 2 bytes', { framing: { lengthSize: 2 } }, { lengthSize: 2 }],
    ['lengths of their own kind', { framing: littleEndian }, littleEndian],
  ])('are those of the framing: %s', async (_what, rxmuxOptions, bpmuxOptions) => {
    const { rxmux, bpmux, faults } = await connectPair({ rxmux: rxmuxOptions, bpmux: bpmuxOptions });
    bpmux.on('handshake', (duplex) => duplex.pipe(duplex));
    const data = bytesNamed('data', 50_000);
    // bpmux does not mind what a length can tell, but it does mind the window.
    const stream = streamOf(rxmux.open('hi', { highWaterMark: 255 }));
    stream.end(data);
    expect(sha256(await buffer(stream))).toBe(sha256(data));
    expect(faults).toEqual([]);
  });

  it.each([
    [true, false],
    [false, true],
  ])('are not those of coalesced writes: %s here, %s there', async (coalesceWrites, coalesce_writes) => {
    const { rxmux, bpmux, faults } = await connectPair({
      rxmux: { coalesceWrites },
      bpmux: { coalesce_writes },
    });
    bpmux.on('handshake', (duplex) => duplex.pipe(duplex));
    const data = bytesNamed('data', 300_000);
    const streams = Array.from({ length: 3 }, () => streamOf(rxmux.open()));
    for (const stream of streams) {
      stream.end(data);
    }
    for (const echo of await Promise.all(streams.map((stream) => buffer(stream)))) {
      expect(sha256(echo)).toBe(sha256(data));
    }
    expect(faults).toEqual([]);
  });
});

describe('counts of bytes that wrap at 2^32', () => {
  it('are understood from bpmux, in DATA and for the credit that it waits for', async () => {
    const { writer, reader, faults } = await connectStreams('bpmux', 100);
    Object.assign(writer, { _seq: 2 ** 32 - 250 }); // bpmux's count of what it has sent
    const data = bytesNamed('data', 1000);
    writer.end(data);
    expect(await buffer(reader)).toEqual(data);
    expect(faults).toEqual([]);
  });

  it('go on in a channel that carries more than 4 GiB', async () => {
    const [near, far] = [new TestCarrier(), new TestCarrier()];
    // The bytes themselves are passed by reference.
    near.write = (chunks) => {
      queueMicrotask(() => {
        for (const chunk of chunks) {
          far.inbound$.next(chunk);
        }
      });
    };
    far.write = (chunks) => {
      queueMicrotask(() => {
        near.inbound$.next(Buffer.concat(chunks));
      });
    };
    const [sender, receiver] = [near, far].map((carrier) => new Mux(carrier, { keepAlive: false }));
    let received = 0;
    const over = new Promise<void>((resolve) => {
      receiver?.channels$.subscribe(({ inbound$ }) => {
        inbound$.subscribe({ next: (chunk) => (received += chunk.length), complete: resolve });
      });
    });
    const channel = sender?.open();
    const megabytes = Buffer.alloc(2 ** 24);
    for (let i = 0; i < 257; i += 1) {
      channel?.outbound$.next(megabytes);
    }
    channel?.outbound$.complete();
    await over;
    expect(received).toBe(257 * 2 ** 24);
  });
});
