import { once } from 'node:events';
import { type Duplex, PassThrough, pipeline, Readable } from 'node:stream';
import { buffer, text } from 'node:stream/consumers';
import { pipeline as pipelined } from 'node:stream/promises';
import { config, firstValueFrom, lastValueFrom, map, Subject } from 'rxjs';
import {
  type Channel,
  type ChannelOptions,
  Mux,
  MuxClosedError,
  PeerError,
  StoppedError,
  toDuplex,
} from '../../src/index.js';
import { connected } from '../support/connected.js';
import { listen } from '../support/listen.js';
import { PLAIN_WIRE } from '../support/plain-wire.js';
import { TestCarrier, turn } from '../support/test-carrier.js';
import * as wire from '../support/wire.js';

/** A stream whose peer, the test, takes 100 bytes. */
async function opened(options?: ChannelOptions, streamOptions?: Parameters<typeof toDuplex>[1]) {
  const carrier = new TestCarrier();
  const mux = new Mux(carrier, PLAIN_WIRE);
  const channel = mux.open('', options);
  const duplex = toDuplex(channel, streamOptions);
  await turn();
  carrier.receive(wire.handshake(0, 100));
  await carrier.hears();
  return { carrier, mux, channel, duplex };
}

/** A stream whose peer takes 100 bytes, and knows STOP. */
async function extended() {
  const carrier = new TestCarrier();
  const mux = new Mux(carrier);
  carrier.receive(wire.hello(0));
  const duplex = toDuplex(mux.open('', { channel: 0 }));
  await turn();
  carrier.receive(wire.handshake(0, 100));
  return { carrier, duplex };
}

/** Lets every callback that Node has deferred run. */
const settled = async (): Promise<void> => {
  await turn();
  await turn();
};

describe('toDuplex', () => {
  it('refuses what is no channel of a Mux', () => {
    expect(() => toDuplex({} as Channel)).toThrow(new TypeError('channel must be a channel of a Mux'));
  });

  it('refuses an option that does not exist, and takes undefined for what is not given', () => {
    const channel = new Mux(new TestCarrier(), PLAIN_WIRE).open();
    expect(() => toDuplex(channel, { allowHalfopen: true } as object)).toThrow(
      new TypeError('options.allowHalfopen is not an option (did you mean allowHalfOpen?)'),
    );
    const duplex = toDuplex(channel, { allowHalfOpen: undefined, signal: undefined, encoding: undefined });
    expect(duplex.allowHalfOpen).toBe(true);
    expect(duplex.readableEncoding).toBe(null);
  });

  it('carries bytes both ways through pipes, with half-close', async () => {
    const { local, peer } = connected();
    peer.channels$.subscribe((channel) => {
      const duplex = toDuplex(channel);
      pipeline(duplex, duplex, () => undefined);
    });
    const duplex = toDuplex(local.open());
    const bytes = Buffer.from(Array.from({ length: 1_000_000 }, (_, i) => i * 7));
    const [, received] = await Promise.all([pipelined(Readable.from([bytes]), duplex), buffer(duplex)]);
    expect(received.equals(bytes)).toBe(true);
    await firstValueFrom(duplex.channel.closed$);
    await Promise.all([local.close(), peer.close()]);
  });

  describe('reading', () => {
    it('grants credit as bytes leave the read buffer, not as they arrive', async () => {
      const { carrier, duplex } = await opened({ highWaterMark: 10 });
      carrier.receive(wire.data(0, 10, '0123456789'));
      expect(await carrier.hears()).toEqual([]);
      expect(String(duplex.read(4))).toBe('0123');
      expect(await carrier.hears()).toEqual(['STATUS 0 free=4 seq=10']);
      expect(String(duplex.read())).toBe('456789');
      expect(await carrier.hears()).toEqual(['STATUS 0 free=10 seq=10']);
    });

    it('holds credit back on request, until a read without it, or read(0)', async () => {
      const { carrier, duplex } = await opened({ highWaterMark: 10 });
      duplex.on('readable', () => undefined);
      carrier.receive(wire.data(0, 10, '0123456789'));
      await settled();
      expect(String(duplex.read(6, false))).toBe('012345');
      expect(carrier.said.splice(0)).toEqual([]);
      duplex.read(0);
      expect(await carrier.hears()).toEqual(['STATUS 0 free=6 seq=10']);
    });

    it('grants what flows through', async () => {
      const { carrier, duplex } = await opened({ highWaterMark: 10 });
      const chunks: string[] = [];
      duplex.on('data', (chunk: Buffer) => chunks.push(chunk.toString()));
      await settled();
      carrier.receive(wire.data(0, 10, '0123456789'));
      await settled();
      expect(chunks).toEqual(['0123456789']);
      expect(carrier.said.splice(0)).toEqual(['STATUS 0 free=10 seq=10']);
      duplex.pause();
      carrier.receive(wire.data(0, 20, '0123456789'));
      await settled();
      expect(carrier.said.splice(0)).toEqual([]);
    });

    describe('grants what a listener of `data` was given that throws at it, and goes on,', () => {
      const throwsOnce = (duplex: Duplex) => {
        const heard: string[] = [];
        duplex.on('data', (chunk: Buffer) => {
          if (heard.push(chunk.toString()) === 1) {
            throw new Error('not understood');
          }
        });
        return heard;
      };

      afterEach(() => {
        config.onUnhandledError = null;
      });

      it('as it is read from the read buffer', async () => {
        const { carrier, duplex } = await opened({ highWaterMark: 10 });
        carrier.receive(wire.data(0, 10, '0123456789'));
        await settled();
        const heard = throwsOnce(duplex.pause());
        expect(() => duplex.read() as unknown).toThrow('not understood');
        expect(await carrier.hears()).toEqual(['STATUS 0 free=10 seq=10']);
        duplex.resume();
        carrier.receive(Buffer.concat([wire.data(0, 13, 'abc'), wire.end(0)]));
        await once(duplex, 'end');
        expect(heard).toEqual(['0123456789', 'abc']);
      });

      it('as it flows through', async () => {
        const { carrier, duplex } = await opened({ highWaterMark: 10 });
        const reported = new Promise((resolve) => {
          config.onUnhandledError = resolve;
        });
        const heard = throwsOnce(duplex);
        await settled();
        carrier.receive(wire.data(0, 10, '0123456789'));
        expect(await carrier.hears()).toEqual(['STATUS 0 free=10 seq=10']);
        carrier.receive(Buffer.concat([wire.data(0, 13, 'abc'), wire.end(0)]));
        await once(duplex, 'end');
        expect(heard).toEqual(['0123456789', 'abc']);
        expect(await reported).toEqual(new Error('not understood'));
      });
    });

    it('takes bytes until its read buffer is full, for who waits for that: the rest waits in the channel', async () => {
      const { carrier, duplex } = await opened({ highWaterMark: 200_000 });
      const lookAt = (): void => undefined;
      duplex.on('readable', lookAt);
      for (let kilobytes = 1; kilobytes <= 200; kilobytes += 1) {
        carrier.receive(wire.data(0, kilobytes * 1000, Buffer.alloc(1000, kilobytes)));
      }
      carrier.receive(wire.end(0));
      await settled();
      expect(duplex.readableLength).toBeGreaterThanOrEqual(duplex.readableHighWaterMark);
      expect(duplex.readableLength).toBeLessThan(duplex.readableHighWaterMark + 1000);
      duplex.off('readable', lookAt);
      const received = await buffer(duplex);
      expect(received).toHaveLength(200_000);
      expect(received.every((byte, i) => byte === Math.floor(i / 1000) + 1)).toBe(true);
    });

    describe('single bytes while nobody reads', () => {
      const digits = (count: number): string =>
        Array.from({ length: count }, (_, n) => String(n % 10)).join('');

      async function say(carrier: TestCarrier, count: number): Promise<void> {
        for (let n = 0; n < count; n += 1) {
          carrier.receive(wire.data(0, n + 1, String(n % 10)));
          await turn();
        }
      }

      it('leaves them in the channel, where they are joined', async () => {
        const { carrier, duplex } = await opened();
        await say(carrier, 1000);
        expect(duplex.readableLength).toBe(1);
        const pieces: string[] = [];
        duplex.on('data', (chunk: Buffer) => pieces.push(chunk.toString()));
        await settled();
        expect(pieces.join('')).toBe(digits(1000));
        expect(pieces.length).toBeLessThan(5);
      });

      it('has them in its read buffer where somebody waits for its length, in few pieces', async () => {
        const { carrier, duplex } = await opened();
        duplex.on('readable', () => undefined);
        await say(carrier, 1000);
        expect(duplex.readableLength).toBe(1000);
        const pieces: string[] = [];
        duplex.removeAllListeners('readable');
        duplex.on('data', (chunk: Buffer) => pieces.push(chunk.toString()));
        duplex.resume();
        await settled();
        expect(pieces.join('')).toBe(digits(1000));
        expect(pieces.length).toBeLessThan(12);
      });

      it('joins them as text where it has an encoding', async () => {
        const { carrier, duplex } = await opened();
        duplex.setEncoding('utf8');
        duplex.on('readable', () => undefined);
        await say(carrier, 100);
        expect(duplex.readableLength).toBe(100);
        expect(duplex.read()).toBe(digits(100));
      });

      it('gives no chunk twice to a listener of data that has paused', async () => {
        const { carrier, duplex } = await opened();
        const pieces: string[] = [];
        duplex.on('data', (chunk: Buffer) => {
          pieces.push(chunk.toString());
          duplex.pause();
        });
        await say(carrier, 200);
        while (pieces.join('').length < 200) {
          duplex.resume();
          await settled();
        }
        expect(pieces.join('')).toBe(digits(200));
      });
    });

    it('does not keep a whole chunk of the carrier alive for a few bytes in its read buffer', async () => {
      const { carrier, duplex } = await opened();
      const chunk = Buffer.concat([wire.data(0, 5, 'hello'), Buffer.alloc(60_000)]);
      carrier.inbound$.next(chunk);
      const received = duplex.read() as Buffer;
      expect(received.toString()).toBe('hello');
      expect(received.buffer).not.toBe(chunk.buffer);
    });

    it('grants nothing twice after its channel was cancelled', async () => {
      const { carrier, channel, duplex } = await opened({ highWaterMark: 10 });
      carrier.receive(wire.data(0, 8, '01234567'));
      channel.cancel();
      duplex.read();
      expect(await carrier.hears()).toEqual(['STATUS 0 free=10 seq=8']);
      carrier.receive(wire.data(0, 18, '0123456789'));
      expect(await carrier.hears()).toEqual(['STATUS 0 free=10 seq=18']);
    });

    it('ends at END, and goes on writing', async () => {
      const { carrier, duplex } = await opened();
      carrier.receive(wire.data(0, 2, 'hi'), wire.end(0));
      const chunks: string[] = [];
      duplex.on('data', (chunk: Buffer) => chunks.push(chunk.toString()));
      await once(duplex, 'end');
      expect(chunks).toEqual(['hi']);
      duplex.end('bye');
      await once(duplex, 'close');
      expect(await carrier.hears()).toEqual(['DATA 0 seq=3 "bye"', 'END 0']);
    });

    it('gives bytes in their order to who reads them piece by piece, though they and END were there before', async () => {
      const { carrier, duplex } = await opened();
      carrier.receive(wire.data(0, 6, 'abcdef'), wire.end(0));
      await settled();
      const pieces: string[] = [];
      duplex.on('readable', () => {
        let piece: Buffer | null;
        while ((piece = duplex.read(2) as Buffer | null) !== null) {
          pieces.push(String(piece));
        }
      });
      await once(duplex, 'end');
      expect(pieces).toEqual(['ab', 'cd', 'ef']);
    });

    it("fails with PeerError at the peer's ERROR_END, when all earlier bytes have been read", async () => {
      const { carrier, duplex } = await opened();
      const errors: unknown[] = [];
      duplex.on('error', (error) => errors.push(error));
      carrier.receive(wire.data(0, 4, 'read'), wire.errorEnd(0));
      await settled();
      expect(errors).toEqual([]);
      expect(String(duplex.read())).toBe('read');
      await settled();
      expect(errors).toEqual([expect.any(PeerError)]);
      expect(await carrier.hears()).toEqual(['ERROR_END 0']);
    });

    it("fails at once at the peer's ERROR_END, where nobody reads and something waits to be sent", async () => {
      const { carrier, duplex } = await opened();
      duplex.write(Buffer.alloc(101));
      const failure = once(duplex, 'error');
      await settled();
      carrier.receive(wire.data(0, 4, 'read'), wire.errorEnd(0));
      expect(await failure).toEqual([expect.any(PeerError)]);
      expect(await carrier.hears()).toEqual(['DATA 0 seq=100 <100 bytes>', 'ERROR_END 0']);
    });

    it("fails what is written after the peer's ERROR_END, where nobody reads", async () => {
      const { carrier, duplex } = await opened();
      carrier.receive(wire.data(0, 4, 'read'), wire.errorEnd(0));
      await settled();
      const failure = once(duplex, 'error');
      duplex.write('in vain');
      expect(await failure).toEqual([expect.any(PeerError)]);
    });

    it.each(['reads when it likes', 'has paused'])(
      "lets whoever %s read to the end before the peer's error, though it writes",
      async (who) => {
        const { carrier, duplex } = await opened();
        if (who === 'has paused') {
          duplex.pause();
        } else {
          duplex.read();
        }
        duplex.write(Buffer.alloc(101));
        carrier.receive(wire.data(0, 4, 'read'), wire.errorEnd(0));
        await settled();
        duplex.write('in vain');
        await settled();
        expect(String(duplex.read())).toBe('read');
        expect((await once(duplex, 'error'))[0]).toBeInstanceOf(PeerError);
      },
    );

    it('grants more where more is asked for at once than the window holds', async () => {
      const { carrier, duplex } = await opened({ highWaterMark: 10, maxHighWaterMark: 10 });
      carrier.receive(wire.data(0, 10, '0123456789'));
      await settled();
      expect(duplex.read(12)).toBe(null);
      expect(await carrier.hears()).toEqual(['STATUS 0 free=10 seq=10']);
      carrier.receive(wire.data(0, 12, 'ab'));
      await settled();
      expect(String(duplex.read(12))).toBe('0123456789ab');
    });

    it('fails at once where the connection is lost, though its own end has been sent and bytes wait', async () => {
      const { carrier, duplex } = await opened();
      duplex.end();
      carrier.receive(wire.data(0, 4, 'late'));
      await settled();
      const failure = once(duplex, 'error');
      carrier.inbound$.complete();
      expect(await failure).toMatchObject([{ code: 'ERR_RXMUX_CARRIER_ENDED' }]);
    });

    it("reads to the end before the peer's error where it has already ended itself", async () => {
      const { carrier, duplex } = await opened();
      duplex.end();
      await settled();
      carrier.receive(wire.data(0, 4, 'read'), wire.errorEnd(0));
      await settled();
      expect(String(duplex.read())).toBe('read');
      expect((await once(duplex, 'error'))[0]).toBeInstanceOf(PeerError);
    });

    it("reads to the end before the peer's error where its own end comes last", async () => {
      const { carrier, duplex } = await opened();
      carrier.receive(wire.data(0, 4, 'read'), wire.errorEnd(0));
      await settled();
      duplex.end();
      await settled();
      expect(String(duplex.read())).toBe('read');
      expect((await once(duplex, 'error'))[0]).toBeInstanceOf(PeerError);
    });

    it('can decode text, across chunks', async () => {
      const { carrier, duplex } = await opened({ highWaterMark: 10 }, { encoding: 'utf8' });
      const [first, second] = [Buffer.from('grüß').subarray(0, 3), Buffer.from('grüß').subarray(3)];
      carrier.receive(wire.data(0, 3, first), wire.data(0, 6, second), wire.end(0));
      expect(await text(duplex)).toBe('grüß');
    });
  });

  describe('writing', () => {
    it('passes small writes of one turn on as one frame', async () => {
      const { carrier, duplex } = await opened();
      duplex.write('one ');
      duplex.write('two ');
      duplex.write('746872656521', 'hex');
      await settled();
      expect(await carrier.hears()).toEqual(['DATA 0 seq=14 "one two three!"']);
    });

    it('asks to wait, and says when there is room, as the peer takes bytes', async () => {
      const { carrier, channel, duplex } = await opened(
        { sendHighWaterMark: 50 },
        { writableHighWaterMark: 10 },
      );
      expect(duplex.write(Buffer.alloc(140))).toBe(false);
      let drained = 0;
      duplex.on('drain', () => (drained += 1));
      await settled();
      expect(channel.bufferedAmount).toBe(40);
      expect(drained).toBe(1);
      expect(duplex.write(Buffer.alloc(20))).toBe(false);
      await settled();
      expect(drained).toBe(1);
      carrier.receive(wire.status(0, 100, 100));
      await settled();
      expect(drained).toBe(2);
      expect(duplex.writableLength).toBe(0);
    });

    it('finishes when END has been handed to the carrier', async () => {
      const { carrier, duplex } = await opened();
      let isFinished = false;
      duplex.on('finish', () => (isFinished = true));
      duplex.end(Buffer.alloc(101));
      await settled();
      expect(isFinished).toBe(false);
      carrier.receive(wire.status(0, 1, 100));
      await settled();
      expect(await carrier.hears()).toEqual(['DATA 0 seq=100 <100 bytes>', 'DATA 0 seq=101 "\0"', 'END 0']);
      expect(isFinished).toBe(true);
    });

    it('finishes where somebody else ends its channel’s half, and takes no more', async () => {
      const { channel, duplex } = await opened();
      channel.outbound$.complete();
      await once(duplex, 'finish');
      const failure = once(duplex, 'error');
      duplex.write('late');
      expect(await failure).toMatchObject([{ code: 'ERR_STREAM_WRITE_AFTER_END' }]);
    });

    it('goes on to be read where the peer stops it and nothing is being written, and ends after that', async () => {
      const { local, peer } = connected();
      peer.channels$.subscribe((channel) => {
        channel.outbound$.next(Buffer.alloc(50_000, 'x'));
        channel.destroy();
      });
      const duplex = toDuplex(local.open());
      duplex.pause();
      const stopped = firstValueFrom(duplex.channel.stopped$);
      await stopped;
      await settled();
      expect(duplex.destroyed).toBe(false);
      const [{ length }] = await Promise.all([buffer(duplex), once(duplex, 'close')]);
      expect(length).toBe(50_000);
      const other = toDuplex(local.open());
      other.pause();
      await firstValueFrom(other.channel.stopped$);
      const failure = once(other, 'error');
      other.write('late');
      expect((await failure)[0]).toBeInstanceOf(StoppedError);
      expect(other.destroyed).toBe(true);
    });

    describe('keeps what the peer has said before it stops it for who reads later, where nothing is being written:', () => {
      /** A channel that the far side has answered, and what comes of it. */
      const told = async (say: (theirs: Channel) => void) => {
        const { local, peer } = connected();
        const theirs = firstValueFrom(peer.channels$);
        const channel = local.open();
        const duplex = toDuplex(channel);
        say(await theirs);
        await firstValueFrom(channel.stopped$);
        await settled();
        return { channel, duplex };
      };
      const SAID: [string, string, (theirs: Channel) => void][] = [
        [
          'bytes and its end',
          'a line',
          (theirs) => {
            toDuplex(theirs).end('a line').destroySoon();
          },
        ],
        [
          'its end alone',
          '',
          (theirs) => {
            toDuplex(theirs).end().destroySoon();
          },
        ],
        [
          'what it has said in the same turn',
          'a line',
          (theirs) => {
            theirs.outbound$.next('a line');
            theirs.destroy();
          },
        ],
      ];

      it.each(SAID)('%s', async (_name, said, say) => {
        const { duplex } = await told(say);
        const close = once(duplex, 'close');
        expect(await text(duplex)).toBe(said);
        await close;
        expect(duplex.errored).toBe(null);
      });

      it.each(SAID)('%s, where the stream is made later', async (_name, said, say) => {
        const { local, peer } = connected();
        const channel = local.open();
        say(await firstValueFrom(peer.channels$));
        await firstValueFrom(channel.stopped$);
        await settled();
        const duplex = toDuplex(channel);
        await settled();
        expect(await text(duplex)).toBe(said);
      });

      it('bytes, though it has not ended', async () => {
        const { duplex } = await told((theirs) => {
          theirs.outbound$.next('a line');
          theirs.cancel();
        });
        expect(String(duplex.read())).toBe('a line');
        duplex.destroy();
      });

      it('what is written then fails, and the stream with it', async () => {
        const { duplex } = await told((theirs) => {
          theirs.destroy();
        });
        const failure = once(duplex, 'error');
        duplex.write('late');
        expect((await failure)[0]).toBeInstanceOf(StoppedError);
      });

      it('but who listens to `drain` hears at once', async () => {
        const { local, peer } = connected();
        const theirs = firstValueFrom(peer.channels$);
        const duplex = toDuplex(local.open()).on('drain', () => undefined);
        const failure = once(duplex, 'error');
        (await theirs).destroy();
        expect((await failure)[0]).toBeInstanceOf(StoppedError);
      });
    });

    it('ends without an error where the peer stops it when all has been read, as where it comes before that', async () => {
      const { local, peer } = connected();
      peer.channels$.subscribe((channel) => {
        channel.outbound$.complete();
      });
      const duplex = toDuplex(local.open()).resume();
      await once(duplex, 'end');
      const finish = once(duplex, 'finish');
      peer.openChannels.forEach((channel) => {
        channel.destroy();
      });
      await Promise.all([finish, once(duplex, 'close')]);
      expect(duplex.errored).toBe(null);
    });

    describe('fails a pipeline from an iterable, which nothing but its listener to drain shows,', () => {
      /** Has written once, and goes on when it is told. */
      const begun = async (duplex: Duplex) => {
        const next$ = new Subject<void>();
        const piped = pipelined(async function* () {
          yield 'first';
          await firstValueFrom(next$);
          yield 'second';
        }, duplex);
        piped.catch(() => undefined); // it may fail before it is waited for
        await once(duplex.resume(), 'end');
        await settled();
        next$.next();
        return piped;
      };

      it('where the peer has destroyed its stream', async () => {
        const { local, peer } = connected();
        peer.channels$.subscribe((channel) => {
          channel.inbound$.subscribe(() => {
            channel.destroy();
          });
        });
        await expect(begun(toDuplex(local.open()))).rejects.toBeInstanceOf(StoppedError);
      });

      it('where its channel is destroyed', async () => {
        const { local, peer } = connected();
        peer.channels$.subscribe();
        const duplex = toDuplex(local.open());
        const piped = begun(duplex);
        await settled();
        duplex.channel.destroy();
        await expect(piped).rejects.toMatchObject({ code: 'ERR_STREAM_PREMATURE_CLOSE' });
      });

      it('where its channel is destroyed, though nobody reads', async () => {
        const { local, peer } = connected();
        peer.channels$.subscribe();
        const duplex = toDuplex(local.open());
        const left = jest.fn();
        const piped = pipelined(async function* () {
          try {
            for (;;) {
              yield 'bytes';
              await settled();
            }
          } finally {
            left();
          }
        }, duplex);
        await settled();
        duplex.channel.destroy();
        await expect(piped).rejects.toMatchObject({ code: 'ERR_STREAM_PREMATURE_CLOSE' });
        expect(left).toHaveBeenCalled();
      });
    });

    it.each([
      ['is being written', (duplex: Duplex) => duplex.write(Buffer.alloc(100_000))],
      ['waits behind its end', (duplex: Duplex) => duplex.end(Buffer.alloc(200))],
      [
        'was written by who ends it on hearing that',
        (duplex: Duplex) => {
          duplex.write(Buffer.alloc(200));
          duplex.once('readable', () => duplex.end());
        },
      ],
    ])(
      'is read by who listens to `readable` before it fails, where the peer stops what %s',
      async (_, give) => {
        const { carrier, duplex } = await extended();
        const heard: unknown[] = [];
        duplex.on('readable', () => {
          heard.push(String(duplex.read()));
        });
        const failure = once(duplex, 'error');
        give(duplex);
        await settled();
        carrier.receive(Buffer.concat([wire.data(0, 8, 'too much'), wire.end(0), wire.stop(0)]));
        expect((await failure)[0]).toBeInstanceOf(StoppedError);
        expect(heard).toContain('too much');
      },
    );

    it('is read by who gets `data` and pauses it for a tick, before it fails, where the peer stops what is being written', async () => {
      const { carrier, duplex } = await extended();
      const heard: unknown[] = [];
      duplex.on('data', (chunk) => {
        heard.push(String(chunk));
        duplex.pause();
        process.nextTick(() => duplex.resume()); // as Node's `http` does where its answer is not read at once
      });
      duplex.on('end', () => heard.push('end'));
      const failure = once(duplex, 'error');
      duplex.write(Buffer.alloc(100_000));
      await settled();
      const answer = ['much ', 'too ', 'much'].map((text, n) => wire.data(0, [5, 9, 13][n] ?? 0, text));
      carrier.receive(Buffer.concat([...answer, wire.end(0), wire.stop(0)]));
      expect((await failure)[0]).toBeInstanceOf(StoppedError);
      expect(heard).toEqual(['much ', 'too ', 'much', 'end']);
    });

    it('is destroyed where the peer stops it while something is being written, or where there is nothing to be read', async () => {
      const { local, peer } = connected();
      peer.channels$.subscribe((channel) => {
        channel.cancel();
      });
      const writing = toDuplex(local.open(undefined, { sendHighWaterMark: 1 })).resume();
      writing.write('bytes');
      const unread = toDuplex(local.open());
      const errors = await Promise.all([once(writing, 'error'), once(unread, 'error')]);
      expect(errors).toEqual([[expect.any(StoppedError)], [expect.any(StoppedError)]]);
    });

    it('fails what is written after somebody else has ended its half, and what its own buffer holds', async () => {
      const { carrier, channel, duplex } = await opened({ sendHighWaterMark: 50 });
      const failure = once(duplex, 'error');
      const written: unknown[] = [];
      duplex.write(Buffer.alloc(200), () => written.push('sent'));
      duplex.write('in its buffer', (error) => written.push(error));
      channel.outbound$.complete();
      expect((await failure)[0]).toBeInstanceOf(StoppedError);
      await settled();
      expect(written).toEqual(['sent', expect.any(StoppedError)]);
      // What the peer gets is not the whole.
      expect(await carrier.hears()).toEqual(['DATA 0 seq=100 <100 bytes>', 'ERROR_END 0']);
    });

    it('fails what is written in the same turn', async () => {
      const { channel, duplex } = await opened();
      const failure = once(duplex, 'error');
      channel.outbound$.complete();
      duplex.write('late');
      expect(await failure).toMatchObject([{ code: 'ERR_RXMUX_STOPPED', channelId: 0 }]);
    });

    describe('closes, so that what is piped into it hears, where both halves are ended by somebody else', () => {
      it.each([
        ['nobody reads', 1000, (duplex: Duplex) => duplex],
        ['nobody reads, though the source had to wait', 50, (duplex: Duplex) => duplex],
        ['somebody reads', 1000, (duplex: Duplex) => duplex.resume()],
      ])('and %s: what it was given arrives', async (_name, sendHighWaterMark, use) => {
        const { carrier, channel, duplex } = await opened(
          { sendHighWaterMark },
          { writableHighWaterMark: 50 },
        );
        use(duplex);
        const source = new PassThrough();
        const piped = pipelined(source, duplex);
        source.write(Buffer.alloc(150));
        await settled();
        channel.destroy();
        await settled();
        expect(duplex.destroyed).toBe(false);
        carrier.receive(wire.status(0, 100, 100));
        await expect(piped).rejects.toMatchObject({ code: 'ERR_STREAM_PREMATURE_CLOSE' });
        expect(source.destroyed).toBe(true);
        expect((await carrier.hears()).at(-1)).toBe('END 0');
        const closed = lastValueFrom(channel.closed$);
        carrier.receive(wire.end(0));
        await closed;
      });
    });

    it('finishes where its half is ended as the source of a pipe ends', async () => {
      const { carrier, channel, duplex } = await opened();
      const source = new PassThrough();
      source.on('end', () => {
        channel.outbound$.complete();
      });
      source.pipe(duplex);
      source.end('all');
      await once(duplex, 'finish');
      expect(await carrier.hears()).toEqual(['DATA 0 seq=3 "all"', 'END 0']);
    });

    it('ends with an error for the peer on request', async () => {
      const { carrier, duplex } = await opened();
      duplex.peerErrorThenEnd('last', 'utf8', () => undefined);
      await once(duplex, 'finish');
      expect(await carrier.hears()).toEqual(['DATA 0 seq=4 "last"', 'ERROR_END 0']);
    });
  });

  describe('destroy()', () => {
    it('sends END and discards what comes', async () => {
      const { carrier, mux, duplex } = await opened({ highWaterMark: 4 });
      duplex.destroy();
      expect(await carrier.hears()).toEqual(['END 0']);
      carrier.receive(wire.data(0, 4, 'abcd'));
      expect(await carrier.hears()).toEqual(['FINISHED_STATUS 0 free=4 seq=4']);
      carrier.receive(wire.end(0));
      expect(mux.openChannels.size).toBe(0);
    });

    it('with an error sends ERROR_END', async () => {
      const { carrier, channel, duplex } = await opened();
      const error = new Error('broken');
      duplex.destroy(error);
      expect((await once(duplex, 'error'))[0]).toBe(error);
      expect(await carrier.hears()).toEqual(['ERROR_END 0']);
      carrier.receive(wire.end(0));
      expect(listen(channel.closed$)).toEqual([error]);
    });

    it('sends ERROR_END where written bytes are lost by it: what the peer got is not the whole', async () => {
      const { carrier, channel, duplex } = await opened({ sendHighWaterMark: 10 });
      duplex.write(Buffer.alloc(110));
      duplex.write('this is still in the buffer of the stream');
      duplex.destroy();
      await settled();
      carrier.receive(wire.status(0, 100, 100));
      expect(await carrier.hears()).toEqual([
        'DATA 0 seq=100 <100 bytes>',
        `DATA 0 seq=110 "${'\0'.repeat(10)}"`,
        'ERROR_END 0',
      ]);
      carrier.receive(wire.end(0));
      expect(listen(channel.closed$)).toEqual([expect.any(MuxClosedError)]);
    });

    it('by a loop that has read to the end sends END: nothing has failed', async () => {
      const { carrier, channel, duplex } = await opened();
      duplex.on('error', () => undefined); // Node's own
      duplex.write('an answer');
      carrier.receive(wire.data(0, 2, 'hi'), wire.end(0));
      expect(await text(duplex)).toBe('hi');
      await settled();
      duplex.end(); // some releases of Node leave it open
      expect(await carrier.hears()).toEqual(['DATA 0 seq=9 "an answer"', 'END 0']);
      expect(listen(channel.closed$)).toEqual([undefined, 'complete']);
    });

    it('by a loop that is left before the end sends ERROR_END', async () => {
      const { carrier, duplex } = await opened();
      duplex.on('error', () => undefined);
      carrier.receive(wire.data(0, 2, 'hi'));
      for await (const chunk of duplex) {
        expect(String(chunk)).toBe('hi');
        break;
      }
      expect(await carrier.hears()).toContain('ERROR_END 0');
    });

    it('by a signal, when all has been read', async () => {
      const abort = new AbortController();
      const { carrier, duplex } = await opened({}, { signal: abort.signal });
      const failure = once(duplex, 'error');
      carrier.receive(wire.end(0));
      duplex.resume().once('end', () => {
        abort.abort();
      });
      expect((await failure)[0]).toMatchObject({ name: 'AbortError' });
      expect(await carrier.hears()).toEqual(['ERROR_END 0']);
    });

    it('by a signal', async () => {
      const abort = new AbortController();
      const { carrier, duplex } = await opened({}, { signal: abort.signal });
      abort.abort();
      expect((await once(duplex, 'error'))[0]).toMatchObject({ name: 'AbortError' });
      expect(await carrier.hears()).toEqual(['ERROR_END 0']);
    });

    it('by a signal that was aborted before there was a stream', async () => {
      const carrier = new TestCarrier();
      const mux = new Mux(carrier, PLAIN_WIRE);
      const reason = new Error('too late');
      const duplex = toDuplex(mux.open(), { signal: AbortSignal.abort(reason) });
      expect(duplex.destroyed).toBe(true);
      expect((await once(duplex, 'error'))[0]).toMatchObject({ name: 'AbortError', cause: reason });
      expect(await carrier.hears()).toEqual(['HANDSHAKE 0 free=65536 ""', 'ERROR_END 0']);
    });
  });

  it('fails at once when the mux does, be there bytes to read or a write under way', async () => {
    const { mux, carrier, duplex } = await opened();
    carrier.receive(wire.data(0, 4, 'late'));
    duplex.write(Buffer.alloc(200));
    await settled();
    mux.destroy();
    expect((await once(duplex, 'error'))[0]).toBeInstanceOf(MuxClosedError);
    expect(duplex.destroyed).toBe(true);
  });

  it('fails with the cut where that comes before all bytes that the peer sent ahead of its error are read', async () => {
    const { mux, carrier, duplex } = await opened();
    carrier.receive(wire.data(0, 4, 'late'), wire.errorEnd(0));
    await settled();
    mux.destroy();
    expect((await once(duplex, 'error'))[0]).toBeInstanceOf(MuxClosedError);
  });

  it('fails where its channel had failed before', async () => {
    const { channel, duplex: first } = await opened();
    const error = new Error('broken');
    first.on('error', () => undefined);
    channel.destroy(error);
    expect((await once(toDuplex(channel), 'error'))[0]).toBe(error);
  });

  describe('of a channel that is broken with what Node takes for no error', () => {
    it.each([undefined, null, 0, ''])('fails all the same: outbound$.error(%p)', async (cause) => {
      const { channel, duplex } = await opened();
      const failure = once(duplex, 'error');
      duplex.resume();
      channel.outbound$.error(cause);
      expect(await failure).toEqual([expect.any(StoppedError)]);
      expect(((await failure) as [Error])[0].cause).toBe(cause);
    });

    it('fails, and with it what is piped into it', async () => {
      const { channel, duplex } = await opened();
      const source = new PassThrough();
      const piped = pipelined(source, duplex);
      source.write('some');
      await settled();
      channel.outbound$.error(undefined);
      await expect(piped).rejects.toBeInstanceOf(StoppedError);
      expect(source.destroyed).toBe(true);
    });

    it.each([
      ['channel.destroy()', ({ channel }: { channel: Channel }) => channel],
      ['mux.destroy()', ({ mux }: { mux: Mux }) => mux],
    ])('fails, and with it a write under way: %s', async (_name, of) => {
      const all = await opened({ sendHighWaterMark: 1 });
      const failure = once(all.duplex, 'error');
      const written = new Promise((resolve) => {
        all.duplex.write(Buffer.alloc(200), resolve);
      });
      all.mux.channels$.subscribe({ error: () => undefined });
      of(all).destroy(null);
      expect(await written).toBeInstanceOf(StoppedError);
      expect(await failure).toEqual([expect.any(StoppedError)]);
    });

    it('fails where that was before, when nothing more is to be read', async () => {
      const { channel, duplex: first } = await opened();
      first.on('error', () => undefined);
      channel.destroy(null);
      expect(await once(toDuplex(channel), 'error')).toEqual([expect.any(StoppedError)]);
    });
  });

  it('fails with the peer’s error after the bytes before, this half having been ended past the stream', async () => {
    const { carrier, channel, duplex } = await opened();
    const failure = once(duplex, 'error');
    channel.outbound$.complete();
    await settled();
    carrier.receive(wire.data(0, 4, 'late'), wire.errorEnd(0));
    await settled();
    expect(String(duplex.read())).toBe('late');
    expect(await failure).toEqual([expect.any(PeerError)]);
  });

  it('lets a slow consumer hold back its channel and no other', async () => {
    const { local, peer } = connected(
      { highChannels: false },
      { peerChannelOptions: { highWaterMark: 1000 } },
    );
    peer.channels$.pipe(map((channel) => toDuplex(channel))).subscribe((duplex) => {
      duplex.on('error', () => undefined);
      if (duplex.channel.id === 1) {
        duplex.pipe(new PassThrough()).resume();
      }
    });
    const [paused, running] = [toDuplex(local.open()), toDuplex(local.open())];
    const bytes = Buffer.alloc(100_000);
    paused.write(bytes);
    running.end(bytes);
    await once(running, 'finish');
    expect(paused.channel.sendWindow$.value).toBe(0);
    expect(paused.channel.bufferedAmount).toBe(99_000);
    paused.on('error', () => undefined);
    running.on('error', () => undefined);
    local.destroy();
  });
});
