import type { EventEmitter } from 'node:events';
import { VirtualTimeScheduler } from 'rxjs';
import { Mux } from '../../src/index.js';
import { connected, duplexPair } from '../support/connected.js';
import { TestCarrier, turn } from '../support/test-carrier.js';
import * as peer from '../support/wire.js';
import { growth, type Report } from './growth.js';
import { runProgram } from './run-program.js';

const TIMEOUT = 60_000;

/** Listeners that would have something to do while a carrier is in use. */
const listeners = (emitter: EventEmitter): Record<string, number> =>
  Object.fromEntries(
    ['data', 'readable', 'end', 'drain', 'pause', 'resume'].map((name) => [
      name,
      emitter.listenerCount(name),
    ]),
  );

describe('muxes that are gone', () => {
  it('are garbage with their channels and carriers, however they went, and the process ends', async () => {
    const { watched, alive } = (await runProgram('muxes-go', [], TIMEOUT)) as {
      watched: number;
      alive: string[];
    };
    expect(watched).toBeGreaterThan(1000);
    expect(alive).toEqual([]);
  });

  it('are garbage though a source waits for ever that was sent over them, or was an answer', async () => {
    const { watched, kept, alive } = (await runProgram('sources-never-answer', [], TIMEOUT)) as {
      watched: number;
      kept: number;
      alive: string[];
    };
    expect(watched).toBeGreaterThan(30);
    expect(kept).toBeGreaterThan(1);
    expect(alive).toEqual([]);
  });

  it(
    'leave nothing behind, ten thousand in a row',
    async () => {
      const report = (await runProgram('muxes-come-and-go', ['10000'], 5 * TIMEOUT)) as Report;
      expect(growth(report)).toBeLessThan(16); // bytes
    },
    5 * TIMEOUT,
  );

  it.each<[string, (mux: Mux, peerMux: Mux) => Promise<void> | undefined]>([
    [
      'closed',
      async (mux, peerMux) => {
        await Promise.all([mux.close(), peerMux.close()]);
      },
    ],
    [
      'destroyed',
      (mux) => {
        mux.destroy();
      },
    ],
    [
      'destroyed with an error',
      (mux) => {
        mux.destroy(new Error('no more'));
      },
    ],
    [
      'left by the peer',
      (_, peerMux) => {
        peerMux.destroy();
      },
    ],
  ])('take their listeners off the Duplex when they are %s', async (_, end) => {
    const [left, right] = duplexPair();
    const before = listeners(left);
    const mux = new Mux(left, { keepAlive: false });
    const peerMux = new Mux(right, { keepAlive: false });
    mux.channels$.subscribe({ error: () => undefined });
    mux.open().outbound$.complete();
    peerMux.channels$.subscribe(({ outbound$ }) => {
      outbound$.complete();
    });
    await turn();
    await end(mux, peerMux);
    await turn();
    expect(listeners(left)).toEqual(before);
  });

  it('no longer listen to a Carrier that says nothing when it is destroyed', () => {
    class MuteCarrier extends TestCarrier {
      override destroy(): void {
        // neither completes nor errors
      }
    }
    const carrier = new MuteCarrier();
    const mux = new Mux(carrier, { keepAlive: false });
    mux.destroy();
    expect([carrier.inbound$.observed, carrier.capacity$.observed]).toEqual([false, false]);
  });

  it.each<[string, (mux: Mux, carrier: TestCarrier) => void]>([
    [
      'destroyed',
      (mux) => {
        mux.destroy();
      },
    ],
    [
      'closed, and the peer has ended the carrier',
      (mux, carrier) => {
        void mux.close();
        carrier.inbound$.complete();
      },
    ],
    [
      'failed',
      (mux, carrier) => {
        mux.channels$.subscribe({ error: () => undefined });
        carrier.inbound$.error(new Error('cable cut'));
      },
    ],
  ])('have no timer running when they are %s', async (_, end) => {
    const scheduler = new VirtualTimeScheduler();
    const carrier = new TestCarrier();
    const mux = new Mux(carrier, { scheduler, highChannels: false, keepAlive: 1000, keepAliveTimeout: 5000 });
    mux.open().outbound$.complete();
    await turn();
    carrier.receive(peer.handshake(0, 100), peer.end(0), peer.keepAlive());
    expect(scheduler.actions).not.toEqual([]);
    end(mux, carrier);
    expect(scheduler.actions).toEqual([]);
  });
});

describe('channels that are gone', () => {
  it('have been removed from the registry at both ends, and nobody is subscribed to them any more', async () => {
    const { local, peer: remote } = connected();
    remote.channels$.subscribe(({ inbound$, outbound$ }) => inbound$.subscribe(outbound$));
    const channel = local.open();
    const { inbound$, outbound$ } = channel;
    inbound$.subscribe();
    outbound$.subscribe();
    outbound$.next('hello');
    outbound$.complete();
    await turn();
    await turn();
    expect([local.openChannels.size, remote.openChannels.size]).toEqual([0, 0]);
    expect([inbound$.observed, outbound$.observed]).toEqual([false, false]);
  });

  it('do not take up the backlog where they went before anybody subscribed', async () => {
    const carrier = new TestCarrier();
    const mux = new Mux(carrier, { keepAlive: false, acceptBacklog: 1 });
    const offered: number[] = [];
    carrier.receive(peer.handshake(0, 100));
    mux.openChannels.get(0)?.reject();
    await turn();
    carrier.receive(peer.end(0));
    expect(mux.openChannels.size).toBe(0);
    carrier.receive(peer.handshake(1, 100));
    expect([...mux.openChannels.keys()]).toEqual([1]);
    mux.channels$.subscribe(({ id }) => offered.push(id));
    await turn();
    expect(offered).toEqual([1]);
  });

  it('are removed at the end of a peer whose handshake was too big to be taken', async () => {
    const carrier = new TestCarrier();
    const mux = new Mux(carrier, { keepAlive: false, highChannels: false, maxHeaderSize: 64 });
    mux.open();
    await turn();
    carrier.receive(peer.handshake(0, 100, Buffer.alloc(100)));
    await turn();
    carrier.receive(peer.end(0));
    expect(mux.openChannels.size).toBe(0);
  });

  it('leave their number to others, and a house full of low numbers is passed by once, not for each channel', async () => {
    const carrier = new TestCarrier();
    const mux = new Mux(carrier, { keepAlive: false, highChannels: false });
    const house = 10_000;
    const open = 1000;
    for (let channel = 0; channel < house; channel += 1) {
      mux.open('', { channel });
    }
    const lookedAt = jest.spyOn(mux.openChannels, 'has');
    const ids = Array.from({ length: open }, () => mux.open().id);
    expect(ids).toEqual(Array.from({ length: open }, (_, index) => house + index));
    expect(lookedAt.mock.calls.length).toBeLessThanOrEqual(house + open);

    const gone = mux.openChannels.get(5);
    gone?.outbound$.complete();
    await turn();
    carrier.receive(peer.handshake(5, 100), peer.end(5));
    expect(mux.open('', { channel: 5 })).not.toBe(gone);
  });
});
