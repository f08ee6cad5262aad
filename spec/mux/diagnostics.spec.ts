import { channel as point, subscribe, unsubscribe } from 'node:diagnostics_channel';
import { VirtualTimeScheduler } from 'rxjs';
import { Mux, ProtocolError } from '../../src/index.js';
import { listen } from '../support/listen.js';
import { PLAIN_WIRE } from '../support/plain-wire.js';
import { TestCarrier } from '../support/test-carrier.js';
import * as wire from '../support/wire.js';

type Told = Readonly<Record<string, unknown>>;

describe('the diagnostics channel', () => {
  const stops: (() => void)[] = [];

  /** What is told there, as a list that grows. */
  const hear = (name: string): Told[] => {
    const told: Told[] = [];
    const listener = (message: unknown): void => {
      told.push(message as Told);
    };
    subscribe(name, listener);
    stops.push(() => unsubscribe(name, listener));
    return told;
  };

  afterEach(() => {
    for (const stop of stops.splice(0)) {
      stop();
    }
  });

  const start = (): { carrier: TestCarrier; mux: Mux } => {
    const carrier = new TestCarrier();
    return {
      carrier,
      mux: new Mux(carrier, { ...PLAIN_WIRE, highChannels: false, scheduler: new VirtualTimeScheduler() }),
    };
  };

  it('rxmux:mux:open tells of each mux', () => {
    const told = hear('rxmux:mux:open');
    const { mux } = start();
    expect(told).toEqual([{ mux }]);
    expect(told[0]?.['mux']).toBe(mux);
  });

  it('rxmux:channel:open tells of channels of both sides, by then named', () => {
    const { carrier, mux } = start();
    const labels: unknown[] = [];
    const listener = (message: unknown): void => {
      const { mux: its, channel } = message as { mux: Mux; channel: ReturnType<Mux['open']> };
      expect(its).toBe(mux);
      labels.push([channel.id, channel.openedBy, channel.stats().label]);
    };
    subscribe('rxmux:channel:open', listener);
    stops.push(() => unsubscribe('rxmux:channel:open', listener));
    mux.open('mine');
    mux.open('again', { channel: 0 });
    carrier.receive(wire.handshake(7, 100, 'theirs'));
    expect(labels).toEqual([
      [0, 'local', 'mine'],
      [7, 'peer', 'theirs'],
    ]);
  });

  it('rxmux:channel:closed tells how a channel was in the end, and what broke it', async () => {
    const told = hear('rxmux:channel:closed');
    const { carrier, mux } = start();
    const [good, bad] = [mux.open('good'), mux.open('bad')];
    listen(bad.inbound$);
    listen(bad.outbound$);
    await carrier.hears();
    carrier.receive(wire.handshake(0, 100), wire.data(0, 5, 'hello'), wire.end(0));
    good.outbound$.next('abc');
    good.outbound$.complete();
    await carrier.hears();
    const error = new Error('gone');
    mux.destroy(error);
    expect(told).toEqual([
      { mux, channel: good, stats: good.stats(), error: undefined },
      { mux, channel: bad, stats: bad.stats(), error },
    ]);
    expect(told[0]?.['stats']).toMatchObject({ id: 0, label: 'good', received: 5, unread: 5, sent: 3 });
  });

  it('rxmux:error tells of what errors$ has, and of what a mux fails with', () => {
    const told = hear('rxmux:error');
    const { carrier, mux } = start();
    listen(mux.channels$);
    carrier.receive(wire.status(9, 0, 0));
    carrier.receive(Buffer.from([0, 0, 0, 1, 99])); // of no known type
    const error = new Error('cut');
    carrier.inbound$.error(error);
    expect(told).toEqual([
      { mux, error: new ProtocolError('status for no channel', { channelId: 9 }) },
      { mux, error: expect.any(ProtocolError) as unknown },
      { mux, error },
    ]);
    expect(mux.stats().errors).toBe(2);
  });

  it('rxmux:error tells nothing of a mux that ends in good order', () => {
    const told = hear('rxmux:error');
    start().mux.destroy();
    expect(told).toStrictEqual([]);
  });

  it('is told nothing, and nothing is made, where nobody listens', () => {
    const publishes = jest.spyOn(point('rxmux:error'), 'publish');
    const { carrier, mux } = start();
    const stats = jest.spyOn(mux.open(), 'stats');
    carrier.receive(wire.status(9, 0, 0));
    mux.destroy();
    expect(stats).not.toHaveBeenCalled();
    expect(publishes).not.toHaveBeenCalled();
    expect(mux.stats().errors).toBe(1);
  });
});
