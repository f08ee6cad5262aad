import { type ChannelOptions, Mux } from '../../src/index.js';
import { PLAIN_WIRE } from '../support/plain-wire.js';
import { TestCarrier } from '../support/test-carrier.js';
import * as wire from '../support/wire.js';

/** Channels with these options, whose peer takes a megabyte each, and a carrier that is full. */
async function opened(...options: ChannelOptions[]) {
  const carrier = new TestCarrier(1000);
  const mux = new Mux(carrier, PLAIN_WIRE);
  const channels = options.map((settings) => mux.open('', settings));
  carrier.receive(...channels.map(({ id }) => wire.handshake(id, 1_000_000)));
  await carrier.hears();
  carrier.capacity$.next(0);
  return { carrier, channels };
}

describe.each([
  ['priority', 3, [0, 7], '0 … 7', [-1, 8, 2.5, NaN, Infinity]],
  ['weight', 16, [1, 256], '1 … 256', [0, 257, -16, 1.5, NaN, Infinity]],
] as const)('channel.%s', (name, byDefault, ends, range, bad) => {
  it('is what the option says, or the default', async () => {
    const { channels } = await opened({}, { [name]: ends[0] }, { [name]: ends[1] }, { [name]: undefined });
    expect(channels.map((channel) => channel[name])).toEqual([byDefault, ...ends, byDefault]);
  });

  it('is what peerChannelOptions say, for a channel of the peer’s', () => {
    const carrier = new TestCarrier();
    const mux = new Mux(carrier, { ...PLAIN_WIRE, peerChannelOptions: { [name]: ends[1] } });
    carrier.receive(wire.handshake(7, 0));
    expect(mux.openChannels.get(7)?.[name]).toBe(ends[1]);
    expect(mux.open()[name]).toBe(byDefault);
  });

  it.each(ends)('can be set to %i', async (value) => {
    const [channel] = (await opened({})).channels;
    if (channel !== undefined) {
      channel[name] = value;
    }
    expect(channel?.[name]).toBe(value);
  });

  it.each(bad)('throws RangeError that names it for %d, and stays as it was', async (value) => {
    const [channel] = (await opened({})).channels;
    expect(() => {
      if (channel !== undefined) {
        channel[name] = value;
      }
    }).toThrow(new RangeError(`${name} must be a whole number ${range}, got ${value}`));
    expect(channel?.[name]).toBe(byDefault);
  });

  it('throws TypeError that names it for what is no number', async () => {
    const [channel] = (await opened({})).channels;
    expect(() => {
      (channel as unknown as Record<string, string>)[name] = '3';
    }).toThrow(new TypeError(`${name} must be a number, got '3'`));
    expect(channel?.[name]).toBe(byDefault);
  });

  it.each(bad)('as an option of %d is refused by name', (value) => {
    const mux = new Mux(new TestCarrier(), PLAIN_WIRE);
    const message = `${name} must be a whole number ${range}, got ${value}`;
    expect(() => mux.open('', { [name]: value })).toThrow(new RangeError(`options.${message}`));
    expect(() => new Mux(new TestCarrier(), { peerChannelOptions: { [name]: value } })).toThrow(
      new RangeError(`options.peerChannelOptions.${message}`),
    );
    expect(mux.openChannels.size).toBe(0);
  });

  it('can be set when the channel is gone, without anything being sent', async () => {
    const { carrier, channels } = await opened({});
    const [channel] = channels;
    channel?.outbound$.next('never sent');
    channel?.closed$.subscribe({ error: () => undefined });
    carrier.inbound$.complete();
    carrier.capacity$.next(1000);
    if (channel !== undefined) {
      channel[name] = ends[0];
    }
    expect(channel?.[name]).toBe(ends[0]);
    expect(await carrier.hears()).toEqual([]);
  });
});

describe('bytes that wait for the carrier', () => {
  it('leave by priority, whoever came first', async () => {
    const { carrier, channels } = await opened({}, { priority: 7 }, { priority: 0 });
    for (const { id, outbound$ } of channels) {
      outbound$.next(`of ${id}`);
    }
    carrier.capacity$.next(65_536);
    expect(await carrier.hears()).toEqual([
      'DATA 2 seq=4 "of 2"',
      'DATA 0 seq=4 "of 0"',
      'DATA 1 seq=4 "of 1"',
    ]);
  });

  it('leave by the priority that is set while they wait', async () => {
    const { carrier, channels } = await opened({}, {}, {});
    for (const { id, outbound$ } of channels) {
      outbound$.next(`of ${id}`);
    }
    const [first, , last] = channels;
    if (first !== undefined && last !== undefined) {
      [first.priority, last.priority] = [7, 0];
    }
    carrier.capacity$.next(65_536);
    expect(await carrier.hears()).toEqual([
      'DATA 2 seq=4 "of 2"',
      'DATA 1 seq=4 "of 1"',
      'DATA 0 seq=4 "of 0"',
    ]);
  });

  it('share the carrier by weight, to within a turn of each', async () => {
    const weights = [8, 16, 32];
    const { carrier, channels } = await opened(...weights.map((weight) => ({ weight })));
    for (const { outbound$ } of channels) {
      outbound$.next(Buffer.alloc(900_000));
    }
    carrier.capacity$.next(700_000);
    await carrier.hears();
    for (const [index, { bufferedAmount }] of channels.entries()) {
      const share = (weights[index] ?? 0) / 56;
      const turn = ((weights[index] ?? 0) / 16) * 65_536;
      expect(Math.abs(900_000 - bufferedAmount - 700_000 * share)).toBeLessThanOrEqual(turn);
    }
  });
});
