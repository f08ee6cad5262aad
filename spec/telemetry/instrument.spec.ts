import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:http';
import { PrometheusExporter } from '@opentelemetry/exporter-prometheus';
import { MeterProvider } from '@opentelemetry/sdk-metrics';
import { VirtualTimeScheduler } from 'rxjs';
import { Mux } from '../../src/index.js';
import { instrument } from '../../src/telemetry.js';
import { listen } from '../support/listen.js';
import { PLAIN_WIRE } from '../support/plain-wire.js';
import { TestCarrier } from '../support/test-carrier.js';
import * as wire from '../support/wire.js';

/** What stands at a port: the exporter's page. */
class Page {
  readonly #exporter = new PrometheusExporter({ preventServerStart: true });
  readonly #provider = new MeterProvider({ readers: [this.#exporter] });
  readonly meter = this.#provider.getMeter('test');
  readonly #server = createServer((request, response) => {
    this.#exporter.getMetricsRequestHandler(request, response);
  });

  async start(): Promise<void> {
    await once(this.#server.listen(0, '127.0.0.1'), 'listening');
  }

  /** The samples of the metrics whose names begin so: each with its labels, but for those of the meter itself. */
  async scrape(prefix = 'rxmux'): Promise<Record<string, number>> {
    const { port } = this.#server.address() as AddressInfo;
    const text = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
    const lines = text.split('\n').filter((line) => line.startsWith(prefix));
    return Object.fromEntries(
      lines.map((line) => {
        const [, name = '', labels = '', value] = /^(\w+)(?:\{(.*)\})? (\S+)/.exec(line) ?? [];
        const own = labels.split(',').filter((label) => label !== '' && !label.startsWith('otel_scope'));
        return [own.length === 0 ? name : `${name}{${own.join(',')}}`, Number(value)];
      }),
    );
  }

  async stop(): Promise<void> {
    this.#server.close();
    this.#server.closeAllConnections();
    await this.#provider.shutdown();
  }
}

describe('instrument', () => {
  let page: Page;

  beforeEach(async () => {
    page = new Page();
    await page.start();
  });

  afterEach(() => page.stop());

  const start = (): { carrier: TestCarrier; mux: Mux; scheduler: VirtualTimeScheduler } => {
    const scheduler = new VirtualTimeScheduler();
    const carrier = new TestCarrier();
    const mux = new Mux(carrier, {
      ...PLAIN_WIRE,
      highChannels: false,
      keepAlive: false,
      maxOpen: 3,
      scheduler,
    });
    return { carrier, mux, scheduler };
  };

  /** A mux with a channel that has no credit, one that is not answered, and one that nobody reads. */
  const stuck = async (): Promise<ReturnType<typeof start>> => {
    const world = start();
    const { carrier, mux, scheduler } = world;
    const [first, second, third] = [mux.open(), mux.open(), mux.open()];
    await carrier.hears();
    carrier.receive(wire.handshake(0, 3), wire.handshake(2, 100), wire.handshake(9, 0)); // the last one too many
    first.outbound$.next('bytes');
    await carrier.hears();
    scheduler.frame = 500;
    second.outbound$.next('more');
    carrier.receive(wire.data(2, 5, 'hello'), wire.status(77, 0, 0));
    await carrier.hears();
    scheduler.frame = 2000;
    expect(third.stats().unreadFor).toBe(1500);
    return world;
  };

  it('tells how a mux is, at a port that Prometheus can scrape', async () => {
    const { mux } = await stuck();
    instrument(mux, page.meter, { 'rxmux.mux': 'clients' });
    const { bytesIn, bytesOut, framesIn, framesOut } = mux.stats();
    const of = (name: string, more = ''): string => `${name}{rxmux_mux="clients"${more}}`;
    expect(await page.scrape()).toEqual({
      [of('rxmux_carrier_io_total', ',network_io_direction="receive"')]: bytesIn,
      [of('rxmux_carrier_io_total', ',network_io_direction="transmit"')]: bytesOut,
      [of('rxmux_carrier_frames_total', ',network_io_direction="receive"')]: framesIn,
      [of('rxmux_carrier_frames_total', ',network_io_direction="transmit"')]: framesOut,
      [of('rxmux_carrier_capacity')]: 65_536,
      [of('rxmux_channel_open')]: 3,
      [of('rxmux_channel_opened_total')]: 3,
      [of('rxmux_channel_removed_total')]: 0,
      [of('rxmux_channel_refused_total')]: 1,
      [of('rxmux_channel_blocked', ',rxmux_blocked_by="handshake"')]: 1,
      [of('rxmux_channel_blocked', ',rxmux_blocked_by="credit"')]: 1,
      [of('rxmux_channel_blocked', ',rxmux_blocked_by="capacity"')]: 0,
      [of('rxmux_channel_blocked_duration', ',rxmux_blocked_by="handshake"')]: 1.5,
      [of('rxmux_channel_blocked_duration', ',rxmux_blocked_by="credit"')]: 2,
      [of('rxmux_channel_blocked_duration', ',rxmux_blocked_by="capacity"')]: 0,
      [of('rxmux_channel_queued')]: 6,
      [of('rxmux_channel_unread')]: 5,
      [of('rxmux_channel_unread_duration')]: 1.5,
      [of('rxmux_window_granted')]: 0,
      [of('rxmux_window_budget')]: 33_554_432,
      [of('rxmux_errors_total')]: 1,
    });
  });

  it('adds up muxes of the same attributes, and keeps what those have counted that have closed', async () => {
    const [one, other, last] = [await stuck(), await stuck(), start()];
    instrument(one.mux, page.meter, { a: 1, b: 2 });
    instrument(other.mux, page.meter, { b: 2, a: 1 });
    instrument(last.mux, page.meter);
    const before = await page.scrape('rxmux_channel_');
    expect(before).toMatchObject({
      'rxmux_channel_open{a="1",b="2"}': 6,
      'rxmux_channel_opened_total{a="1",b="2"}': 6,
      'rxmux_channel_unread{a="1",b="2"}': 10,
      'rxmux_channel_unread_duration{a="1",b="2"}': 1.5,
      rxmux_channel_open: 0,
    });
    for (const { inbound$, outbound$ } of one.mux.openChannels.values()) {
      listen(inbound$);
      listen(outbound$);
    }
    one.mux.destroy();
    expect(await page.scrape('rxmux_channel_')).toMatchObject({
      'rxmux_channel_open{a="1",b="2"}': 3,
      'rxmux_channel_opened_total{a="1",b="2"}': 6,
      'rxmux_channel_removed_total{a="1",b="2"}': 3,
      'rxmux_channel_refused_total{a="1",b="2"}': 2,
      'rxmux_channel_unread{a="1",b="2"}': 5,
    });
  });

  it('keeps the attributes that it was given, though the object becomes another one', async () => {
    const attributes = { side: 'clients' };
    instrument((await stuck()).mux, page.meter, attributes);
    attributes.side = 'peers';
    instrument(start().mux, page.meter, attributes);
    expect(await page.scrape('rxmux_channel_open')).toMatchObject({
      'rxmux_channel_open{side="clients"}': 3,
      'rxmux_channel_open{side="peers"}': 0,
    });
  });

  it('tells of the others where a mux cannot be read', async () => {
    const { mux } = await stuck();
    instrument(mux, page.meter);
    const unreadable = new Proxy(start().mux, {});
    expect(() => instrument(unreadable, page.meter)).toThrow(TypeError);
    expect(await page.scrape('rxmux_channel_open')).toMatchObject({ rxmux_channel_open: 3 });
  });

  it('asks a meter again that has thrown', async () => {
    const { mux } = await stuck();
    const { meter } = page;
    const failing = jest.spyOn(meter, 'createObservableGauge').mockImplementationOnce(() => {
      throw new Error('not now');
    });
    expect(() => instrument(mux, meter)).toThrow('not now');
    failing.mockRestore();
    instrument(mux, meter);
    expect(await page.scrape('rxmux_channel_open')).toMatchObject({ rxmux_channel_open: 3 });
  });

  it('ends where it is unsubscribed, and then counts no more', async () => {
    const { mux } = await stuck();
    const subscription = instrument(mux, page.meter);
    subscription.unsubscribe();
    subscription.unsubscribe();
    mux.openChannels.get(0)?.outbound$.complete();
    expect(await page.scrape('rxmux_channel_')).toMatchObject({
      rxmux_channel_open: 0,
      rxmux_channel_opened_total: 3,
      rxmux_channel_queued: 0,
    });
  });

  it('counts a mux once that is instrumented twice, until both have ended', async () => {
    const { mux } = await stuck();
    const subscriptions = [instrument(mux, page.meter), instrument(mux, page.meter)];
    const opened = { rxmux_channel_open: 3, rxmux_channel_opened_total: 3 };
    expect(await page.scrape('rxmux_channel_')).toMatchObject(opened);
    subscriptions[0]?.unsubscribe();
    expect(await page.scrape('rxmux_channel_')).toMatchObject(opened);
    subscriptions[1]?.unsubscribe();
    expect(await page.scrape('rxmux_channel_')).toMatchObject({ ...opened, rxmux_channel_open: 0 });
  });

  it('counts nothing twice of a mux that is instrumented again', async () => {
    const { mux } = await stuck();
    instrument(mux, page.meter).unsubscribe();
    const before = await page.scrape();
    expect(before).toMatchObject({ rxmux_channel_opened_total: 3, rxmux_channel_refused_total: 1 });
    instrument(mux, page.meter);
    const totals = Object.keys(before).filter((name) => name.includes('_total'));
    expect(totals.length).toBeGreaterThan(6);
    const after = await page.scrape();
    for (const name of totals) {
      expect([name, after[name]]).toEqual([name, before[name]]);
    }
    mux.destroy();
  });

  it('counts nothing twice of a mux that is instrumented again and again', async () => {
    const { mux } = await stuck();
    instrument(mux, page.meter).unsubscribe();
    instrument(mux, page.meter);
    instrument(mux, page.meter);
    expect(await page.scrape('rxmux_channel_')).toMatchObject({
      rxmux_channel_opened_total: 3,
      rxmux_channel_refused_total: 1,
    });
    mux.destroy();
  });

  it('ends with its mux', async () => {
    const { mux } = await stuck();
    const subscription = instrument(mux, page.meter);
    mux.destroy();
    expect(subscription.closed).toBe(true);
    expect(instrument(mux, page.meter).closed).toBe(true);
  });

  it('has the longest round trip of those that are known', async () => {
    for (const time of [40, 250, undefined]) {
      const scheduler = new VirtualTimeScheduler();
      const carrier = new TestCarrier();
      const mux = new Mux(carrier, { keepAlive: false, scheduler });
      instrument(mux, page.meter);
      if (time !== undefined) {
        carrier.receive(wire.hello(0));
        const answered = mux.ping();
        await carrier.hears();
        scheduler.frame = time;
        carrier.receive(wire.pong(0));
        await answered;
      }
    }
    expect(await page.scrape('rxmux_carrier_round_trip')).toEqual({ rxmux_carrier_round_trip: 0.25 });
  });
});
