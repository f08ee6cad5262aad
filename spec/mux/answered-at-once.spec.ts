import { firstValueFrom, lastValueFrom, merge, scan, take } from 'rxjs';
import { type Channel, Mux, type MuxOptions } from '../../src/index.js';
import { connectionAtOnce, turn } from '../support/test-carrier.js';

const AT_ONCE: MuxOptions = { coalesceWrites: false, keepAlive: false };

/** Two muxes that know each other. What one of them writes has come to the other one when `write` returns. */
async function connectedAtOnce(near: MuxOptions, far: MuxOptions): Promise<{ near: Mux; far: Mux }> {
  const [left, right] = connectionAtOnce();
  const muxes = { near: new Mux(left, near), far: new Mux(right, { ...far, highChannels: true }) };
  await turn();
  return muxes;
}

/** How many bytes come. */
const bytesOf = ({ inbound$ }: Channel): Promise<number> =>
  lastValueFrom(inbound$.pipe(scan((sum, { length }) => sum + length, 0)));

describe('a mux that passes on each message at once, over a carrier that delivers at once', () => {
  it.each([{ first: 1000 }, { first: 65_536 }])(
    'has granted no more than its window to a peer that sends $first bytes with the answer',
    async ({ first }) => {
      const { near, far } = await connectedAtOnce(AT_ONCE, {});
      far.channels$.subscribe(({ outbound$ }) => {
        outbound$.next(Buffer.alloc(first));
        outbound$.next(Buffer.alloc(65_536));
        outbound$.complete();
      });
      const channel = near.open();
      await turn(); // nobody reads yet: the window is full
      expect(await bytesOf(channel)).toBe(first + 65_536);
    },
  );

  it('has all the credit that the peer gives before it answers', async () => {
    const { near, far } = await connectedAtOnce(AT_ONCE, {});
    far.channels$.subscribe((channel) => {
      channel.delayHandshake();
    });
    const channel = near.open();
    await turn();
    expect(channel.sendWindow$.value).toBe(65_536);
  });

  describe.each([{ extensions: true }, { extensions: false }])('with extensions: $extensions', (options) => {
    /** What went wrong, and who is left, when all has been said. */
    const leftOf = async (muxes: { near: Mux; far: Mux }, faults: readonly string[]): Promise<unknown> => {
      await turn();
      await turn();
      return { faults, near: muxes.near.openChannels.size, far: muxes.far.openChannels.size };
    };
    const faultsOf = ({ near, far }: { near: Mux; far: Mux }): string[] => {
      const faults: string[] = [];
      merge(near.errors$, far.errors$).subscribe(({ message }) => faults.push(message));
      return faults;
    };

    it('takes a number as free that its peer opens anew when END has been answered', async () => {
      const muxes = await connectedAtOnce({ ...AT_ONCE, ...options }, { ...AT_ONCE, ...options });
      const faults = faultsOf(muxes);
      muxes.far.channels$.subscribe(({ inbound$, outbound$ }) => inbound$.subscribe(outbound$));
      muxes.far.removed$.pipe(take(1)).subscribe(({ id }) => {
        muxes.far.open('anew', { channel: id }).outbound$.complete();
      });
      const anew = firstValueFrom(muxes.near.channels$);
      muxes.near.open().outbound$.complete();
      const { handshake, inbound$, outbound$ } = await anew;
      expect(String(handshake)).toBe('anew');
      inbound$.subscribe(outbound$);
      expect(await leftOf(muxes, faults)).toEqual({ faults: [], near: 0, far: 0 });
    });

    it.each<[string, (channel: Channel) => void]>([
      [
        'has ended it after itself',
        (channel) => {
          channel.accept();
          channel.outbound$.complete();
        },
      ],
      [
        'has refused it',
        (channel) => {
          channel.reject();
        },
      ],
    ])('takes a number as free that it opens anew when the other one %s', async (_how, end) => {
      const muxes = await connectedAtOnce({ ...AT_ONCE, ...options }, { ...AT_ONCE, ...options });
      const faults = faultsOf(muxes);
      const opened: Channel[] = [];
      muxes.far.channels$.subscribe((channel) => {
        channel.delayHandshake();
        opened.push(channel);
      });
      muxes.near.removed$.pipe(take(1)).subscribe(({ id }) => {
        muxes.near.open('anew', { channel: id }).outbound$.complete();
      });
      muxes.near.open('first').outbound$.complete();
      for (const name of ['first', 'anew']) {
        await turn();
        const channel = opened.pop();
        expect(String(channel?.handshake)).toBe(name);
        if (channel !== undefined) {
          end(channel);
        }
      }
      expect(await leftOf(muxes, faults)).toEqual({ faults: [], near: 0, far: 0 });
    });
  });

  it.each<{ near: MuxOptions; far: MuxOptions }>([
    { near: AT_ONCE, far: AT_ONCE },
    { near: AT_ONCE, far: { keepAlive: false } },
  ])('gets megabytes there and back, without a pause: $near, $far', async ({ near, far }) => {
    const muxes = await connectedAtOnce(near, far);
    muxes.far.channels$.subscribe(({ inbound$, outbound$ }) => inbound$.subscribe(outbound$));
    const channel = muxes.near.open();
    const echoed = bytesOf(channel);
    let sent = 0;
    for (let size = 1; size < 30_000; size += 149) {
      channel.outbound$.next(Buffer.alloc(size));
      sent += size;
    }
    channel.outbound$.complete();
    expect(await echoed).toBe(sent);
  });
});
