import { firstValueFrom } from 'rxjs';
import { CarrierEndedError } from '../../src/index.js';
import { nextTurn$ } from '../../src/reactive/next-turn.js';
import { connectionLost } from '../../src/resume.js';
import { DataChannelCarrier, type DataChannelCarrierOptions } from '../../src/data-channel.js';
import { listen } from '../support/listen.js';
import { EventSource } from './event-source.js';

/** An `RTCDataChannel`, whose far end and whose network are the test. */
class TestChannel extends EventSource {
  binaryType = 'blob';
  readyState = 'open';
  ordered = true;
  maxPacketLifeTime: number | null | undefined = null;
  maxRetransmits: number | null | undefined = null;
  bufferedAmount = 0;
  bufferedAmountLowThreshold = 0;
  isClosed = false;
  readonly sent: number[] = [];

  send(message: ArrayBuffer): void {
    if (this.readyState === 'closing' || this.readyState === 'closed') {
      throw new DOMException('not open', 'InvalidStateError');
    }
    this.sent.push(message.byteLength);
    this.bufferedAmount += message.byteLength;
  }

  close(): void {
    this.isClosed = true;
  }

  /** Some of what waited has left. It is told of once, on the way down past the threshold. */
  leave(bufferedAmount: number): void {
    const wasAbove = this.bufferedAmount > this.bufferedAmountLowThreshold;
    this.bufferedAmount = bufferedAmount;
    if (wasAbove && bufferedAmount <= this.bufferedAmountLowThreshold) {
      this.dispatch('bufferedamountlow');
    }
  }

  receive(text: string): void {
    const { buffer } = Uint8Array.from(Buffer.from(text));
    this.dispatch('message', { data: buffer });
  }
}

async function start(options?: DataChannelCarrierOptions, properties?: Partial<TestChannel>) {
  const channel = Object.assign(new TestChannel(), properties);
  const carrier = new DataChannelCarrier(channel, options);
  const inbound = listen(carrier.inbound$);
  await firstValueFrom(nextTurn$);
  return { channel, carrier, inbound, capacity: listen(carrier.capacity$) };
}

describe('DataChannelCarrier', () => {
  it('delivers messages', async () => {
    const { channel, inbound } = await start();
    expect(channel.binaryType).toBe('arraybuffer');
    channel.receive('bytes');
    expect(inbound).toEqual([Uint8Array.from(Buffer.from('bytes'))]);
  });

  it('sends no message that is larger than every browser takes', async () => {
    const { channel, carrier } = await start({ maxMessageSize: 100 });
    carrier.write([Buffer.alloc(90), Buffer.alloc(10)]);
    carrier.write([Buffer.alloc(150), Buffer.alloc(101)]);
    expect(channel.sent).toEqual([100, 100, 100, 51]);
    const byDefault = await start();
    byDefault.carrier.write([Buffer.alloc(65_537)]);
    expect(byDefault.channel.sent).toEqual([65_536, 1]);
  });

  it('has room as bufferedAmount says, and hears of it when half has left', async () => {
    const { channel, carrier, capacity } = await start({ highWaterMark: 100 });
    expect(channel.bufferedAmountLowThreshold).toBe(50);
    carrier.write([Buffer.alloc(120)]);
    channel.leave(60);
    expect(capacity).toEqual([100, 0]);
    channel.leave(50);
    expect(capacity).toEqual([100, 0, 50]);
  });

  it('has no room until it is open', async () => {
    const { channel, capacity } = await start({ highWaterMark: 100 }, { readyState: 'connecting' });
    expect(capacity).toEqual([0]);
    channel.dispatch('open');
    await firstValueFrom(nextTurn$);
    expect(capacity).toEqual([0, 100]);
  });

  it('sends nothing in the turn in which it got a channel that is open: Chromium would lose it', async () => {
    const channel = new TestChannel();
    const carrier = new DataChannelCarrier(channel);
    carrier.end();
    expect(carrier.capacity$.value).toBe(0);
    expect(channel.sent).toEqual([]);
    await firstValueFrom(nextTurn$);
    expect(channel.sent).toEqual([0]);
  });

  it('ends with an empty message each way, completes capacity$ when all has left, and is closed', async () => {
    const { channel, carrier, inbound, capacity } = await start({ highWaterMark: 100 });
    carrier.write([Buffer.alloc(40)]);
    carrier.end();
    expect(channel.sent).toEqual([40, 0]);
    channel.leave(0);
    expect(capacity).toEqual([100, 60, 100, 'complete']);
    expect(channel.isClosed).toBe(false);
    channel.receive('');
    expect(inbound).toEqual(['complete']);
    expect(channel.isClosed).toBe(true);
  });

  it('is closed where it is this side that ends last, too', async () => {
    const { channel, carrier } = await start();
    channel.receive('');
    expect(channel.isClosed).toBe(false);
    carrier.end();
    expect([channel.sent, channel.isClosed]).toEqual([[0], true]);
  });

  it('takes nothing that comes after its far end has ended, or after it was destroyed, also before there is a mux', async () => {
    const [ended, destroyed] = [new TestChannel(), new TestChannel()];
    const carriers = [ended, destroyed].map((one) => new DataChannelCarrier(one));
    ended.receive('bytes');
    ended.receive('');
    carriers[1]?.destroy();
    [ended, destroyed].forEach((one) => {
      one.receive('late');
    });
    const heard = carriers.map(({ inbound$ }) => listen(inbound$));
    await Promise.resolve();
    expect(heard).toEqual([[Uint8Array.from(Buffer.from('bytes')), 'complete'], ['complete']]);
  });

  it('completes both sides where it is closed, and errors where it fails', async () => {
    const [closed, failed, unknown] = [await start(), await start(), await start()];
    closed.channel.dispatch('close');
    expect(closed.inbound).toEqual(['complete']);
    expect(closed.capacity).toEqual([262_144, 'complete']);
    const error = new Error('sctp');
    failed.channel.dispatch('error', { error });
    failed.channel.dispatch('close');
    expect(failed.inbound).toEqual([error]);
    unknown.channel.dispatch('error', {});
    unknown.channel.dispatch('close');
    expect(unknown.inbound).toEqual([new CarrierEndedError({ message: 'data channel failed' })]);
    expect(unknown.inbound.map(connectionLost)).toEqual([true]);
  });

  it.each(['closing', 'closed'])(
    'takes it for no failure where the channel is %s and has not told so yet',
    async (readyState) => {
      const { channel, carrier, inbound, capacity } = await start({ highWaterMark: 100 });
      channel.readyState = readyState;
      carrier.write([Buffer.alloc(40)]);
      channel.receive('last');
      carrier.end();
      channel.dispatch('close');
      expect(channel.sent).toEqual([]);
      expect(inbound).toEqual([Uint8Array.from(Buffer.from('last')), 'complete']);
      expect(capacity).toEqual([100, 'complete']);
    },
  );

  it('is closed at once by destroy()', async () => {
    const { channel, carrier, inbound, capacity } = await start();
    carrier.destroy();
    expect(channel.isClosed).toBe(true);
    expect(inbound).toEqual(['complete']);
    expect(capacity).toEqual([262_144, 'complete']);
  });

  it('fails where a message is text', async () => {
    const { channel, inbound } = await start();
    channel.dispatch('message', { data: 'text' });
    expect(inbound).toEqual([new TypeError('the far end has sent a message that is not binary')]);
    expect(channel.isClosed).toBe(true);
  });

  it.each<[string, Partial<TestChannel>]>([
    ['not ordered', { ordered: false }],
    ['not reliable for long', { maxPacketLifeTime: 100 }],
    ['not reliable', { maxRetransmits: 0 }],
  ])('refuses a channel that is %s', async (_what, properties) => {
    await expect(start({}, properties)).rejects.toThrow(
      new TypeError('channel must be ordered and reliable'),
    );
  });

  it('takes a channel that does not say whether it is reliable: it knows of nothing else', async () => {
    const { capacity } = await start({}, { maxPacketLifeTime: undefined, maxRetransmits: undefined });
    expect(capacity).toEqual([262_144]);
  });

  it('keeps what comes before there is a mux, and fails after a MiB', async () => {
    const [channel, flooded] = [new TestChannel(), new TestChannel()];
    const carriers = [channel, flooded].map((one) => new DataChannelCarrier(one));
    channel.receive('bytes');
    for (let i = 0; i <= 16; i += 1) {
      flooded.dispatch('message', { data: new ArrayBuffer(65_536) });
    }
    const [kept, failed] = carriers.map(({ inbound$ }) => listen(inbound$));
    await Promise.resolve();
    expect(kept).toEqual([Uint8Array.from(Buffer.from('bytes'))]);
    expect(failed).toEqual([
      new Error('more than 1048576 bytes have come, and nobody has made a mux for them'),
    ]);
    expect([channel.isClosed, flooded.isClosed]).toEqual([false, true]);
  });

  it('refuses a channel that is closed, and options that make no sense', async () => {
    await expect(start({}, { readyState: 'closed' })).rejects.toThrow(
      new TypeError('channel must be connecting or open, got one that is closed'),
    );
    await expect(start({ highWatermark: 5 } as DataChannelCarrierOptions)).rejects.toThrow(
      new TypeError('options.highWatermark is not an option (did you mean highWaterMark?)'),
    );
    await expect(start({ highWaterMark: 0 })).rejects.toThrow(
      new RangeError('options.highWaterMark must be a whole number from 1, got 0'),
    );
    await expect(start({ maxMessageSize: 0.5 })).rejects.toThrow(
      new RangeError('options.maxMessageSize must be a whole number from 1, got 0.5'),
    );
  });
});
