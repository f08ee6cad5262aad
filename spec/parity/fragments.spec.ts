import { once } from 'node:events';
import { Duplex, PassThrough } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { filter, firstValueFrom } from 'rxjs';
import { bytesNamed, connect, disconnect, sha256 } from '../interop/support.js';
import { duplexPair } from '../support/connected.js';
import { turn } from '../support/test-carrier.js';
import { type Pair, pairOn, streamOf, writers } from './pair.js';

/** The near end of a connection, which delivers what it receives in fragments, each in a turn of its own. */
class Fragmented extends Duplex {
  received = 0;

  /** @param cut - gives the fragments of a chunk, which begins after `start` bytes */
  constructor(
    private readonly near: Duplex,
    private readonly cut: (chunk: Buffer, start: number) => Iterable<Buffer>,
  ) {
    super();
    this.deliver().catch((error: unknown) => this.destroy(error as Error));
  }

  override _read(): void {
    // Fragments are pushed as they come.
  }

  override _write(chunk: Buffer, encoding: BufferEncoding, callback: (error?: Error | null) => void): void {
    this.near.write(chunk, encoding, callback);
  }

  override _final(callback: () => void): void {
    this.near.end(callback);
  }

  private async deliver(): Promise<void> {
    for await (const chunk of this.near.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
      const start = this.received;
      this.received += chunk.length;
      for (const fragment of this.cut(chunk, start)) {
        this.push(fragment);
        await turn();
      }
    }
    this.push(null);
  }
}

/** Cuts once, behind the first `at` bytes of all. */
const cutAt =
  (at: number) =>
  (chunk: Buffer, start: number): Buffer[] =>
    at > start && at < start + chunk.length
      ? [chunk.subarray(0, at - start), chunk.subarray(at - start)]
      : [chunk];

/** Cuts everything into pieces. */
const piecesOf = (size: number) =>
  function* (chunk: Buffer): Generator<Buffer> {
    for (let start = 0; start < chunk.length; start += size) {
      yield chunk.subarray(start, start + size);
    }
  };

/** Says something both ways, and ends both ways. Returns what the opener gets. */
async function converse(opener: (typeof writers)[number], pair: Pair): Promise<string> {
  const { rxmux, bpmux } = pair;
  const said: string[] = [];
  bpmux.on('handshake', (duplex, data, delay) => {
    if (delay !== null) {
      said.push(data.toString());
      duplex.pipe(new PassThrough()).pipe(duplex);
    }
  });
  rxmux.channels$.subscribe((channel) => {
    said.push(String(channel.handshake));
    channel.inbound$.subscribe(channel.outbound$);
  });
  const near =
    opener === 'rxmux'
      ? streamOf(rxmux.open('who are you?'))
      : pair.multiplex({ handshake_data: Buffer.from('who are you?') });
  near.write('a few bytes');
  await once(near, 'readable');
  said.push(String(near.read()));
  near.end(', and a few more');
  said.push(String(await buffer(near)));
  return said.join('');
}

describe.each(writers)('fragmented data in a conversation that %s begins', (opener) => {
  it('is understood wherever the carrier cuts it', async () => {
    const expected = 'who are you?a few bytes, and a few more';
    let total = 1000; // more than there are: the first time through tells
    for (let at = 0; at < total; at += 1) {
      const [near, far] = duplexPair();
      const carrier = new Fragmented(near, cutAt(at));
      const pair = pairOn([carrier, far]);
      expect([at, await converse(opener, pair), pair.faults]).toEqual([at, expected, []]);
      total = carrier.received;
    }
    expect(total).toBeGreaterThan(70);
  });
});

describe('fragmented data of a transfer', () => {
  const lookAt = (): void => undefined;
  afterEach(disconnect);

  const data = bytesNamed('data', 24_576); // more than two windows

  it.each([
    { size: 1, reading: 'as it comes' },
    { size: 30, reading: 'as it comes' },
    { size: 30, reading: 'after a read(0)' },
    { size: 1009, reading: 'after a read(0)' },
  ])('comes through in pieces of $size bytes that are read $reading', async ({ size, reading }) => {
    const [near, far] = await connect();
    const pair = pairOn([new Fragmented(near, piecesOf(size)), far], {
      rxmux: { peerChannelOptions: { highWaterMark: 10_000 } },
    });
    const arrival = firstValueFrom(pair.rxmux.channels$);
    pair.multiplex().end(data);
    const reader = streamOf(await arrival);
    if (reading === 'after a read(0)') {
      reader.on('readable', lookAt); // only while somebody waits for it does the read buffer fill
      await once(reader, 'readable');
      expect(reader.read(0)).toBeNull();
      await firstValueFrom(reader.channel.receiveWindow$.pipe(filter((bytes) => bytes === 0)));
      expect(reader.readableLength).toBe(10_000); // granting nothing that has not been read
      reader.off('readable', lookAt);
    }
    expect(sha256(await buffer(reader))).toBe(sha256(data));
    reader.end();
    expect(pair.faults).toEqual([]);
  });
});
