import { VirtualAction, VirtualTimeScheduler } from 'rxjs';
import type { MuxOptions } from '../../src/index.js';
import { turn } from '../support/test-carrier.js';
import * as peer from '../support/wire.js';
import { listen } from '../support/listen.js';
import { start } from './start.js';

/** A mux in virtual time. */
function started(options?: MuxOptions) {
  const scheduler = new VirtualTimeScheduler(VirtualAction, 0);
  const { carrier, mux } = start({ scheduler, ...options });
  const passes = (ms: number): void => {
    scheduler.maxFrames += ms;
    scheduler.flush();
    scheduler.frame = scheduler.maxFrames;
  };
  return { scheduler, carrier, mux, passes };
}

describe('keep-alives', () => {
  it('are said every so often, whatever else is said', async () => {
    const { carrier, mux, passes } = started({ keepAlive: 10 });
    passes(9);
    mux.open();
    expect(await carrier.hears()).toEqual(['HANDSHAKE 0 free=65536 ""']);
    passes(1);
    expect(await carrier.hears()).toEqual(['KEEP_ALIVE']);
    passes(10);
    expect(await carrier.hears()).toEqual(['KEEP_ALIVE']);
    mux.destroy();
  });

  it('go ahead of what channels have to say', async () => {
    const { carrier, mux, passes } = started({ keepAlive: 10 });
    mux.open();
    passes(10);
    expect(await carrier.hears()).toEqual(['KEEP_ALIVE', 'HANDSHAKE 0 free=65536 ""']);
    mux.destroy();
  });

  it('are left out while the carrier is full, and not made up for', async () => {
    const { carrier, mux, passes } = started({ keepAlive: 10 });
    carrier.capacity$.next(0);
    passes(50);
    carrier.capacity$.next(100);
    expect(await carrier.hears()).toEqual([]);
    passes(10);
    expect(await carrier.hears()).toEqual(['KEEP_ALIVE']);
    mux.destroy();
  });

  it.each<[string, (given: ReturnType<typeof started>) => void]>([
    [
      'the mux is destroyed',
      ({ mux }) => {
        mux.destroy();
      },
    ],
    ['the mux has ended its carrier', ({ mux }) => void mux.close()],
    [
      'the carrier takes no more',
      ({ carrier }) => {
        carrier.capacity$.complete();
      },
    ],
    [
      'the carrier fails',
      ({ carrier }) => {
        carrier.inbound$.error(new Error('cut'));
      },
    ],
  ])('stop, timer and all, where %s', async (_what, happen) => {
    const given = started({ keepAlive: 10 });
    given.mux.channels$.subscribe({ error: () => undefined });
    given.passes(10);
    await turn();
    happen(given);
    await turn();
    expect(given.scheduler.actions).toEqual([]);
    expect(await given.carrier.hears()).toEqual(['KEEP_ALIVE']);
  });

  it('of the peer are seen on keepAlive$', () => {
    const { carrier, mux } = started({ keepAlive: false });
    const seen = listen(mux.keepAlive$);
    carrier.receive(peer.keepAlive(), peer.keepAlive());
    mux.destroy();
    expect(seen).toEqual([undefined, undefined, 'complete']);
  });
});
