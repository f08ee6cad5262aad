import { asapScheduler, firstValueFrom, lastValueFrom, map, Subject, take, toArray } from 'rxjs';
import {
  CarrierEndedError,
  CarrierFinishedError,
  type Channel,
  type ChannelOptions,
  type Delivery,
  Mux,
  MuxClosedError,
  type MuxError,
  MuxFullError,
  type MuxOptions,
  type ParsingMuxOptions,
  ProtocolError,
} from '../../src/index.js';
import { listen } from '../support/listen.js';
import { TestCarrier, turn } from '../support/test-carrier.js';
import * as peer from '../support/wire.js';

function start<H = Buffer>(options?: MuxOptions<H>, takesInAll?: number) {
  const carrier = new TestCarrier(takesInAll);
  const mux = new Mux<H>(carrier, { keepAlive: false, ...options } as ParsingMuxOptions<H>);
  return { carrier, mux };
}

describe('Mux', () => {
  describe('open()', () => {
    it('sends a HANDSHAKE with the data and the receive window', async () => {
      const { carrier, mux } = start();
      mux.open('text');
      mux.open(Uint8Array.of(65, 66), { highWaterMark: 7 });
      mux.open();
      expect(await carrier.hears()).toEqual([
        'HANDSHAKE 0 free=65536 "text"',
        'HANDSHAKE 1 free=7 "AB"',
        'HANDSHAKE 2 free=65536 ""',
      ]);
    });

    it('takes numbers in turn and skips those in use', () => {
      const { carrier, mux } = start();
      carrier.receive(peer.handshake(1, 0));
      expect([
        mux.open().id,
        mux.open().id,
        mux.open('', { channel: 4 }).id,
        mux.open().id,
        mux.open().id,
      ]).toEqual([0, 2, 4, 3, 5]);
    });

    it('takes numbers from 2^31 on with highChannels', () => {
      const { mux } = start({ highChannels: true });
      expect(mux.open().id).toBe(2 ** 31);
      expect(mux.open().id).toBe(2 ** 31 + 1);
    });

    it('returns the channel that is open under the number', () => {
      const { carrier, mux } = start();
      const own = mux.open('', { channel: 7 });
      expect(mux.open('', { channel: 7 })).toBe(own);
      carrier.receive(peer.handshake(8, 0));
      expect(mux.open('', { channel: 8 })).toBe(mux.openChannels.get(8));
      expect(mux.openChannels.get(8)?.openedBy).toBe('peer');
    });

    it('answers a channel of the peer that still waits for a subscriber', async () => {
      const { carrier, mux } = start();
      carrier.receive(peer.handshake(7, 10), peer.handshake(8, 10));
      const channel = mux.open('found', { channel: 7 });
      const offered = listen(mux.channels$.pipe(map(({ id }) => id)));
      channel.outbound$.next('hello');
      expect(await carrier.hears()).toEqual([
        'HANDSHAKE 7 free=65536 "found"',
        'DATA 7 seq=5 "hello"',
        'HANDSHAKE 8 free=65536 ""',
      ]);
      expect(offered).toEqual([8]);
    });

    it('throws MuxFullError, and says so on full$, when maxOpen channels are open', () => {
      const { mux } = start({ maxOpen: 2 });
      const full = listen(mux.full$.pipe(map(() => mux.openChannels.size)));
      mux.open();
      expect(full).toEqual([]);
      mux.open();
      expect(full).toEqual([2]);
      expect(() => mux.open()).toThrow(new MuxFullError());
      expect(full).toEqual([2, 2]);
      expect(mux.openChannels.size).toBe(2);
    });

    it('knows no limit with maxOpen 0', () => {
      const { mux } = start({ maxOpen: 0 });
      for (let i = 0; i < 70_000; i += 1) {
        mux.open();
      }
      expect(mux.openChannels.size).toBe(70_000);
    });

    it('throws RangeError for the number of a refused channel that the peer still uses', () => {
      const { carrier, mux } = start({ acceptBacklog: 0 });
      carrier.receive(peer.handshake(0, 0));
      expect(() => mux.open('', { channel: 0 })).toThrow(RangeError);
      expect(mux.open().id).toBe(1);
      carrier.receive(peer.end(0));
      expect(mux.open('', { channel: 0 }).id).toBe(0);
    });

    it.each<[string, () => unknown, ErrorConstructor]>([
      ['a number', () => start().mux.open(5 as unknown as string), TypeError],
      [
        'more data than fits into a frame',
        () => start({ framing: { lengthSize: 1 } }).mux.open('x'.repeat(247)),
        RangeError,
      ],
      ['a bad channel number', () => start().mux.open('', { channel: -1 }), RangeError],
      ['options that are none', () => start().mux.open('', 'no' as ChannelOptions), TypeError],
    ])('throws for %s', (_what, act, kind) => {
      expect(act).toThrow(kind);
    });

    it('throws after the mux was closed, or its carrier has ended or finished', () => {
      const closed = start();
      void closed.mux.close();
      expect(() => closed.mux.open()).toThrow(MuxClosedError);
      expect(() => closed.mux.open()).toThrow('the mux has been closed: no channel can be opened');
      const destroyed = start();
      destroyed.mux.destroy();
      expect(() => destroyed.mux.open()).toThrow(MuxClosedError);
      const finished = start();
      finished.carrier.capacity$.complete();
      expect(() => finished.mux.open()).toThrow(CarrierFinishedError);
      expect(() => finished.mux.open()).toThrow('the carrier takes no more: no channel can be opened');
      const ended = start();
      ended.mux.open();
      ended.carrier.end = () => undefined;
      ended.carrier.inbound$.complete();
      expect(() => ended.mux.open()).toThrow(CarrierEndedError);
      expect(() => ended.mux.open()).toThrow('the carrier has ended: no channel can be opened');
    });
  });

  describe('channels$', () => {
    it('emits what the peer opens, and answers when the subscribers have returned', async () => {
      const { carrier, mux } = start();
      const seen: string[] = [];
      mux.channels$.subscribe((channel) => {
        seen.push(`${channel.id} ${channel.openedBy} ${String(channel.handshake)}`);
        expect(carrier.said).toEqual([]);
      });
      carrier.receive(peer.handshake(3, 10, 'hello'));
      expect(seen).toEqual(['3 peer hello']);
      expect(await carrier.hears()).toEqual(['HANDSHAKE 3 free=65536 ""']);
    });

    it('keeps channels for the first subscriber, unanswered, and refuses those that are too many', async () => {
      const { carrier, mux } = start({ acceptBacklog: 2 });
      carrier.receive(peer.handshake(0, 0), peer.handshake(1, 0), peer.handshake(2, 0));
      expect(await carrier.hears()).toEqual(['HANDSHAKE 2 free=0 ""', 'ERROR_END 2']);
      const first = listen(mux.channels$.pipe(map(({ id }) => id)));
      const second = listen(mux.channels$.pipe(map(({ id }) => id)));
      expect(await carrier.hears()).toEqual(['HANDSHAKE 0 free=65536 ""', 'HANDSHAKE 1 free=65536 ""']);
      expect(first).toEqual([0, 1]);
      expect(second).toEqual([0, 1]);
    });

    it('pauses when the last subscriber has gone, and goes on with the next', async () => {
      const { carrier, mux } = start();
      const first = firstValueFrom(mux.channels$);
      carrier.receive(peer.handshake(0, 0), peer.handshake(1, 0));
      expect((await first).id).toBe(0);
      expect(await carrier.hears()).toEqual(['HANDSHAKE 0 free=65536 ""']);
      expect((await firstValueFrom(mux.channels$)).id).toBe(1);
    });

    it('keeps the order where a subscriber comes while channels wait', async () => {
      const { carrier, mux } = start();
      carrier.receive(peer.handshake(0, 0));
      const seen = listen(mux.channels$.pipe(map(({ id }) => id)));
      carrier.receive(peer.handshake(1, 0));
      await turn();
      expect(seen).toEqual([0, 1]);
    });

    it('completes when the carrier has ended', () => {
      const { carrier, mux } = start();
      const seen = listen(mux.channels$);
      carrier.inbound$.complete();
      expect(seen).toEqual(['complete']);
    });

    it("errors with the carrier's error", () => {
      const { carrier, mux } = start();
      const seen = listen(mux.channels$);
      const error = new Error('cable cut');
      carrier.inbound$.error(error);
      expect(seen).toEqual([error]);
      expect(carrier.destroyedWith).toEqual({ error });
    });
  });

  describe('the answer', () => {
    it('carries the data of accept()', async () => {
      const { carrier, mux } = start();
      mux.channels$.subscribe((channel) => {
        channel.accept(`to ${channel.id}`);
      });
      carrier.receive(peer.handshake(0, 0));
      expect(await carrier.hears()).toEqual(['HANDSHAKE 0 free=65536 "to 0"']);
    });

    it('is delayed by delayHandshake(): the peer may send already, this side may not', async () => {
      const { carrier, mux } = start({ peerChannelOptions: { highWaterMark: 4 } });
      let answer: ((data?: string) => void) | undefined;
      let received = '';
      mux.channels$.subscribe((channel) => {
        answer = channel.delayHandshake();
        channel.inbound$.subscribe((chunk) => (received += chunk.toString()));
        channel.outbound$.next('hi');
        channel.outbound$.complete();
      });
      carrier.receive(peer.handshake(0, 10));
      expect(await carrier.hears()).toEqual(['PRE_HANDSHAKE 0 free=4']);
      carrier.receive(peer.data(0, 4, 'data'));
      expect(received).toBe('data');
      expect(await carrier.hears()).toEqual(['PRE_HANDSHAKE 0 free=4 seq=4']);
      answer?.('at last');
      expect(await carrier.hears()).toEqual(['HANDSHAKE 0 free=4 "at last"', 'DATA 0 seq=2 "hi"', 'END 0']);
      expect(() => answer?.()).toThrow(
        expect.objectContaining({ code: 'ERR_RXMUX_HANDSHAKE_SENT' }) as Error,
      );
    });

    it('that comes when this side has sent on the strength of a PRE_HANDSHAKE leaves the credit alone', async () => {
      const { carrier, mux } = start();
      const channel = mux.open();
      await carrier.hears();
      carrier.receive(peer.preHandshake(0, 5));
      channel.outbound$.next('hello world');
      expect(await carrier.hears()).toEqual(['DATA 0 seq=5 "hello"']);
      carrier.receive(peer.handshake(0, 5));
      expect(channel.sendWindow$.value).toBe(0);
      carrier.receive(peer.status(0, 6, 5));
      expect(await carrier.hears()).toEqual(['DATA 0 seq=11 " world"']);
    });

    it('given at once after delayHandshake() needs no PRE_HANDSHAKE', async () => {
      const { carrier, mux } = start();
      mux.channels$.subscribe((channel) => {
        channel.delayHandshake();
        channel.delayHandshake()('now');
      });
      carrier.receive(peer.handshake(0, 0));
      expect(await carrier.hears()).toEqual(['HANDSHAKE 0 free=65536 "now"']);
    });

    it('that refuses a channel leaves nothing behind once the peer has ended too', async () => {
      const { carrier, mux } = start();
      const ends: unknown[][] = [];
      mux.channels$.subscribe((channel) => {
        channel.outbound$.next('dropped');
        ends.push(listen(channel.inbound$), listen(channel.outbound$), listen(channel.closed$));
        channel.reject();
      });
      carrier.receive(peer.handshake(0, 100));
      expect(await carrier.hears()).toEqual(['HANDSHAKE 0 free=0 ""', 'ERROR_END 0']);
      expect(ends).toEqual([['complete'], ['complete'], []]);
      carrier.receive(peer.end(0));
      expect(ends[2]).toEqual([undefined, 'complete']);
      expect(mux.openChannels.size).toBe(0);
    });

    it('that refuses a channel is an error to the peer, though this side had ended', async () => {
      const { carrier, mux } = start();
      mux.channels$.subscribe((channel) => {
        channel.outbound$.complete();
        channel.reject();
      });
      carrier.receive(peer.handshake(0, 100));
      expect(await carrier.hears()).toEqual(['HANDSHAKE 0 free=0 ""', 'ERROR_END 0']);
    });

    it('that is given in the turn of a delay, with what came together, is all that is said', async () => {
      const { carrier, mux } = start();
      const channels: Channel[] = [];
      const sent = listen(mux.handshakeSent$.pipe(map(({ pre }) => pre)));
      mux.channels$.subscribe((channel) => {
        channel.delayHandshake();
        channels.push(channel);
      });
      mux.keepAlive$.subscribe(() => {
        channels[0]?.accept('yes');
      });
      carrier.receive(peer.handshake(0, 100), peer.keepAlive());
      expect(await carrier.hears()).toEqual(['HANDSHAKE 0 free=65536 "yes"']);
      expect(sent).toEqual([false]);
    });

    it('that refuses after a delay lets a peer finish that has sent already', async () => {
      const { carrier, mux } = start({ peerChannelOptions: { highWaterMark: 4 } });
      mux.channels$.subscribe((channel) => {
        channel.delayHandshake();
      });
      carrier.receive(peer.handshake(0, 100));
      await carrier.hears();
      carrier.receive(peer.data(0, 4, 'data'));
      mux.openChannels.get(0)?.reject();
      expect(await carrier.hears()).toEqual([
        'HANDSHAKE 0 free=0 ""',
        'STATUS 0 free=4 seq=4',
        'ERROR_END 0',
      ]);
    });

    it('can be given but once', () => {
      const { carrier, mux } = start();
      const channels: Channel[] = [];
      mux.channels$.subscribe((channel) => channels.push(channel));
      carrier.receive(peer.handshake(0, 0));
      const sent = expect.objectContaining({ code: 'ERR_RXMUX_HANDSHAKE_SENT', channelId: 0 }) as Error;
      for (const channel of [...channels, mux.open('', { channel: 0 })]) {
        expect(() => channel.delayHandshake()).toThrow(sent);
        expect(() => {
          channel.accept();
        }).toThrow(sent);
        expect(() => {
          channel.reject();
        }).toThrow(sent);
      }
      expect(() => mux.open().delayHandshake()).toThrow('handshake already sent');
    });

    it('is seen on handshakeSent$, with whether the carrier took it without becoming full', async () => {
      const { carrier, mux } = start({}, 40);
      mux.channels$.subscribe((channel) => channel.delayHandshake());
      const sent = listen(
        mux.handshakeSent$.pipe(map(({ channel, pre, complete }) => [channel.id, pre, complete])),
      );
      mux.open();
      carrier.receive(peer.handshake(7, 0));
      await turn();
      expect(sent).toEqual([
        [0, false, true],
        [7, true, true],
      ]);
      mux.openChannels.get(7)?.accept('a long answer');
      await turn();
      expect(sent[2]).toEqual([7, false, false]);
    });
  });

  describe('handshake', () => {
    it('is what parseHandshake makes of the data', async () => {
      const { carrier, mux } = start({
        parseHandshake: (data) => JSON.parse(data.toString()) as { name: string },
      });
      const channel = mux.open();
      const early = listen(channel.handshake$);
      expect(channel.handshake).toBeUndefined();
      carrier.receive(peer.handshake(0, 0, '{"name":"peer"}'));
      expect(channel.handshake?.name).toBe('peer');
      expect(early).toEqual([{ name: 'peer' }, 'complete']);
      expect(await firstValueFrom(channel.handshake$)).toEqual({ name: 'peer' });
    });

    it('that parseHandshake throws for goes to the channel and to errors$, and the channel opens', async () => {
      const { carrier, mux } = start({ parseHandshake: (data) => JSON.parse(data.toString()) as unknown });
      const faults = listen(mux.errors$);
      const opened = listen(mux.channels$.pipe(map((channel) => channel.handshake)));
      carrier.receive(peer.handshake(0, 10, 'no json'));
      const fault = expect.objectContaining({
        code: 'ERR_RXMUX_PARSE_HANDSHAKE',
        channelId: 0,
        cause: expect.any(SyntaxError) as unknown,
      }) as unknown;
      expect(faults).toEqual([fault]);
      expect(opened).toEqual([undefined]);
      const channel = mux.openChannels.get(0);
      await expect(channel && lastValueFrom(channel.handshake$)).rejects.toEqual(fault);
      channel?.outbound$.next('still works');
      expect(await carrier.hears()).toEqual(['HANDSHAKE 0 free=65536 ""', 'DATA 0 seq=10 "still work"']);
    });

    it('errors where the channel fails before', () => {
      const { mux } = start();
      const channel = mux.open();
      const early = listen(channel.handshake$);
      const error = new Error('gone');
      mux.destroy(error);
      expect(early).toEqual([error]);
      expect(listen(channel.handshake$)).toEqual([error]);
    });
  });

  describe('what the peer does against the protocol', () => {
    const handshakes = [peer.handshake(0, 100)];
    it.each<[string, Buffer[], string[]]>([
      ['unknown types', [peer.frame(9, 0, 0, 0, 0)], ['unknown type: 9']],
      ['empty headers', [peer.frame()], ['short buffer length 0 < 5']],
      ['short headers', [peer.frame(1, 0, 0, 0, 0, 0)], ['short buffer length 6 < 9']],
      ['a second HANDSHAKE', [...handshakes, ...handshakes], ['second handshake']],
      ['a second END', [...handshakes, peer.end(0), peer.errorEnd(0)], ['second end']],
      ['DATA after END', [...handshakes, peer.end(0), peer.data(0, 1, 'x')], ['data after end']],
      ['DATA before HANDSHAKE', [peer.data(0, 1, 'x')], ['data before handshake']],
      ['STATUS before HANDSHAKE', [peer.status(0, 1, 0)], ['status before handshake']],
      [
        'PRE_HANDSHAKE after HANDSHAKE',
        [...handshakes, peer.preHandshake(0, 1)],
        ['pre-handshake after handshake'],
      ],
    ])('is reported, and the rest carries on: %s', (_what, frames, expected) => {
      const { carrier, mux } = start();
      const faults = listen(mux.errors$.pipe(map((error: MuxError) => error.message)));
      const keepAlives = listen(mux.keepAlive$);
      mux.open();
      carrier.receive(...frames, peer.keepAlive());
      expect(faults).toEqual(expected);
      expect(keepAlives).toEqual([undefined]);
    });

    it('a second HANDSHAKE for a refused number is reported', () => {
      const { carrier, mux } = start({ acceptBacklog: 0 });
      const faults = listen(mux.errors$.pipe(map((error: MuxError) => error.message)));
      carrier.receive(peer.handshake(0, 0), peer.handshake(0, 0));
      expect(faults).toEqual(['second handshake']);
    });

    it('a flood of channels to refuse is answered up to a limit, and then reported', async () => {
      const { carrier, mux } = start({ acceptBacklog: 0 });
      let faults = 0;
      mux.errors$.subscribe(() => (faults += 1));
      for (let number = 0; number < 65_540; number += 1) {
        carrier.receive(peer.handshake(number, 0));
      }
      expect(faults).toBe(4);
      expect(await carrier.hears()).toHaveLength(2 * 65_536);
    });

    it('DATA before HANDSHAKE breaks that channel: its bytes are lost', async () => {
      const { carrier, mux } = start();
      const channel = mux.open();
      const inbound = listen(channel.inbound$);
      await turn();
      carrier.receive(peer.data(0, 1, 'x'));
      expect(inbound).toEqual([new ProtocolError('data before handshake')]);
    });

    it('a peer that speaks something else ends the mux, which says what came', async () => {
      const { carrier, mux } = start();
      const channels = listen(mux.channels$);
      const inbound = listen(mux.open().inbound$);
      const errors = listen(mux.errors$);
      carrier.receive(Buffer.from('SSH-2.0-OpenSSH_9.2\r\n'));
      await turn();
      expect(channels).toEqual([
        new ProtocolError('the peer does not speak this protocol: it began with "SSH-2.0-OpenSSH_"'),
      ]);
      expect(channels[0]).toBeInstanceOf(ProtocolError);
      expect(inbound).toEqual(channels);
      expect(carrier.destroyedWith?.error).toBe(channels[0]);
      expect(errors).toEqual(['complete']);
    });

    it('a first HANDSHAKE that is too big is refused, and the mux carries on', async () => {
      const { carrier, mux } = start({ maxHeaderSize: 20 });
      const errors = listen(mux.errors$);
      const tooBig = peer.handshake(7, 0, 'x'.repeat(12));
      carrier.receive(tooBig.subarray(0, 4 + 9));
      expect(errors).toEqual([expect.objectContaining({ code: 'ERR_RXMUX_HEADER_TOO_BIG', channelId: 7 })]);
      expect(await carrier.hears()).toEqual(['HANDSHAKE 7 free=0 ""', 'ERROR_END 7']);
      carrier.receive(tooBig.subarray(4 + 9), peer.handshake(8, 0));
      expect([...mux.openChannels.keys()]).toEqual([8]);
      expect(errors).toHaveLength(1);
    });

    it('a length that the framing refuses ends the mux: the stream is out of step', async () => {
      const { carrier, mux } = start({
        framing: {
          getLength: (bytes) => {
            if (bytes.readUInt32BE(0) > 100) {
              throw new RangeError('too long');
            }
            return bytes.readUInt32BE(0);
          },
        },
      });
      const channels = listen(mux.channels$);
      const inbound = listen(mux.open().inbound$);
      const closed = listen(mux.closed$);
      carrier.receive(Buffer.of(1, 2, 3, 4));
      await turn();
      expect(channels).toEqual([expect.any(ProtocolError)]);
      expect(channels[0]).toMatchObject({ cause: new RangeError('too long') });
      expect(inbound).toEqual(channels);
      expect(carrier.destroyedWith?.error).toBe(channels[0]);
      expect(closed).toEqual([undefined, 'complete']);
    });
  });

  describe('when the carrier ends', () => {
    it('grants nothing for what is consumed afterwards on a channel that is gone, while others go on sending', async () => {
      const { carrier, mux } = start();
      const [gone, sending] = [mux.open('', { highWaterMark: 4 }), mux.open()];
      await turn();
      carrier.receive(peer.handshake(0, 0), peer.handshake(1, 100), peer.data(0, 4, 'left'), peer.end(1));
      await carrier.hears();
      carrier.inbound$.complete();
      expect([...mux.openChannels.values()]).toEqual([sending]);
      const heard = listen(gone.inbound$.pipe(map((chunk) => chunk.toString())));
      sending.outbound$.next('on');
      expect(await carrier.hears()).toEqual(['DATA 1 seq=2 "on"']);
      expect(heard[0]).toBe('left');
    });

    it('fails the channels whose peer had not ended, after the bytes that had come', async () => {
      const { carrier, mux } = start();
      const [open, halfClosed] = [mux.open(), mux.open()];
      await turn();
      carrier.receive(peer.handshake(0, 0), peer.handshake(1, 9), peer.data(0, 2, 'hi'), peer.end(1));
      const removed = listen(mux.removed$.pipe(map(({ id }) => id)));
      const ended = listen(mux.ended$);
      carrier.inbound$.complete();
      expect(removed).toEqual([0]);
      expect(ended).toEqual([undefined, 'complete']);
      expect(listen(mux.ended$)).toEqual(ended);

      const inbound = listen(open.inbound$.pipe(map((chunk) => chunk.toString())));
      await turn();
      expect(inbound).toEqual(['hi', new CarrierEndedError()]);
      expect(listen(open.outbound$)).toEqual([expect.objectContaining({ carrierDone: true, channelId: 0 })]);
      expect(listen(open.closed$)).toEqual([expect.any(CarrierEndedError)]);

      // The other can still send within its credit; with its end the carrier has served its purpose.
      halfClosed.outbound$.next('bye');
      halfClosed.outbound$.complete();
      await carrier.hears();
      expect(removed).toEqual([0, 1, 'complete']);
      expect(carrier.isEnded).toBe(true);
      expect(listen(halfClosed.closed$)).toEqual([undefined, 'complete']);
    });

    it('fails a channel that will never get credit for what it has to send', async () => {
      const { carrier, mux } = start();
      const [waiting, late, over] = [mux.open(), mux.open(), mux.open()];
      waiting.outbound$.next('bytes');
      await turn();
      for (const { id } of [waiting, late, over]) {
        carrier.receive(peer.handshake(id, id), peer.end(id));
      }
      carrier.inbound$.complete();
      expect(listen(waiting.closed$)).toEqual([expect.any(CarrierEndedError)]);
      late.outbound$.next('x');
      expect([...mux.openChannels.keys()]).toEqual([1, 2]);
      over.outbound$.next('too much');
      await turn();
      expect(listen(over.closed$)).toEqual([expect.any(CarrierEndedError)]);
      late.outbound$.next('x');
      expect(listen(late.closed$)).toEqual([expect.any(CarrierEndedError)]);
      expect(carrier.isEnded).toBe(true);
    });

    it('fails channels that wait for a subscriber, though their peer had ended, and ends the carrier', () => {
      const { carrier, mux } = start();
      carrier.receive(peer.handshake(0, 0), peer.handshake(1, 10), peer.end(1));
      const closed = [...mux.openChannels.values()].map(({ closed$ }) => listen(closed$));
      carrier.inbound$.complete();
      expect(closed).toEqual([[expect.any(CarrierEndedError)], [expect.any(CarrierEndedError)]]);
      expect(mux.openChannels.size).toBe(0);
      expect(listen(mux.channels$)).toEqual(['complete']);
      expect(carrier.isEnded).toBe(true);
    });
  });

  describe('when the carrier takes no more', () => {
    it('fails the channels that had not ended here, and lets the others receive', async () => {
      const { carrier, mux } = start();
      const [open, ended] = [mux.open(), mux.open()];
      ended.outbound$.complete();
      await turn();
      const finished = listen(mux.finished$);
      carrier.receive(peer.handshake(0, 0), peer.handshake(1, 0));
      carrier.capacity$.complete();
      expect(finished).toEqual([undefined, 'complete']);
      expect(listen(open.inbound$)).toEqual([expect.any(CarrierFinishedError)]);
      expect(listen(open.closed$)).toEqual([expect.objectContaining({ carrierDone: true, channelId: 0 })]);

      const inbound = listen(ended.inbound$.pipe(map((chunk) => chunk.toString())));
      carrier.receive(peer.data(1, 2, 'hi'), peer.end(1));
      expect(inbound).toEqual(['hi', 'complete']);
      expect(listen(mux.closed$)).toEqual([]);
      carrier.inbound$.complete();
      expect(listen(mux.closed$)).toEqual([undefined, 'complete']);
    });
  });

  describe('when the carrier takes no more, and still delivers', () => {
    it('opens no channels for the peer, which could not be answered', () => {
      const { carrier, mux } = start();
      carrier.receive(peer.handshake(0, 0));
      carrier.capacity$.complete();
      const channels = listen(mux.channels$);
      carrier.receive(peer.handshake(1, 10), peer.end(1));
      carrier.inbound$.complete();
      expect(channels).toEqual(['complete']);
      expect(mux.openChannels.size).toBe(0);
      expect(listen(mux.closed$)).toEqual([undefined, 'complete']);
    });

    it('does not blame a peer that goes on with a channel which has failed here', async () => {
      const { carrier, mux } = start();
      const faults = listen(mux.errors$);
      mux.open();
      await turn();
      carrier.receive(peer.handshake(0, 0));
      carrier.capacity$.complete();
      carrier.receive(peer.data(0, 3, 'abc'), peer.status(0, 20, 0), peer.end(0));
      expect(faults).toEqual([]);
    });
  });

  describe('when the carrier fails', () => {
    it('fails every channel with CarrierEndedError, whose cause is what happened', async () => {
      const { carrier, mux } = start();
      const channel = mux.open();
      const all = [listen(channel.inbound$), listen(channel.outbound$), listen(channel.closed$)];
      const cause = new Error('cable cut');
      carrier.inbound$.error(cause);
      for (const heard of all) {
        expect(heard).toEqual([expect.any(CarrierEndedError)]);
        expect(heard[0]).toMatchObject({ cause, carrierDone: true });
      }
      for (const state$ of [mux.ended$, mux.finished$, mux.closed$]) {
        expect(listen(state$)).toEqual([undefined, 'complete']);
      }
      expect(mux.openChannels.size).toBe(0);
      await expect(mux.close()).rejects.toBe(cause);
    });
  });

  describe('close()', () => {
    it('lets open channels finish, refuses new ones, and then ends the carrier', async () => {
      const { carrier, mux } = start();
      const channel = mux.open();
      await carrier.hears();
      carrier.receive(peer.handshake(0, 10), peer.handshake(1, 0));
      const closing = mux.close();
      expect(mux.close()).toBe(closing);
      carrier.receive(peer.handshake(2, 0), peer.end(1));
      // Both the one that waited for a subscriber and the new one.
      expect(await carrier.hears()).toEqual([
        'HANDSHAKE 2 free=0 ""',
        'ERROR_END 2',
        'HANDSHAKE 1 free=0 ""',
        'ERROR_END 1',
      ]);
      channel.outbound$.next('last words');
      channel.outbound$.complete();
      carrier.receive(peer.end(0));
      expect(carrier.isEnded).toBe(false);
      expect(await carrier.hears()).toEqual(['DATA 0 seq=10 "last words"', 'END 0']);
      expect(carrier.isEnded).toBe(true);
      carrier.inbound$.complete();
      await expect(closing).resolves.toBeUndefined();
    });

    it('leaves alone a channel that waits for a subscriber and has been answered', async () => {
      const { carrier, mux } = start();
      carrier.receive(peer.handshake(0, 10), peer.handshake(1, 10));
      mux.openChannels.get(0)?.accept();
      void mux.close();
      expect(await carrier.hears()).toEqual([
        'HANDSHAKE 0 free=65536 ""',
        'HANDSHAKE 1 free=0 ""',
        'ERROR_END 1',
      ]);
    });

    it('ends the carrier at once where no channel is open, and writes nothing more', async () => {
      const { carrier, mux } = start();
      carrier.end = () => {
        carrier.isEnded = true; // and takes its time to finish
      };
      void mux.close();
      expect(carrier.isEnded).toBe(true);
      carrier.receive(peer.handshake(0, 0));
      expect(await carrier.hears()).toEqual([]);
    });

    it('is rejected where the mux fails, without a complaint where nobody waits', async () => {
      const { carrier, mux } = start();
      mux.open();
      const closing = mux.close();
      carrier.inbound$.error('broken');
      await expect(closing).rejects.toBe('broken');
    });

    it('is fulfilled where the mux is destroyed meanwhile', async () => {
      const { mux } = start();
      mux.open();
      const closing = mux.close();
      mux.destroy();
      await expect(closing).resolves.toBeUndefined();
    });
  });

  describe('destroy()', () => {
    it('fails every channel with MuxClosedError and destroys the carrier', async () => {
      const { carrier, mux } = start();
      const channel = mux.open();
      await carrier.hears();
      carrier.receive(peer.handshake(0, 0), peer.data(0, 2, 'hi'));
      const channels = listen(mux.channels$);
      mux.destroy();
      mux.destroy(new Error('too late'));
      expect(carrier.destroyedWith).toEqual({ error: undefined });
      expect(listen(channel.inbound$)).toEqual([new MuxClosedError()]);
      expect(listen(channel.closed$)).toEqual([new MuxClosedError()]);
      expect(channels).toEqual(['complete']);
      expect(mux.openChannels.size).toBe(0);
      channel.outbound$.next('into the void');
      channel.destroy();
      expect(await carrier.hears()).toEqual([]);
    });

    it('fails them with the error that it is given', () => {
      const { carrier, mux } = start();
      const channel = mux.open();
      const channels = listen(mux.channels$);
      const error = new Error('enough');
      mux.destroy(error);
      expect(listen(channel.closed$)).toEqual([error]);
      expect(channels).toEqual([error]);
      expect(carrier.destroyedWith).toEqual({ error });
      const other = start();
      other.mux.destroy('not an Error');
      expect(other.carrier.destroyedWith).toEqual({ error: undefined });
    });

    it('completes every Observable of the mux', () => {
      const { mux } = start();
      const all = [
        mux.channels$,
        mux.handshakeSent$,
        mux.drain$,
        mux.full$,
        mux.keepAlive$,
        mux.errors$,
        mux.removed$,
        mux.capacity$.pipe(map(() => undefined)),
        mux.ended$,
        mux.finished$,
        mux.closed$,
      ].map((observable$) => listen<unknown>(observable$));
      mux.destroy();
      for (const heard of all) {
        expect(heard.at(-1)).toBe('complete');
      }
    });

    it('may be called from anywhere inside', async () => {
      for (const trigger of ['parse', 'channel', 'chunk', 'removed', 'errors'] as const) {
        const carrier = new TestCarrier();
        const mux: Mux = new Mux(carrier, {
          keepAlive: false,
          parseHandshake: (data) => {
            if (trigger === 'parse') {
              mux.destroy();
            }
            return data;
          },
        });
        const end = () => {
          mux.destroy();
        };
        if (trigger === 'removed') {
          mux.removed$.subscribe(end);
        }
        if (trigger === 'errors') {
          mux.errors$.subscribe(end);
        }
        mux.channels$.subscribe((channel) => {
          channel.closed$.subscribe({ error: () => undefined });
          channel.inbound$.subscribe({
            next: () => {
              if (trigger === 'chunk') {
                end();
              }
            },
            error: () => undefined,
          });
          if (trigger === 'channel') {
            end();
          } else {
            channel.outbound$.complete();
          }
        });
        carrier.receive(peer.handshake(0, 0));
        await turn();
        carrier.receive(peer.data(0, 1, 'x'), peer.frame(9), peer.data(0, 2, 'y'), peer.end(0), peer.end(0));
        await turn();
        expect(mux.openChannels.size).toBe(0);
        expect(carrier.destroyedWith).toEqual({ error: undefined });
      }
    });
  });

  describe('what is written while a chunk of the carrier’s is worked through', () => {
    it('leaves at its end in one write, without being deferred', () => {
      const { carrier, mux } = start({ peerChannelOptions: { highWaterMark: 4 } });
      mux.channels$.subscribe(({ inbound$, outbound$ }) => {
        inbound$.subscribe(outbound$);
      });
      carrier.receive(peer.handshake(0, 100), peer.handshake(1, 100));
      expect(carrier.said.splice(0)).toEqual(['HANDSHAKE 0 free=4 ""', 'HANDSHAKE 1 free=4 ""']);
      carrier.receive(peer.data(0, 4, 'ball'), peer.data(1, 4, 'club'));
      expect(carrier.said).toEqual([
        'STATUS 0 free=4 seq=4',
        'STATUS 1 free=4 seq=4',
        'DATA 0 seq=4 "ball"',
        'DATA 1 seq=4 "club"',
      ]);
      expect(carrier.writes).toHaveLength(2);
    });

    it('leaves as the carrier has room, and the rest when it has room again', async () => {
      const { carrier, mux } = start({}, 0);
      mux.channels$.subscribe();
      carrier.receive(peer.handshake(0, 0));
      expect(await carrier.hears()).toEqual([]);
      carrier.capacity$.next(100);
      expect(await carrier.hears()).toEqual(['HANDSHAKE 0 free=65536 ""']);
    });

    it('is nothing where the mux is destroyed meanwhile', async () => {
      const { carrier, mux } = start();
      mux.channels$.subscribe(() => {
        mux.destroy();
      });
      carrier.receive(peer.handshake(0, 0));
      expect(await carrier.hears()).toEqual([]);
    });

    it('does not make two who answer each other at once, over a carrier that delivers at once, run out of stack', async () => {
      const ROUNDS = 20_000;
      const [left, right] = [new TestCarrier(), new TestCarrier()];
      for (const [from, to] of [
        [left, right],
        [right, left],
      ] as const) {
        from.write = (chunks) => {
          to.receive(...chunks.map((chunk) => Buffer.from(chunk)));
        };
      }
      const [player, echo] = [left, right].map((carrier) => new Mux(carrier, { keepAlive: false }));
      echo?.channels$.subscribe(({ inbound$, outbound$ }) => inbound$.subscribe(outbound$));
      const channel = player?.open();
      let rounds = 0;
      channel?.inbound$.subscribe((ball) => {
        rounds += 1;
        if (rounds < ROUNDS) {
          channel.outbound$.next(ball);
        }
      });
      channel?.outbound$.next('ball');
      await turn();
      expect(rounds).toBe(ROUNDS);
    });
  });

  describe('credit for chunks that the carrier delivers in a row', () => {
    /** A mux with channels 0 and 1 of the peer's, whose bytes are consumed at once. */
    async function startInBursts(highWaterMark = 4) {
      const burstEnd$ = new Subject<void>();
      const carrier = Object.assign(new TestCarrier(), { burstEnd$: burstEnd$.pipe(take(1)) });
      const mux = new Mux(carrier, { keepAlive: false, peerChannelOptions: { highWaterMark } });
      mux.channels$.subscribe(({ inbound$, outbound$ }) => {
        inbound$.subscribe({
          next: (chunk) => {
            if (chunk.toString() === 'ball') {
              outbound$.next(chunk);
            }
          },
          error: () => undefined,
        });
      });
      carrier.receive(peer.handshake(0, 100), peer.handshake(1, 100));
      await carrier.hears();
      carrier.writes.length = 0;
      return { carrier, mux, burstEnd$ };
    }

    it('is granted after the last of them, in one write', async () => {
      const { carrier, burstEnd$ } = await startInBursts();
      carrier.receive(peer.data(0, 4, 'word'));
      carrier.receive(peer.data(1, 4, 'word'));
      expect(await carrier.hears()).toEqual([]);
      burstEnd$.next();
      expect(await carrier.hears()).toEqual(['STATUS 0 free=4 seq=4', 'STATUS 1 free=4 seq=4']);
      expect(carrier.writes).toHaveLength(1);
      carrier.receive(peer.data(0, 8, 'word'));
      burstEnd$.next();
      expect(await carrier.hears()).toEqual(['STATUS 0 free=4 seq=8']);
    });

    it('is granted with whatever else leaves before', async () => {
      const { carrier, burstEnd$ } = await startInBursts();
      carrier.receive(peer.data(0, 4, 'word'));
      carrier.receive(peer.data(1, 4, 'ball'));
      const expected = ['STATUS 0 free=4 seq=4', 'STATUS 1 free=4 seq=4', 'DATA 1 seq=4 "ball"'];
      expect(carrier.said.splice(0)).toEqual(expected);
      burstEnd$.next();
      expect(await carrier.hears()).toEqual([]);
    });

    it('is granted before the last of them where there are many, so that the peer can go on', async () => {
      const { carrier, burstEnd$ } = await startInBursts(524_288);
      const chunk = Buffer.alloc(65_536);
      const said = [1, 2, 3, 4, 5, 6, 7, 8].map((count) => {
        carrier.receive(peer.data(0, count * chunk.length, chunk));
        return carrier.said.splice(0);
      });
      // Half of the window is due with the fourth.
      expect(said).toEqual([[], [], [], [], [], [], ['STATUS 0 free=524288 seq=458752'], []]);
      burstEnd$.next();
      expect(await carrier.hears()).toEqual([]);
    });

    it('is granted at once where the bytes are consumed at another time', async () => {
      const { carrier, mux } = await startInBursts();
      const channel = mux.open('', { channel: 2, highWaterMark: 4 });
      const deliveries = listen(channel.deliveries$);
      expect(await carrier.hears()).toEqual(['HANDSHAKE 2 free=4 ""']);
      carrier.receive(peer.handshake(2, 0), peer.data(2, 4, 'late'));
      (deliveries[0] as Delivery).ack();
      expect(await carrier.hears()).toEqual(['STATUS 2 free=4 seq=4']);
    });

    it('is not waited for where the mux is destroyed by who consumes the bytes', async () => {
      const { carrier, mux, burstEnd$ } = await startInBursts();
      mux.openChannels.get(1)?.inbound$.subscribe({
        next: () => {
          mux.destroy();
        },
        error: () => undefined,
      });
      carrier.receive(peer.data(0, 4, 'word'), peer.data(1, 4, 'word'));
      expect(burstEnd$.observed).toBe(false);
      expect(await carrier.hears()).toEqual([]);
    });

    it('is not granted any more where the mux is destroyed before the last of them', async () => {
      const { carrier, mux, burstEnd$ } = await startInBursts();
      carrier.receive(peer.data(0, 4, 'word'));
      mux.destroy();
      expect(burstEnd$.observed).toBe(false);
      burstEnd$.next();
      expect(await carrier.hears()).toEqual([]);
    });
  });

  it('writes control messages only as the carrier has room', async () => {
    const { carrier, mux } = start({}, 30);
    for (let i = 0; i < 5; i += 1) {
      mux.open();
    }
    carrier.receive(...Array.from({ length: 3 }, (_, i) => peer.handshake(100 + i, 0)));
    expect(await carrier.hears()).toEqual([0, 1, 2].map((id) => `HANDSHAKE ${id} free=65536 ""`));
    carrier.capacity$.next(20);
    expect(await carrier.hears()).toEqual([3, 4].map((id) => `HANDSHAKE ${id} free=65536 ""`));
  });

  it('fails where setLength throws, since frames would be out of step', async () => {
    const error = new Error('no');
    const { carrier, mux } = start({
      framing: {
        lengthSize: 4,
        setLength: () => {
          throw error;
        },
      },
    });
    const closed = listen(mux.open().closed$);
    await turn();
    expect(closed).toEqual([error]);
    expect(carrier.destroyedWith).toEqual({ error });
  });

  it('sends no more of a grant whose first piece is the one that setLength throws for', async () => {
    const error = new Error('no');
    const { carrier, mux } = start({
      framing: {
        lengthSize: 4,
        setLength: (bytes, length) => {
          if (length === 5000) {
            throw error;
          }
          return bytes.writeUInt32BE(length);
        },
      },
    });
    const channel = mux.open();
    carrier.receive(peer.handshake(0, 60_000));
    await carrier.hears();
    channel.outbound$.next(Buffer.alloc(5000));
    channel.outbound$.next(Buffer.alloc(5001));
    expect(await carrier.hears()).toEqual([]);
    expect(channel.bufferedAmount).toBe(0);
    expect(carrier.destroyedWith).toEqual({ error });
  });

  it('sends with the next channel’s bytes what waited in a turn that somebody else’s exception has cut short', async () => {
    const { carrier, mux } = start();
    const [one, two] = [mux.open(), mux.open()];
    carrier.receive(peer.handshake(0, 1000), peer.handshake(1, 1000));
    await carrier.hears();
    asapScheduler.schedule(() => {
      throw new Error('of somebody else');
    });
    one.outbound$.next('one');
    // The scheduler is everybody's, and drops all that is due in a turn in which something throws.
    expect(() => {
      asapScheduler.flush();
    }).toThrow('of somebody else');
    expect(await carrier.hears()).toEqual([]);
    two.outbound$.next('two');
    expect(await carrier.hears()).toEqual(['DATA 0 seq=3 "one"', 'DATA 1 seq=3 "two"']);
  });

  it('keeps to frames that the length can tell', async () => {
    const carrier = new TestCarrier();
    const mux = new Mux(carrier, { keepAlive: false, framing: { lengthSize: 1 } });
    const sizes = lastValueFrom(
      carrier.written$.pipe(
        take(2),
        map(() => carrier.writes.at(-1)?.map((chunk) => chunk.length)),
        toArray(),
      ),
    );
    const channel = mux.open('', { channel: 1 });
    await turn();
    carrier.inbound$.next(Buffer.of(9, 1, 0, 0, 0, 1, 0, 0, 255, 255));
    channel.outbound$.next(Buffer.alloc(600));
    // 600 = 255 + 255 + 90, each with a length of one byte, after a header frame of ten.
    expect((await sizes)[1]?.reduce((sum, size) => sum + size, 0)).toBe(600 + 3 * 11);
  });
});
