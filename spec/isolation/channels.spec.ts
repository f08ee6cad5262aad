import { config, finalize, UnsubscriptionError } from 'rxjs';
import { type Channel, type Mux, toDuplex, toWebStream } from '../../src/index.js';
import { connected } from '../support/connected.js';
import { turn } from '../support/test-carrier.js';

// Whatever is done to one channel, by mistake or by an exception: every other channel, close() and destroy() do what they say.

/** What a user who does not mind the types can call on what he is given. */
interface Anything {
  unsubscribe?(): void;
  complete?(): void;
  error?(error: unknown): void;
}

const mistake = new Error('mistake');
const as = (observable$: unknown): Anything => observable$ as Anything;
const subjects = [
  'inbound$',
  'outbound$',
  'deliveries$',
  'handshake$',
  'closed$',
  'stopped$',
  'writable$',
  'sendWindow$',
  'receiveWindow$',
  'acknowledged$',
] as const;

/** What is done to a channel, by name. */
const mistakes: Record<string, (channel: Channel) => void> = {
  ...Object.fromEntries(
    subjects.flatMap((name) => [
      [
        `${name}.unsubscribe()`,
        (channel: Channel) => {
          as(channel[name]).unsubscribe?.();
        },
      ],
      [
        `${name}.complete()`,
        (channel: Channel) => {
          as(channel[name]).complete?.();
        },
      ],
      [
        `${name}.error()`,
        (channel: Channel) => {
          (channel[name] as Channel['closed$']).subscribe({ error: () => undefined });
          as(channel[name]).error?.(mistake);
        },
      ],
    ]),
  ),
  'inbound$.next() of what is none of the peer’s': (channel) => {
    channel.inbound$.next(Buffer.from('mine'));
  },
  'an exception in next of inbound$': (channel) => {
    channel.inbound$.subscribe({ next: fail, error: () => undefined });
  },
  'an exception in next of deliveries$': (channel) => {
    channel.deliveries$.subscribe({ next: fail, error: () => undefined });
  },
  'an exception in error and complete of inbound$': (channel) => {
    channel.inbound$.subscribe({ error: fail, complete: fail });
  },
  'an exception in next of outbound$': (channel) => {
    channel.outbound$.subscribe({ next: fail, error: () => undefined });
  },
  'an exception in writable$, sendWindow$ and receiveWindow$': (channel) => {
    for (const observable$ of [channel.writable$, channel.sendWindow$, channel.receiveWindow$]) {
      (observable$ as unknown as Channel['closed$']).subscribe(fail);
    }
  },
  'an exception in closed$ and stopped$': (channel) => {
    for (const observable$ of [channel.closed$, channel.stopped$]) {
      observable$.subscribe({ next: fail, error: fail, complete: fail });
    }
  },
  'an exception where those are let go of who listen to closed$, stopped$ and handshake$': (channel) => {
    for (const observable$ of [channel.closed$, channel.stopped$, channel.handshake$]) {
      (observable$ as Channel['closed$']).pipe(finalize(fail)).subscribe({ error: () => undefined });
    }
  },
  'an exception in the callback of a write of its Duplex': (channel) => {
    const duplex = toDuplex(channel);
    duplex.on('error', () => undefined);
    duplex.write(Buffer.alloc(1_000_000), () => undefined);
    const written = (channel as unknown as { listen(listener: object): void }).listen.bind(channel);
    written({ onTaken: fail, onStopped: fail, onInboundOver: fail, onCut: fail, onEndSent: fail });
  },
  'a reader and a writer of its streams that are left alone': (channel) => {
    const { readable, writable } = toWebStream(channel);
    readable.getReader().closed.catch(() => undefined);
    writable.getWriter().closed.catch(() => undefined);
  },
  'destroy() in the midst of its own bytes': (channel) => {
    channel.inbound$.subscribe({
      next: () => {
        channel.destroy(mistake);
      },
      error: () => undefined,
    });
  },
};

function fail(): never {
  throw mistake;
}

/** Opens a channel, and gives its two ends. */
async function open(local: Mux, peer: Mux): Promise<readonly [Channel, Channel]> {
  const far = new Promise<Channel>((resolve) => {
    const subscription = peer.channels$.subscribe({
      next: (channel) => {
        resolve(channel);
        queueMicrotask(() => {
          subscription.unsubscribe();
        });
      },
      error: () => undefined,
    });
  });
  const near = local.open();
  return [near, await far];
}

/** Two muxes with a channel that is mistreated at both ends, amid bytes both ways, and one that is not. */
async function mistreated(what: string) {
  const { local, peer } = connected();
  const [near, far] = await open(local, peer);
  const other = await open(local, peer);
  const mistreat = mistakes[what] as (channel: Channel) => void;
  for (const channel of [near, far]) {
    mistreat(channel);
  }
  for (const channel of [near, far]) {
    try {
      channel.outbound$.next('some bytes');
    } catch {
      // a Subject that has been unsubscribed says so to whoever uses it
    }
  }
  await turn();
  await turn();
  return { local, peer, near, far, other };
}

/** Carries bytes both ways over a channel, and ends it. */
async function echoes([near, far]: readonly [Channel, Channel]): Promise<string> {
  far.inbound$.subscribe(far.outbound$);
  const back = new Promise<string>((resolve, reject) => {
    let text = '';
    near.inbound$.subscribe({
      next: (chunk) => (text += chunk.toString()),
      error: reject,
      complete: () => {
        resolve(text);
      },
    });
  });
  near.outbound$.next('there and back');
  near.outbound$.complete();
  return back;
}

describe.each(Object.keys(mistakes))('%s', (what) => {
  let reported: unknown[];

  beforeEach(() => {
    reported = [];
    config.onUnhandledError = (error) => reported.push(error);
  });

  afterEach(async () => {
    await new Promise((resolve) => setTimeout(resolve));
    config.onUnhandledError = null;
    const all = reported.flatMap((error) =>
      error instanceof UnsubscriptionError ? (error.errors as unknown[]) : [error],
    );
    expect(all.filter((error) => error !== mistake)).toEqual([]);
  });

  it('keeps no other channel from its bytes', async () => {
    const { local, peer, other } = await mistreated(what);
    expect(await echoes(other)).toBe('there and back');
    local.destroy();
    peer.destroy();
  });

  it('does not keep destroy() from telling everybody', async () => {
    const { local, peer, other } = await mistreated(what);
    const told = other.map(
      (channel) =>
        new Promise((resolve) => {
          channel.closed$.subscribe({ error: resolve });
        }),
    );
    const closed = new Promise<void>((resolve) => {
      local.closed$.subscribe(resolve);
    });
    local.destroy();
    expect(await told[0]).toMatchObject({ code: 'ERR_RXMUX_CLOSED' });
    expect(await told[1]).toMatchObject({ code: 'ERR_RXMUX_CARRIER_ENDED' });
    await closed;
    expect([local.openChannels.size, peer.openChannels.size]).toEqual([0, 0]);
  });

  it('does not keep close() from coming to its end, once the channels are destroyed', async () => {
    const { local, peer, near, far, other } = await mistreated(what);
    await echoes(other);
    for (const channel of [near, far]) {
      channel.closed$.subscribe({ error: () => undefined });
      channel.destroy();
    }
    const closing = [local.close(), peer.close()];
    await Promise.all(closing);
    expect([local.openChannels.size, peer.openChannels.size]).toEqual([0, 0]);
  });
});

describe('the end of a half by its own Subject', () => {
  it.each(['complete', 'error', 'unsubscribe'] as const)('inbound$.%s() means cancel()', async (how) => {
    const plain = { extensions: false }; // a peer that knows STOP would send no more
    const { local, peer } = connected(plain, { peerChannelOptions: { highWaterMark: 1000 } });
    const [near, far] = await open(local, peer);
    const heard: unknown[] = [];
    far.inbound$.subscribe({
      next: (chunk) => heard.push(chunk),
      error: (error: unknown) => heard.push(error),
      complete: () => heard.push('complete'),
    });
    if (how === 'error') {
      far.inbound$.error(mistake);
    } else {
      far.inbound$[how]();
    }
    near.outbound$.next(Buffer.alloc(100_000)); // much more than the window: it is discarded and acknowledged
    near.outbound$.complete();
    far.outbound$.complete();
    await new Promise((resolve) => {
      near.closed$.subscribe(resolve);
    });
    expect(heard).toEqual({ complete: ['complete'], error: [mistake], unsubscribe: [] }[how]);
    local.destroy();
  });

  it('outbound$.unsubscribe() ends the half, after the bytes before', async () => {
    const { local, peer } = connected();
    const [near, far] = await open(local, peer);
    let text = '';
    const ended = new Promise<void>((resolve) => {
      far.inbound$.subscribe({ next: (chunk) => (text += chunk.toString()), complete: resolve });
    });
    near.outbound$.next('last words');
    // eslint-disable-next-line rxjs-x/no-subject-unsubscribe -- the mistake that this is about
    near.outbound$.unsubscribe();
    await ended;
    expect(text).toBe('last words');
    expect(() => {
      near.outbound$.next('more');
    }).toThrow(/unsubscribed/);
    local.destroy();
  });
});
