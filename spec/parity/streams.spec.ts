import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { decode, encode } from 'frame-stream';
import { PassThrough, Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { firstValueFrom } from 'rxjs';
import { Mux } from '../../src/index.js';
import { bytesNamed, connect, disconnect, sha256 } from '../interop/support.js';
import { PLAIN_WIRE } from '../support/plain-wire.js';
import { TestCarrier, turn } from '../support/test-carrier.js';
import * as wire from '../support/wire.js';
import { connectStreams, pairOn, streamOf, type Streams, writers } from './pair.js';

let faults: string[] = [];

const connected = async (...args: Parameters<typeof connectStreams>): Promise<Streams> => {
  const streams = await connectStreams(...args);
  faults = streams.faults;
  return streams;
};

beforeEach(() => {
  faults = [];
});

afterEach(async () => {
  expect(faults).toEqual([]);
  await disconnect();
});

/** What there is to say on the connection has been said: another channel has been there and back. */
async function roundTrip({ rxmux, bpmux }: Streams): Promise<void> {
  bpmux.once('peer_multiplex', (duplex) => duplex.pipe(duplex));
  const { inbound$, outbound$ } = rxmux.open();
  outbound$.next('ping');
  await firstValueFrom(inbound$);
}

/** Reads all there is. */
function readAll(stream: Streams['reader'], sendStatus?: boolean): Buffer {
  const chunks: Buffer[] = [];
  for (let chunk; (chunk = stream.read(undefined, sendStatus)) !== null;) {
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

describe.each(writers)('a stream that %s writes to and the other reads', (writing) => {
  it('carries chunks of hundreds of sizes, read in hundreds of sizes, with waits at each full buffer', async () => {
    const { writer, reader } = await connected(writing, 1024);
    const [written, read] = [createHash('sha256'), createHash('sha256')];
    let size = 1;
    reader.on('readable', () => {
      for (let chunk; (chunk = reader.read(size)) !== null; size += 1) {
        read.update(chunk);
      }
    });
    const ended = once(reader, 'end');
    let waits = 0;
    for (let bytes = 0; bytes < 700; bytes += 1) {
      const chunk = bytesNamed('chunk', bytes);
      written.update(chunk);
      if (!writer.write(chunk)) {
        expect(writer.writableLength).toBeLessThan(1024 + 700);
        waits += 1;
        await once(writer, 'drain');
      }
    }
    writer.end();
    await ended;
    expect(read.digest('hex')).toBe(written.digest('hex'));
    expect(waits).toBeGreaterThan(100);
    expect(size).toBeGreaterThan(500);
  });

  it('carries small chunks, with a pause after each, by the options that both have by default', async () => {
    const { writer, reader } = await connected(writing, undefined, {
      rxmux: { keepAlive: 30_000 },
      bpmux: { keep_alive: 30_000 },
    });
    const received = buffer(reader);
    const chunks = Array.from({ length: 200 }, (_, i) => bytesNamed('chunk', 1 + i));
    for (const chunk of chunks) {
      writer.write(chunk);
      await turn();
    }
    writer.end();
    expect(sha256(await received)).toBe(sha256(Buffer.concat(chunks)));
  });

  it('waits for credit that the reader holds back, until a read(0)', async () => {
    const streams = await connected(writing, 100);
    const { writer, reader } = streams;
    const bytes = bytesNamed('bytes', 101);
    writer.write(bytes);
    while (reader.readableLength < 100) {
      await once(reader, 'readable');
    }
    const received = [readAll(reader, false)];
    await roundTrip(streams);
    expect(readAll(reader, false)).toHaveLength(0);

    expect(reader.read(0)).toBeNull();
    await once(reader, 'readable');
    received.push(readAll(reader));
    expect(Buffer.concat(received)).toEqual(bytes);
  });

  it('can be piped into two others, each with all of it', async () => {
    const { writer, reader } = await connected(writing);
    const bytes = bytesNamed('bytes', 300_000);
    const copies = [new PassThrough(), new PassThrough()];
    for (const copy of copies) {
      reader.pipe(copy);
    }
    Readable.from([bytes]).pipe(writer);
    for (const copy of await Promise.all(copies.map((copy) => buffer(copy)))) {
      expect(sha256(copy)).toBe(sha256(bytes));
    }
  });

  it('carries the frames of frame-stream, each as a whole', async () => {
    const { writer, reader } = await connected(writing);
    const [outbound, inbound] = [encode(), decode()];
    outbound.pipe(writer);
    reader.pipe(inbound);
    const frames = [40_000, 1, 70_000].map((size) => bytesNamed('frame', size));
    for (const frame of frames) {
      outbound.write(frame);
    }
    outbound.end();
    const received: Buffer[] = [];
    inbound.on('data', (frame: Buffer) => received.push(frame));
    await once(inbound, 'end');
    expect(received.map(sha256)).toEqual(frames.map(sha256));
  });
});

describe('a stream of rxmux', () => {
  it('takes bytes back by unshift without an overrun, and goes on', async () => {
    const { writer, reader } = await connected('bpmux', 100);
    const bytes = bytesNamed('bytes', 1000);
    writer.end(bytes);
    await once(reader, 'readable');
    reader.unshift(reader.read(10));
    reader.unshift(Buffer.from('more than there was: '));
    expect(await buffer(reader)).toEqual(Buffer.concat([Buffer.from('more than there was: '), bytes]));
  });

  it('grants what a read of more than the window asks for', async () => {
    const streams = await connected('bpmux', 100);
    const { writer, reader } = streams;
    const bytes = bytesNamed('bytes', 150);
    writer.end(bytes);
    while (reader.readableLength < 100) {
      await once(reader, 'readable');
    }
    expect(reader.read(150)).toBeNull();
    await roundTrip(streams);
    expect(reader.read(150)).toEqual(bytes);
  });

  it('gets all from a bpmux peer that waits for credit after each max_write_size, whatever the window', async () => {
    const streams = await connected('bpmux', 65_536);
    const arrival = firstValueFrom(streams.rxmux.channels$);
    streams.multiplex({ max_write_size: 16 }).end('x'.repeat(16_384));
    expect(await buffer(streamOf(await arrival))).toHaveLength(16_384);
  });

  it('fails where it is written to after its end, and so does the peer, which may not have got all', async () => {
    const { writer, reader } = await connected('rxmux');
    const failures = [once(writer, 'error'), once(reader, 'error')];
    writer.end('12345');
    writer.write('6');
    expect(await Promise.all(failures)).toEqual([
      [expect.objectContaining({ code: 'ERR_STREAM_WRITE_AFTER_END' })],
      [expect.objectContaining({ message: 'peer error' })],
    ]);
  });

  it('sends nothing for a write of nothing', async () => {
    const carrier = new TestCarrier();
    const channel = new Mux(carrier, PLAIN_WIRE).open();
    const stream = streamOf(channel);
    await turn();
    carrier.receive(wire.handshake(0, 100));
    await carrier.hears();
    channel.outbound$.next('');
    channel.outbound$.next(new Uint8Array());
    await new Promise<void>((resolve) => {
      stream.write('', () => {
        resolve();
      });
    });
    expect(await carrier.hears()).toEqual([]);
    stream.write('x');
    await turn();
    expect(await carrier.hears()).toEqual(['DATA 0 seq=1 "x"']);
  });

  it('writes at most maxWriteSize at once, whichever side has opened it', async () => {
    const [near, far] = await connect();
    const pair = pairOn([near, far], { rxmux: { peerChannelOptions: { maxWriteSize: 16 } } });
    faults = pair.faults;
    const said: string[] = [];
    const wireReader = new wire.WireReader();
    far.on('data', (bytes: Buffer) => said.push(...wireReader.read(bytes)));

    pair.rxmux.channels$.subscribe((channel) => channel.inbound$.subscribe(channel.outbound$));
    pair.bpmux.on('handshake', (duplex, _data, delay) => {
      if (delay !== null) {
        duplex.pipe(duplex);
      }
    });
    for (const stream of [
      pair.multiplex({ channel: 0 }),
      streamOf(pair.rxmux.open('', { channel: 1, maxWriteSize: 16 })),
    ]) {
      stream.end('x'.repeat(64));
      expect(await buffer(stream)).toHaveLength(64);
    }
    const sixteen = '"xxxxxxxxxxxxxxxx"';
    expect(said.filter((message) => message.startsWith('DATA'))).toEqual(
      [0, 1].flatMap((channel) => [16, 32, 48, 64].map((seq) => `DATA ${channel} seq=${seq} ${sixteen}`)),
    );
  });
});
