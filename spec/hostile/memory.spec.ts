import { HeaderTooBigError, Mux, type MuxOptions, PeerError } from '../../src/index.js';
import { runProgram } from '../resources/run-program.js';
import { PLAIN_WIRE } from '../support/plain-wire.js';
import { TestCarrier, turn } from '../support/test-carrier.js';
import * as peer from '../support/wire.js';

const MIB = 1024 * 1024;
const TIMEOUT = 120_000;

/** What a process keeps besides, so long as it is not short of memory: garbage, and room in its heap. */
const SLACK = 96 * MIB;

/** What 16 384 Duplexes take up by themselves, which the application has made. */
const DUPLEXES = 64 * MIB;

/** Memory of a process beyond what it had before the attack, at its peak. Nobody collects garbage for it. */
async function keptUnder(
  payloads: string,
  application: string,
  options: MuxOptions = {},
): Promise<{ readonly kept: number; readonly channels: number }> {
  const report = await runProgram(
    'memory-attack',
    [payloads, application, JSON.stringify(options)],
    TIMEOUT,
    [],
  );
  return report as { kept: number; channels: number };
}

describe('the memory for all that a peer sends', () => {
  it.each([
    { payloads: 'tiny', application: 'absent', channels: 256 },
    { payloads: 'tiny', application: 'ignores', channels: 16_384 },
    { payloads: 'huge', application: 'ignores', channels: 16_384 },
    { payloads: 'tiny', application: 'stops', channels: 16_384 },
    { payloads: 'huge', application: 'stops', channels: 16_384 },
    { payloads: 'sparse', application: 'stops', channels: 16_384 },
    { payloads: 'sparse', application: 'opens', channels: 16_384 },
    { payloads: 'tiny', application: 'duplex', channels: 16_384 },
    { payloads: 'tiny', application: 'iterates', channels: 16_384 },
  ])(
    'is less than 256 MiB by default, with $payloads payloads, where the application $application',
    async ({ payloads, application, channels }) => {
      const report = await keptUnder(payloads, application);
      const ownOfApplication = ['duplex', 'iterates'].includes(application) ? DUPLEXES : 0;
      expect(report.kept).toBeLessThan(256 * MIB + ownOfApplication);
      expect(report.channels).toBe(channels);
    },
    TIMEOUT,
  );

  it.each([
    { payloads: 'tiny', application: 'ignores' },
    { payloads: 'sparse', application: 'stops' },
    { payloads: 'tiny', application: 'opens' },
    { payloads: 'tiny', application: 'duplex' },
  ])(
    'is as much with bytes in each opening, and reasons, with $payloads payloads, where the application $application',
    async ({ payloads, application }) => {
      const report = await keptUnder(payloads, application, { extensions: true });
      expect(report.kept).toBeLessThan(256 * MIB + (application === 'duplex' ? DUPLEXES : 0));
      expect(report.channels).toBe(16_384);
    },
    TIMEOUT,
  );

  it(
    'is what maxMemory says, and what the process has to spare',
    async () => {
      const { kept, channels } = await keptUnder('sparse', 'stops', { maxMemory: 32 * MIB });
      expect(kept).toBeLessThan(32 * MIB + SLACK);
      expect(channels).toBe(2048);
    },
    TIMEOUT,
  );
});

describe('handshake data of the peer’s', () => {
  /** The budget for it: 64 KiB. */
  const options: MuxOptions = { ...PLAIN_WIRE, maxMemory: MIB };
  const LARGE = Buffer.alloc(30_000, 1);

  function start(): { carrier: TestCarrier; mux: Mux; counts: { full: number } } {
    const carrier = new TestCarrier();
    const mux = new Mux(carrier, options);
    const counts = { full: 0 };
    mux.full$.subscribe(() => (counts.full += 1));
    return { carrier, mux, counts };
  }

  it('has a channel refused for which there is no memory left, until another is gone', async () => {
    const { carrier, mux, counts } = start();
    mux.channels$.subscribe(({ outbound$ }) => {
      outbound$.complete();
    });
    carrier.receive(peer.handshake(0, 0, LARGE), peer.handshake(1, 0, LARGE), peer.handshake(2, 0, LARGE));
    await turn();
    expect([...mux.openChannels.keys()]).toEqual([0, 1]);
    expect(counts.full).toBe(1);
    expect(carrier.said.slice(0, 2)).toEqual(['HANDSHAKE 2 free=0 ""', 'ERROR_END 2']);

    carrier.receive(peer.end(2), peer.handshake(3, 0, Buffer.alloc(256))); // so little is always there
    await turn();
    expect([...mux.openChannels.keys()]).toEqual([0, 1, 3]);

    carrier.receive(peer.end(0), peer.handshake(4, 0, LARGE));
    expect([...mux.openChannels.keys()]).toEqual([1, 3, 4]);
    expect(counts.full).toBe(1);
  });

  it('is not counted where the channel is refused for another reason', async () => {
    const { carrier, mux, counts } = start();
    for (let n = 0; n < 300; n += 1) {
      carrier.receive(peer.handshake(n, 0));
    }
    carrier.receive(
      peer.handshake(300, 0, LARGE),
      peer.handshake(301, 0, LARGE),
      peer.handshake(302, 0, LARGE),
    );
    const full = counts.full;
    expect(full).toBeGreaterThan(0);
    mux.channels$.subscribe(({ outbound$ }) => {
      outbound$.complete();
    });
    await turn();
    for (const id of [...mux.openChannels.keys()]) {
      carrier.receive(peer.end(id));
    }
    carrier.receive(peer.handshake(400, 0, LARGE), peer.handshake(401, 0, LARGE));
    expect([...mux.openChannels.keys()]).toEqual([400, 401]);
  });

  it('has a reason dropped for which there is no memory left, until a channel is gone', async () => {
    const carrier = new TestCarrier();
    const mux = new Mux(carrier, { ...options, extensions: true, maxOpen: 200 });
    const failures: PeerError[] = [];
    mux.channels$.subscribe(({ inbound$, outbound$, closed$ }) => {
      inbound$.subscribe({ error: (error: unknown) => failures.push(error as PeerError) });
      outbound$.subscribe({ error: () => undefined });
      closed$.subscribe({ error: () => undefined });
    });
    const numbers = Array.from({ length: 100 }, (_, n) => n);
    carrier.receive(peer.hello(100), ...numbers.map((n) => peer.handshake(n, 0)));
    const long = 'm'.repeat(1021); // 1024 in all, of which 256 count for nothing
    for (const n of numbers) {
      carrier.receive(peer.reason(n, '', 'another'), peer.reason(n, '', long), peer.reason(n, '', long));
    }
    carrier.receive(peer.stop(85, '', long), peer.stop(0, '', long));
    carrier.receive(...numbers.map((n) => peer.errorEnd(n)));
    await carrier.hears();
    const kept = failures.map(({ reason }) => reason !== undefined);
    expect(kept).toEqual(numbers.map((n) => n < Math.floor(65_536 / (1024 - 256))));
    expect(mux.openChannels.size).toBe(98); // those that have been stopped have ended

    carrier.receive(peer.handshake(100, 0), peer.reason(100, '', long), peer.errorEnd(100));
    expect(failures.at(-1)?.reason).toEqual({ code: '', message: long });
    mux.destroy();
  });

  it('fails a channel of this side’s whose answer there is no memory for', async () => {
    const { carrier, mux } = start();
    const reports: unknown[] = [];
    const failures: unknown[] = [];
    mux.errors$.subscribe((error) => reports.push(error));
    const channels = [mux.open(), mux.open(), mux.open()];
    for (const { id, inbound$ } of channels) {
      inbound$.subscribe({ error: (error: unknown) => failures.push(error) });
      carrier.receive(peer.handshake(id, 0, LARGE));
    }
    await turn();
    expect(reports).toEqual([new HeaderTooBigError({ channelId: 2 })]);
    expect(failures).toEqual(reports);
    expect(channels.map(({ handshake }) => handshake?.length)).toStrictEqual([30_000, 30_000, undefined]);
    expect(carrier.said.at(-1)).toBe('ERROR_END 2');
    expect(failures).not.toContainEqual(expect.any(PeerError));
  });
});
