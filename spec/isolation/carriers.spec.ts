import { BehaviorSubject, config, Subject } from 'rxjs';
import { type Carrier, Mux } from '../../src/index.js';
import { turn } from '../support/test-carrier.js';
import * as peer from '../support/wire.js';

// A carrier that breaks, in whatever way: its mux fails, and nothing else.

const broken = new Error('broken');

/** A carrier that does nothing unless told. */
class Fragile implements Carrier {
  readonly inbound$ = new Subject<Uint8Array>();
  readonly capacity$ = new BehaviorSubject(65_536);
  write: () => void = () => undefined;
  end: () => void = () => undefined;
  destroy: () => void = () => undefined;
}

/** How it breaks, by name: prepares the carrier, or does it at once. */
const ways: Record<string, (carrier: Fragile) => void> = {
  'inbound$ errors': ({ inbound$ }) => {
    inbound$.error(broken);
  },
  'capacity$ errors': ({ capacity$ }) => {
    capacity$.error(broken);
  },
  'write throws': (carrier) => {
    carrier.write = fail;
  },
  'inbound$ errors inside write': (carrier) => {
    carrier.write = () => {
      carrier.inbound$.error(broken);
    };
  },
  'capacity$ errors inside write': (carrier) => {
    carrier.write = () => {
      carrier.capacity$.error(broken);
    };
  },
  'destroy throws as well': (carrier) => {
    carrier.destroy = () => {
      throw new Error('and once more');
    };
    carrier.write = fail;
  },
  'all ends inside destroy': (carrier) => {
    carrier.destroy = () => {
      carrier.inbound$.complete();
      carrier.capacity$.complete();
    };
    carrier.write = fail;
  },
  'all errors inside destroy': (carrier) => {
    carrier.destroy = () => {
      carrier.inbound$.error(new Error('late'));
      carrier.capacity$.error(new Error('late'));
    };
    carrier.write = fail;
  },
};

function fail(): never {
  throw broken;
}

const reported: unknown[] = [];

beforeEach(() => {
  reported.length = 0;
  config.onUnhandledError = (error) => reported.push(error);
});

afterEach(async () => {
  await new Promise((resolve) => setTimeout(resolve));
  config.onUnhandledError = null;
  expect(reported).toEqual([]);
});

/** What a mux and a channel of it are told. */
function watch(mux: Mux) {
  const channel = mux.open('', { channel: 5 });
  const told = { channels: [] as unknown[], channel: [] as unknown[], closed: 0 };
  mux.channels$.subscribe({
    error: (error: unknown) => told.channels.push(error),
    complete: () => told.channels.push('complete'),
  });
  for (const observable$ of [channel.inbound$, channel.outbound$, channel.closed$, channel.handshake$]) {
    (observable$ as Mux['closed$']).subscribe({ error: (error: unknown) => told.channel.push(error) });
  }
  mux.closed$.subscribe(() => (told.closed += 1));
  return told;
}

describe.each(Object.entries(ways))('%s', (_how, breaks) => {
  it('fails the mux, and tells every channel of it', async () => {
    const carrier = new Fragile();
    const mux = new Mux(carrier, { keepAlive: false });
    const told = watch(mux);
    breaks(carrier);
    await turn();
    expect(told.channels).toEqual([broken]);
    expect(told.channel).toHaveLength(4);
    for (const error of told.channel) {
      expect(error).toMatchObject({ code: 'ERR_RXMUX_CARRIER_ENDED', channelId: 5, cause: broken });
    }
    expect(told.closed).toBe(1);
    expect(mux.openChannels.size).toBe(0);
    await expect(mux.close()).rejects.toBe(broken);
  });
});

it.each(['inbound$', 'capacity$'] as const)(
  'a carrier whose %s has failed before fails its mux from the start',
  async (which) => {
    const carrier = new Fragile();
    carrier[which].error(broken);
    const mux = new Mux(carrier, { keepAlive: 1000, keepAliveTimeout: 5000 });
    const failed = new Promise((resolve) => {
      mux.channels$.subscribe({ error: resolve });
    });
    expect(await failed).toBe(broken);
    expect(() => mux.open()).toThrow(/no channel can be opened/);
  },
);

it('an exception of destroy() is what a mux fails with that has not failed with anything else', async () => {
  const carrier = new Fragile();
  carrier.destroy = fail;
  const mux = new Mux(carrier, { keepAlive: false });
  const told = watch(mux);
  mux.destroy();
  expect(told.channels).toEqual([broken]);
  expect(told.closed).toBe(1);
  expect(told.channel).toHaveLength(4);
  await expect(mux.close()).rejects.toBe(broken);
});

it('an exception of end() fails the mux that closes', async () => {
  const carrier = new Fragile();
  carrier.end = fail;
  const mux = new Mux(carrier, { keepAlive: false });
  await expect(mux.close()).rejects.toBe(broken);
});

it('what a carrier delivers inside write is worked through, and answered', async () => {
  const carrier = new Fragile();
  const mux = new Mux(carrier, { keepAlive: false, highChannels: false });
  let answer: Buffer | undefined = Buffer.concat([
    peer.handshake(0, 100),
    peer.data(0, 2, 'hi'),
    peer.end(0),
  ]);
  carrier.write = () => {
    const bytes = answer;
    answer = undefined;
    if (bytes !== undefined) {
      carrier.capacity$.next(carrier.capacity$.value);
      carrier.inbound$.next(bytes);
    }
  };
  const channel = mux.open();
  const heard = new Promise<string>((resolve) => {
    let text = '';
    channel.inbound$.subscribe({
      next: (chunk) => (text += chunk.toString()),
      complete: () => {
        resolve(text);
      },
    });
  });
  expect(await heard).toBe('hi');
  mux.destroy();
});
