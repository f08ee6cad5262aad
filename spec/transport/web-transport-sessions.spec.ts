import { createHash } from 'node:crypto';
import { filter, firstValueFrom, lastValueFrom, map, reduce, take, toArray } from 'rxjs';
import { type Channel, Mux, type MuxOptions } from '../../src/index.js';
import { WebTransportSessions } from '../../src/web-transport.js';
import { expectNothingUnhandled } from '../hostile/support/unhandled.js';
import { type Kind, sessionPair } from './session-pair.js';

function connected(options: MuxOptions = {}, kind?: Kind) {
  const [nearSession, farSession] = sessionPair(kind);
  return {
    nearSession,
    farSession,
    near: new Mux(new WebTransportSessions(nearSession), options),
    far: new Mux(new WebTransportSessions(farSession), options),
  };
}

const all = ({ inbound$ }: Channel): Promise<Buffer> =>
  lastValueFrom(inbound$.pipe(reduce((sum, chunk) => Buffer.concat([sum, chunk]), Buffer.alloc(0))));

describe('WebTransportSessions', () => {
  expectNothingUnhandled();

  it.each<[string, Kind]>([
    ['tell the far end', {}],
    ['do not, as Deno’s', { tellsEnds: false }],
  ])(
    'carry handshakes and bytes both ways, with half-close, and close, where the ends of streams %s',
    async (_how, kind) => {
      const { near, far, nearSession, farSession } = connected({}, kind);
      far.channels$.subscribe((channel) => {
        channel.accept(`to ${String(channel.handshake)}`);
        channel.inbound$.subscribe(channel.outbound$);
      });
      const bytes = createHash('shake128', { outputLength: 1_000_000 }).update('bytes').digest();
      const channels = ['a', 'b', 'c'].map((name) => near.open(name));
      for (const { outbound$ } of channels) {
        outbound$.next(bytes);
        outbound$.complete();
      }
      const received = await Promise.all(channels.map(all));
      expect(received.every((echo) => echo.equals(bytes))).toBe(true);
      expect(channels.map(({ handshake }) => String(handshake))).toEqual(['to a', 'to b', 'to c']);
      expect([nearSession.lines.length, farSession.lines.length]).toEqual([4, 1]);
      await Promise.all([near.close(), far.close()]);
      expect([near.openChannels.size, far.openChannels.size]).toEqual([0, 0]);
    },
  );
});
