import { config } from 'rxjs';
import { type Channel, Mux, PeerError, toWebStream } from '../../src/index.js';
import { connected } from '../support/connected.js';
import { listen } from '../support/listen.js';
import { PLAIN_WIRE } from '../support/plain-wire.js';
import { TestCarrier, turn } from '../support/test-carrier.js';
import * as peer from '../support/wire.js';

/** A channel whose far end is the test. */
async function start(highWaterMark = 8) {
  const carrier = new TestCarrier();
  const mux = new Mux(carrier, PLAIN_WIRE);
  const channel = mux.open('', { highWaterMark, sendHighWaterMark: 8 });
  carrier.receive(peer.handshake(0, 8));
  await carrier.hears();
  return { carrier, mux, channel, ...toWebStream(channel) };
}

const text = (bytes: Uint8Array | undefined): string => Buffer.from(bytes ?? []).toString();

describe('toWebStream', () => {
  it('refuses what is no channel of a mux', () => {
    expect(() => toWebStream({} as Channel)).toThrow(new TypeError('channel must be a channel of a Mux'));
  });

  it('carries bytes both ways through pipes, and ends', async () => {
    const { local, peer: far } = connected();
    far.channels$.subscribe((channel) => {
      const { readable, writable } = toWebStream(channel);
      void readable.pipeTo(writable);
    });
    const { readable, writable } = toWebStream(local.open());
    const sent = Buffer.alloc(1_000_000, 'to and fro ');
    const received = new Response(readable.pipeThrough(new CompressionStream('gzip'))).arrayBuffer();
    await new Blob([sent]).stream().pipeTo(writable);
    const unzipped = new Response(
      new Blob([await received]).stream().pipeThrough(new DecompressionStream('gzip')),
    );
    expect(Buffer.from(await unzipped.arrayBuffer()).equals(sent)).toBe(true);
  });

  describe('readable', () => {
    it('grants a chunk to the peer when the next one is asked for, and reads nothing ahead', async () => {
      const { carrier, channel, readable } = await start();
      carrier.receive(peer.data(0, 8, 'somebody'));
      expect(await carrier.hears()).toEqual([]);
      expect(channel.receiveWindow$.value).toBe(0);
      const reader = readable.getReader();
      expect(text((await reader.read()).value)).toBe('somebody');
      expect(await carrier.hears()).toEqual([]);
      const next = reader.read();
      expect(await carrier.hears()).toEqual(['STATUS 0 free=8 seq=8']);
      carrier.receive(peer.end(0));
      expect(await next).toEqual({ done: true, value: undefined });
    });

    it.each([
      ['end', peer.end(0)],
      ['error', peer.errorEnd(0)],
    ])(
      'has consumed its last chunk when the %s of the peer comes: nobody asks for a next one',
      async (_how, end) => {
        const { carrier, channel, readable } = await start();
        const reader = readable.getReader();
        const read = reader.read();
        carrier.receive(peer.data(0, 8, 'somebody'));
        expect(text((await read).value)).toBe('somebody');
        expect(channel.stats().unread).toBe(8);
        carrier.receive(end);
        await reader.closed.catch(() => undefined);
        expect(channel.stats()).toMatchObject({ received: 8, consumed: 8, unread: 0, unreadFor: 0 });
      },
    );

    it('wants no more when it is cancelled', async () => {
      const { carrier, readable } = await start();
      await readable.cancel();
      carrier.receive(peer.data(0, 8, 'somebody'));
      expect(await carrier.hears()).toEqual(['STATUS 0 free=8 seq=8']);
    });

    it.each<[string, (started: Awaited<ReturnType<typeof start>>) => unknown]>([
      [
        'was cancelled, and the peer ends then',
        async ({ carrier, readable }) => {
          await readable.cancel();
          carrier.receive(peer.end(0));
        },
      ],
      [
        'has failed with unread bytes, and the channel is destroyed then',
        ({ carrier, channel }) => {
          carrier.receive(peer.data(0, 2, 'ab'));
          carrier.inbound$.error(new Error('lost'));
          channel.destroy();
        },
      ],
    ])('is not closed once more where it %s', async (_, act) => {
      const reported = jest.fn();
      jest.replaceProperty(config, 'onUnhandledError', reported);
      await act(await start());
      await new Promise((resolve) => setTimeout(resolve)); // as what is thrown is reported
      expect(reported).not.toHaveBeenCalled();
    });

    it('errors where the peer fails, after all bytes before', async () => {
      const { carrier, readable } = await start();
      carrier.receive(peer.data(0, 2, 'ab'), peer.errorEnd(0));
      const reader = readable.getReader();
      expect(text((await reader.read()).value)).toBe('ab');
      await expect(reader.read()).rejects.toThrow(PeerError);
    });

    describe('with a chunk whose read was given up', () => {
      async function startWithChunk() {
        const started = await start();
        const reader = started.readable.getReader();
        const read = reader.read();
        reader.releaseLock();
        await expect(read).rejects.toThrow('Releasing');
        started.carrier.receive(peer.data(0, 2, 'ab'));
        return started;
      }

      it('has it before the peer’s error', async () => {
        const { carrier, readable } = await startWithChunk();
        carrier.receive(peer.errorEnd(0));
        const reader = readable.getReader();
        expect(text((await reader.read()).value)).toBe('ab');
        await expect(reader.read()).rejects.toThrow(PeerError);
      });

      it('has it before the peer’s end', async () => {
        const { carrier, readable } = await startWithChunk();
        carrier.receive(peer.end(0));
        const reader = readable.getReader();
        expect(text((await reader.read()).value)).toBe('ab');
        expect((await reader.read()).done).toBe(true);
      });

      it.each<[string, (started: Awaited<ReturnType<typeof start>>, error: Error) => void]>([
        [
          'the connection is lost',
          ({ carrier }, error) => {
            carrier.inbound$.error(error);
          },
        ],
        [
          'the mux is destroyed',
          ({ mux }, error) => {
            mux.destroy(error);
          },
        ],
        [
          'the channel is destroyed',
          ({ channel }, error) => {
            channel.destroy(error);
          },
        ],
      ])('errors at once where %s, though nobody reads', async (_, act) => {
        const started = await startWithChunk();
        const error = new Error('broken');
        act(started, error);
        const reason: unknown = await started.readable.getReader().closed.catch((it: unknown) => it);
        expect([reason, (reason as Error).cause]).toContain(error);
      });
    });

    it('has no bytes any more where the connection is lost in the turn in which they are asked for', async () => {
      const reported = jest.fn();
      jest.replaceProperty(config, 'onUnhandledError', reported);
      const { carrier, readable } = await start();
      carrier.receive(peer.data(0, 2, 'ab'));
      const error = new Error('lost');
      const read = readable.getReader().read();
      carrier.inbound$.error(error);
      await expect(read).rejects.toMatchObject({ cause: error });
      await new Promise((resolve) => setTimeout(resolve)); // as what is thrown is reported
      expect(reported).not.toHaveBeenCalled();
    });

    it('still has the bytes before where the connection is lost after the peer’s end', async () => {
      const { carrier, readable } = await start();
      carrier.receive(peer.data(0, 2, 'ab'), peer.end(0));
      const reader = readable.getReader();
      carrier.inbound$.error(new Error('lost'));
      expect(text((await reader.read()).value)).toBe('ab');
      expect(await reader.read()).toEqual({ done: true, value: undefined });
    });
  });

  describe('writable', () => {
    it('takes bytes and strings, and makes the writer wait while the send queue is full', async () => {
      const { carrier, writable } = await start();
      const writer = writable.getWriter();
      await writer.write(Buffer.from('1234'));
      expect(await carrier.hears()).toEqual(['DATA 0 seq=4 "1234"']);
      const events: string[] = [];
      void writer.write('567890123456').then(() => events.push('written'));
      expect(await carrier.hears()).toEqual(['DATA 0 seq=8 "5678"']);
      expect(events).toEqual([]);
      carrier.receive(peer.status(0, 8, 8));
      expect(await carrier.hears()).toEqual(['DATA 0 seq=16 "90123456"']);
      expect(events).toEqual(['written']);
    });

    it('refuses what are no bytes', async () => {
      const { writable } = await start();
      await expect(writable.getWriter().write(7 as never)).rejects.toThrow(
        new TypeError('chunk must be a Uint8Array or a string, got 7'),
      );
    });

    it('ends its half with ERROR_END where it fails by what are no bytes, since nobody else would', async () => {
      const { carrier, mux, writable } = await start();
      await writable
        .getWriter()
        .write(7 as never)
        .catch(() => undefined);
      expect(await carrier.hears()).toEqual(['ERROR_END 0']);
      carrier.receive(peer.end(0));
      expect(mux.openChannels.size).toBe(0);
    });

    it('is closed when END has been handed on', async () => {
      const { carrier, writable } = await start();
      carrier.capacity$.next(0);
      let isClosed = false;
      const closing = writable.close().then(() => {
        isClosed = true;
      });
      await turn();
      expect(isClosed).toBe(false);
      carrier.capacity$.next(100);
      expect(await carrier.hears()).toEqual(['END 0']);
      await closing;
      expect(isClosed).toBe(true);
    });

    it('sends ERROR_END where it is aborted, and drops what waits', async () => {
      const { carrier, writable } = await start();
      const writer = writable.getWriter();
      await writer.write('12345678');
      await carrier.hears();
      await writer.abort(new Error('no more'));
      expect(await carrier.hears()).toEqual(['ERROR_END 0']);
    });

    it('errors with what breaks the channel, while a write waits, too', async () => {
      const { carrier, mux, channel, writable } = await start();
      const ended = listen(channel.closed$);
      const writer = writable.getWriter();
      const error = new Error('broken');
      writer.closed.catch(() => undefined);
      const waiting = writer.write('123456789012345678');
      await carrier.hears();
      mux.destroy(error);
      await waiting.catch(() => undefined);
      await expect(writer.write('more')).rejects.toBe(error);
      expect(ended).toEqual([error]);
    });
  });

  it('is a pair of streams of its runtime', async () => {
    const { readable, writable } = await start();
    expect(readable).toBeInstanceOf(ReadableStream);
    expect(writable).toBeInstanceOf(WritableStream);
  });
});
