import { inspect } from 'node:util';
import { CarrierFinishedError, Mux, MuxClosedError } from '../../src/index.js';
import { connectionLost } from '../../src/resume.js';
import { listen } from '../support/listen.js';
import { TestCarrier, turn } from '../support/test-carrier.js';
import { goAway, handshake, hello, pong } from '../support/wire.js';

/** What has become of a promise so far. */
function outcome(promise: Promise<unknown>): { value: unknown } {
  const result: { value: unknown } = { value: 'pending' };
  promise.then(
    () => (result.value = 'answered'),
    (error: unknown) => (result.value = error),
  );
  return result;
}

/** A mux with a channel whose halves are open, so that it stays. */
async function start(): Promise<{ carrier: TestCarrier; mux: Mux }> {
  const carrier = new TestCarrier();
  const mux = new Mux(carrier, { keepAlive: false, extensions: true });
  mux.channels$.subscribe({ error: () => undefined });
  carrier.receive(hello(10));
  const { outbound$, inbound$, closed$ } = mux.open();
  for (const observable$ of [outbound$, inbound$, closed$]) {
    (observable$ as typeof closed$).subscribe({ error: () => undefined });
  }
  await carrier.hears();
  carrier.receive(handshake(0, 100));
  return { carrier, mux };
}

describe('docs/lifecycle.md, the mux: ping() and GOAWAY', () => {
  it('while it is open, and while it closes', async () => {
    const { carrier, mux } = await start();
    const open = outcome(mux.ping());
    await carrier.hears();
    carrier.receive(pong(0));
    void mux.close();
    const closing = outcome(mux.ping());
    expect(await carrier.hears()).toEqual(['GOAWAY ": "', 'PING 1']);
    const goingAway = listen(mux.goingAway$);
    carrier.receive(pong(1), goAway());
    await turn();
    expect([open.value, closing.value, goingAway]).toEqual(['answered', 'answered', [undefined, 'complete']]);
    mux.destroy();
  });

  it('when it has ended: a ping waits for the end of the mux', async () => {
    const { carrier, mux } = await start();
    const before = outcome(mux.ping());
    carrier.inbound$.complete();
    const after = outcome(mux.ping());
    expect([before.value, after.value]).toEqual(['pending', 'pending']);
    await turn(); // nothing is left to be sent: the carrier is ended, too
    expect([before.value, after.value]).toEqual([
      expect.any(CarrierFinishedError),
      expect.any(CarrierFinishedError),
    ]);
  });

  it('when it has finished: a ping rejects, and says that this is the carrier’s end', async () => {
    const { carrier, mux } = await start();
    const before = outcome(mux.ping());
    carrier.capacity$.complete();
    const after = outcome(mux.ping());
    await turn();
    const error = new CarrierFinishedError({ message: 'the carrier takes no more' });
    expect([before.value, after.value]).toEqual([error, error]);
    expect([before.value, after.value].map(connectionLost)).toEqual([true, true]);
    mux.destroy();
  });

  it('when it has finished, after close(): a ping rejects, and says that the mux is closed', async () => {
    const { carrier, mux } = await start();
    const before = outcome(mux.ping());
    void mux.close();
    carrier.capacity$.complete();
    const after = outcome(mux.ping());
    await turn();
    expect([before.value, after.value]).toEqual([expect.any(MuxClosedError), expect.any(MuxClosedError)]);
    mux.destroy();
  });

  it.each([
    [
      'its carrier fails',
      (carrier: TestCarrier, _mux: Mux, error: Error) => {
        carrier.inbound$.error(error);
      },
    ],
    [
      'it is destroyed',
      (_carrier: TestCarrier, mux: Mux, error: Error) => {
        mux.destroy(error);
      },
    ],
  ])('when %s with an error: a ping under way rejects with that', async (_how, fail) => {
    const { carrier, mux } = await start();
    const ping = outcome(mux.ping());
    await carrier.hears();
    const error = new Error('gone');
    fail(carrier, mux, error);
    await turn();
    expect(ping.value).toBe(error);
  });

  it('shows that it is closed once it has ended and finished', async () => {
    const { carrier, mux } = await start();
    carrier.inbound$.complete();
    carrier.capacity$.complete();
    expect(inspect(mux)).toMatch(/state: .?'closed'/);
  });

  it('when it is closed: a ping rejects with what it has failed with', async () => {
    const { carrier, mux } = await start();
    const error = new Error('gone');
    mux.destroy(error);
    const after = outcome(mux.ping());
    carrier.receive(goAway());
    await turn();
    expect(after.value).toBe(error);
  });
});
