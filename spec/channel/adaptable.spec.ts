import { text } from 'node:stream/consumers';
import { lastValueFrom, of, toArray } from 'rxjs';
import { CHANNEL } from '../../src/brands.js';
import type { Channel } from '../../src/channel/channel.js';
import * as own from '../../src/index.js';
import { json, toMessages } from '../../src/messages.js';
import { muxPair } from '../../src/testing.js';

describe('a channel of another copy of the package', () => {
  let other: typeof own;

  beforeAll(async () => {
    await jest.isolateModulesAsync(async () => {
      other = await import('../../src/index.js');
    });
    expect(other.Mux).not.toBe(own.Mux);
  });

  /** A channel of this copy, whose peer's end is given to `take`. */
  const opened = (take: (channel: Channel) => void): Channel => {
    const { near, far } = muxPair();
    far.channels$.subscribe(take);
    return near.open();
  };

  it('becomes a Duplex', async () => {
    const duplex = other.toDuplex(
      opened((channel) => {
        channel.inbound$.subscribe(channel.outbound$);
      }),
    );
    duplex.end('to and fro');
    expect(await text(duplex)).toBe('to and fro');
  });

  it('is sent to, messages over it, too', async () => {
    const channel = opened((peer) => {
      other.send([1, 2], toMessages<number>(peer, json())).subscribe();
    });
    const { inbound$ } = toMessages<number>(channel, json());
    expect(await lastValueFrom(inbound$.pipe(toArray()))).toEqual([1, 2]);
  });

  it('becomes a WHATWG stream', async () => {
    const { readable, writable } = other.toWebStream(
      opened((channel) => {
        channel.inbound$.subscribe(channel.outbound$);
      }),
    );
    const writer = writable.getWriter();
    await writer.write('to and fro');
    await writer.close();
    expect(await new Response(readable).text()).toBe('to and fro');
  });

  it('is sent to', async () => {
    const received = new Promise<Uint8Array[]>((resolve) => {
      const channel = opened(({ inbound$ }) => {
        inbound$.pipe(toArray()).subscribe(resolve);
      });
      other.send(of('to', ' and ', 'fro'), channel).subscribe();
    });
    expect(Buffer.concat(await received).toString()).toBe('to and fro');
  });

  it('completes what is sent to it where the peer wants no more', async () => {
    const channel = opened((far) => {
      far.cancel();
    });
    const endless = (function* () {
      for (;;) {
        yield new Uint8Array(1000);
      }
    })();
    expect(await lastValueFrom(other.send(endless, channel), { defaultValue: 'completed' })).toBe(
      'completed',
    );
  });

  it('tells its peer the ChannelError of another copy', async () => {
    const reason = new Promise<unknown>((resolve) => {
      const channel = opened((far) => {
        far.inbound$.subscribe({
          error: (error: unknown) => {
            resolve((error as own.PeerError).reason);
          },
        });
      });
      channel.handshake$.subscribe({
        complete: () => {
          channel.destroy(new other.ChannelError('E_PRICE', 'too dear'));
        },
      });
    });
    expect(await reason).toEqual({ code: 'E_PRICE', message: 'too dear' });
  });
});

describe('adapters', () => {
  it.each<unknown>([undefined, null, 1, {}])('refuse %p, which is no channel', (given) => {
    const channel = given as Channel;
    expect(() => own.toDuplex(channel)).toThrow(new TypeError('channel must be a channel of a Mux'));
  });

  it('refuse a channel of a version whose channels are others, and say so', () => {
    const channel = { [CHANNEL]: 0 } as unknown as Channel;
    for (const adapt of [own.toDuplex, own.toWebStream, own.sendTo]) {
      expect(() => {
        adapt(channel);
      }).toThrow(
        new TypeError('channel is one of another version of rxmux: have one version of it in the program'),
      );
    }
  });
});
