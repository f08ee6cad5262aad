import { PassThrough } from 'node:stream';
import { lastValueFrom, type Unsubscribable } from 'rxjs';
import { DuplexCarrier } from '../../src/carrier/duplex-carrier.js';
import { MessagePortCarrier } from '../../src/message-port.js';
import { WebStreamCarrier } from '../../src/web-streams.js';
import { listen } from '../support/listen.js';
import * as peer from '../support/wire.js';
import { start } from '../mux/start.js';

// Whatever is done by mistake to what a mux hands out: everybody else hears all, and it comes to its end.

/** What a user who does not mind the types can call on what he is given. */
interface Anything {
  unsubscribe?(): void;
}

const names = [
  'channels$',
  'drain$',
  'ended$',
  'errors$',
  'finished$',
  'closed$',
  'full$',
  'goingAway$',
  'handshakeSent$',
  'keepAlive$',
  'peer$',
  'removed$',
] as const;

it.each(names)('%s.unsubscribe() of a mux does nothing', async (name) => {
  const { carrier, mux } = start({ maxOpen: 1 });
  const heard = Object.fromEntries(names.map((one) => [one, listen<unknown>(mux[one])] as const));
  const given = mux[name] as unknown as Anything;
  given.unsubscribe?.();
  carrier.receive(
    peer.keepAlive(),
    peer.status(9, 10, 0),
    peer.handshake(0, 10),
    peer.end(0),
    peer.handshake(1, 0),
  );
  mux.openChannels.get(0)?.destroy();
  await carrier.hears();
  carrier.capacity$.next(0);
  carrier.capacity$.next(1000);
  const closing = mux.close();
  carrier.inbound$.complete();
  await closing;
  const counts = Object.fromEntries(names.map((one) => [one, heard[one]?.length]));
  expect(counts).toEqual({
    channels$: 2,
    drain$: 2,
    ended$: 2,
    errors$: 2,
    finished$: 2,
    closed$: 2,
    full$: 3,
    goingAway$: 1,
    handshakeSent$: 2,
    keepAlive$: 2,
    peer$: 2,
    removed$: 2,
  });
  for (const one of Object.values(heard)) {
    expect(one.at(-1)).toBe('complete');
  }
});

it.each([
  ['a Duplex', () => new DuplexCarrier(new PassThrough())],
  ['a port', () => new MessagePortCarrier(new MessageChannel().port1)],
  ['a WHATWG stream', () => new WebStreamCarrier(new TransformStream<Uint8Array, Uint8Array>())],
])('capacity$.unsubscribe() of a carrier over %s does nothing', async (_what, carrierOver) => {
  const carrier = carrierOver();
  carrier.inbound$.subscribe();
  const last = lastValueFrom(carrier.capacity$);
  (carrier.capacity$ as Unsubscribable).unsubscribe(); // the mistake
  carrier.destroy();
  expect(await last).toBeGreaterThanOrEqual(0);
});
