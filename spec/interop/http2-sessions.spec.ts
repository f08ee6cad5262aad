import { BPMux, Http2Sessions as BpmuxSessions, type BPDuplex, type BPMuxOptions } from 'bpmux';
import { once } from 'node:events';
import { buffer, text } from 'node:stream/consumers';
import { firstValueFrom, lastValueFrom, map, type Observable, reduce } from 'rxjs';
import { type Channel, ChannelError, Mux, type MuxOptions, PeerError, toDuplex } from '../../src/index.js';
import { Http2Sessions } from '../../src/http2.js';
import { connectPairs, disconnectPairs } from '../support/http2-pairs.js';
import { listen } from '../support/listen.js';
import { bytesNamed, sha256 } from './support.js';

/** rxmux on one side, bpmux on the other, over a pair of HTTP/2 sessions. */
async function connected(options?: MuxOptions, bpmuxOptions?: BPMuxOptions) {
  const [near, far] = await connectPairs();
  const rxmux = new Mux(new Http2Sessions(near.client, near.server), options);
  const bpmux = new BPMux(new BpmuxSessions(far.client, far.server), bpmuxOptions);
  return { rxmux, bpmux, near, far };
}

const first = <T>(observable$: Observable<T>): Promise<T> => firstValueFrom(observable$);

/** All bytes, as text. */
const toText = (inbound$: Observable<Buffer>): Promise<string> =>
  lastValueFrom(inbound$.pipe(reduce((sum, chunk) => sum + chunk.toString(), '')));

/** The next channel that bpmux is asked for, with the data that it comes with. */
const accepted = async (bpmux: BPMux): Promise<[BPDuplex, Buffer]> => {
  const [duplex, data] = (await once(bpmux, 'handshake')) as [BPDuplex, Buffer];
  return [duplex, data];
};

describe('HTTP/2 sessions shared with bpmux', () => {
  afterEach(disconnectPairs);

  it('carry handshake data both ways where rxmux opens', async () => {
    const { rxmux, bpmux } = await connected();
    bpmux.on('handshake', (_duplex, data, delay) => {
      delay?.()(Buffer.from(`to ${data.toString()}`));
    });
    expect(String(await first(rxmux.open('rxmux').handshake$))).toBe('to rxmux');
  });

  it('carry handshake data both ways where bpmux opens', async () => {
    const { rxmux, bpmux } = await connected();
    rxmux.channels$.subscribe((channel) => {
      channel.accept(`to ${String(channel.handshake)}`);
    });
    const duplex = bpmux.multiplex({ handshake_data: Buffer.from('bpmux') });
    const [data] = (await once(duplex, 'handshake')) as [Buffer];
    expect(data.toString()).toBe('to bpmux');
  });

  it('let go of a channel that bpmux destroys before it has taken all, and of its number', async () => {
    const { rxmux, bpmux } = await connected();
    const asking = accepted(bpmux);
    const channel = rxmux.open('', { channel: 7 });
    const [duplex] = await asking;
    await first(channel.handshake$);
    channel.outbound$.next(Buffer.alloc(200_000));
    channel.outbound$.complete();
    duplex.destroy();
    await lastValueFrom(channel.closed$, { defaultValue: undefined });

    const again = accepted(bpmux);
    const next = rxmux.open('', { channel: 7 });
    await again;
    next.outbound$.complete();
    expect(await first(next.handshake$)).toEqual(Buffer.alloc(0));
  });

  it('carry ten channels with a megabyte each way at once, whoever opens', async () => {
    const { rxmux, bpmux } = await connected({ highChannels: true });
    bpmux.on('peer_multiplex', (duplex) => {
      duplex.pipe(duplex);
    });
    rxmux.channels$.pipe(map((channel) => toDuplex(channel))).subscribe((duplex) => {
      duplex.pipe(duplex);
    });
    const names = Array.from({ length: 10 }, (_, i) => `channel ${i}`);
    const sent = names.map((name) => bytesNamed(name, 1_048_576));
    const echoes = await Promise.all(
      sent.map((bytes, i) => {
        const duplex = i % 2 === 0 ? toDuplex(rxmux.open()) : bpmux.multiplex();
        duplex.end(bytes);
        return buffer(duplex);
      }),
    );
    expect(echoes.map(sha256)).toEqual(sent.map(sha256));
  });

  it('let a channel be delayed by either side, and half-closed', async () => {
    const { rxmux, bpmux } = await connected();
    const answered = first(
      rxmux.channels$.pipe(map((channel) => [channel, channel.delayHandshake()] as const)),
    );
    const duplex = bpmux.multiplex();
    duplex.end('question');
    const [channel, answer] = await answered;
    expect(await toText(channel.inbound$)).toBe('question');
    answer('late');
    channel.outbound$.next('answer');
    channel.outbound$.complete();
    expect(await text(duplex)).toBe('answer');

    bpmux.on('handshake', (asked, _data, delay) => {
      const answerIt = delay?.();
      asked.resume().on('end', () => {
        answerIt?.(Buffer.from('late'));
        asked.end('answer');
      });
    });
    const own = rxmux.open();
    own.outbound$.complete();
    expect(String(await first(own.inbound$))).toBe('answer');
    expect(String(own.handshake)).toBe('late');
  });

  it("tell of an error by bpmux's trailer, where rxmux opens", async () => {
    const { rxmux, bpmux } = await connected();
    const asking = accepted(bpmux);
    const channel = rxmux.open();
    const [duplex] = await asking;
    const failed = once(duplex, 'error');
    duplex.resume();
    channel.outbound$.error(new Error('mine'));
    const [error] = (await failed) as [Error];
    expect(error.message).toBe('peer error');
    // The other way bpmux sends no trailers with its responses, so that a channel which it has accepted just ends.
    duplex.end();
    await first(rxmux.removed$);
  });

  it("tell of an error by bpmux's trailer, both ways, where bpmux opens", async () => {
    const { rxmux, bpmux } = await connected();
    const opened = first(rxmux.channels$);
    const duplex = bpmux.multiplex();
    const channel = await opened;
    const heard = listen(channel.inbound$.pipe(map((chunk) => chunk.toString())));
    const failed = once(duplex, 'error');
    duplex.resume();
    channel.outbound$.error(new Error('mine'));
    const [error] = (await failed) as [Error];
    expect(error.message).toBe('peer error');
    duplex.write('bytes');
    duplex.peer_error_then_end();
    await first(rxmux.removed$);
    expect(heard).toEqual(['bytes', expect.any(PeerError)]);
  });

  it('refuse with the statuses of bpmux: 503 when full', async () => {
    const full = await connected({ maxOpen: 1 });
    full.rxmux.channels$.subscribe();
    full.bpmux.on('error', () => undefined);
    await once(full.bpmux.multiplex(), 'handshake');
    const refused = full.bpmux.multiplex();
    const [error] = (await once(refused, 'error')) as [Error & { status: number }];
    expect(error.status).toBe(503);

    const other = await connected({}, { max_open: 1 });
    await first(other.rxmux.open().handshake$);
    const heard = listen(other.rxmux.open().closed$);
    await first(other.rxmux.removed$);
    expect(heard).toEqual([expect.any(PeerError)]);
  });

  it('refuse with the statuses of bpmux: 409 for a number in use', async () => {
    const { rxmux, bpmux } = await connected();
    rxmux.channels$.subscribe();
    bpmux.on('error', () => undefined);
    await first(rxmux.open('', { channel: 5 }).handshake$);
    const [duplex] = [...bpmux.duplexes.values()];
    expect(duplex?.get_channel()).toBe(5);
    // bpmux opens another number, and then, behind its own back, that one again.
    await once(bpmux.multiplex({ channel: 6 }), 'handshake');
    (bpmux.duplexes as Map<number, BPDuplex>).delete(6);
    const again = bpmux.multiplex({ channel: 6 });
    const [error] = (await once(again, 'error')) as [Error & { status: number }];
    expect(error.status).toBe(409);
  });

  it('hold back a channel that nobody reads, and no other', async () => {
    const { rxmux, bpmux } = await connected();
    const opened: Channel[] = [];
    rxmux.channels$.subscribe((channel) => opened.push(channel));
    const [paused, running] = [bpmux.multiplex(), bpmux.multiplex()];
    await Promise.all([once(paused, 'handshake'), once(running, 'handshake')]);
    const bytes = bytesNamed('bytes', 2_000_000);
    paused.write(bytes);
    running.end(bytes);
    const [, right] = opened as [Channel, Channel];
    const reader = toDuplex(right);
    expect(sha256(await buffer(reader))).toBe(sha256(bytes));
    expect(paused.writableLength).toBeGreaterThan(0);
    for (const duplex of [paused, running, reader]) {
      duplex.on('error', () => undefined);
    }
  });

  describe('where rxmux knows more', () => {
    const extensions = true;

    it('answer pings, and tell of a GOAWAY', async () => {
      const { rxmux, bpmux, far } = await connected({ extensions });
      expect(await rxmux.ping()).toBeGreaterThanOrEqual(0);
      const asking = accepted(bpmux);
      const channel = rxmux.open();
      const [duplex] = await asking;
      far.server.close();
      await first(rxmux.goingAway$);
      expect(() => rxmux.open()).toThrow('the peer accepts no more channels');
      duplex.pipe(duplex);
      channel.outbound$.next('goes on');
      channel.outbound$.complete();
      expect(await toText(channel.inbound$)).toBe('goes on');
    });

    it.each(['rxmux', 'bpmux'])('leave bpmux as it is: where %s opens', async (opener) => {
      const { rxmux, bpmux, far } = await connected({ extensions });
      const errors = listen(rxmux.errors$);
      let channel: Channel;
      let duplex: BPDuplex;
      if (opener === 'rxmux') {
        const asking = accepted(bpmux);
        channel = rxmux.open();
        [duplex] = await asking;
      } else {
        const opened = first(rxmux.channels$);
        duplex = bpmux.multiplex();
        channel = await opened;
      }
      channel.cancel(); // it goes on sending, and what it sends is discarded
      const sent = new Promise((resolve) => duplex.write(Buffer.alloc(1_000_000), resolve));
      const failed = once(duplex.resume(), 'error');
      await sent;
      const closing = rxmux.close();
      channel.outbound$.error(new ChannelError('QUOTA', 'not for bpmux'));
      const [error] = (await failed) as [Error];
      expect(error.message).toBe('peer error');
      duplex.end();
      far.client.close();
      far.server.close();
      await closing;
      expect(errors).toEqual(['complete']);
    });

    it('refuse bpmux as ever while they close, and let what is open go on', async () => {
      const { rxmux, bpmux } = await connected({ extensions });
      bpmux.on('error', () => undefined);
      const opened = first(rxmux.channels$);
      const duplex = bpmux.multiplex();
      const channel = await opened;
      void rxmux.close();
      await rxmux.ping(); // so it would have heard of it
      const [error] = (await once(bpmux.multiplex(), 'error')) as [Error & { status: number }];
      expect(error.status).toBe(503);
      channel.outbound$.next('goes on');
      channel.outbound$.complete();
      duplex.end();
      expect(await text(duplex)).toBe('goes on');
    });
  });
});
