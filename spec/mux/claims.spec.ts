import { config, Subject } from 'rxjs';
import type { Channel } from '../../src/index.js';
import type { Arrival } from '../../src/mux/arrivals.js';
import { type Claim, Claims } from '../../src/mux/claims.js';
import { channelSettings } from '../../src/options.js';
import { listen } from '../support/listen.js';
import { turn } from '../support/test-carrier.js';

const settings = channelSettings(undefined);

/** Claims channels whose data is `word`, and keeps what it takes. */
function claimOf(word: string, taken: unknown[]): Claim<Buffer> {
  return (data) =>
    Buffer.from(data).toString() === word
      ? {
          settings,
          take: (channel: Channel) => {
            taken.push(channel);
          },
        }
      : undefined;
}

describe('Claims', () => {
  it('gives a channel to the first that claims it, and says at the end of the turn that it was offered', async () => {
    const claims = new Claims<Buffer>();
    const [first, second, other]: unknown[][] = [[], [], []];
    const [one, two] = [claimOf('mine', first ?? []), claimOf('mine', second ?? [])];
    claims.add(claimOf('other', other ?? []));
    claims.add(one);
    claims.add(two);
    expect(claims.to(Buffer.from('nobody'))).toBeUndefined();
    const [offering, offered] = [jest.fn(), jest.fn()];
    const channel = { offering, offered } as unknown as Arrival<Buffer>;
    const claimed = claims.to(Buffer.from('mine'));
    claims.give(channel, claimed ?? { settings, take: () => undefined });
    expect([first, second, other]).toEqual([[channel], [], []]);
    expect([offering, offered].map(({ mock }) => mock.calls.length)).toEqual([1, 0]);
    await turn();
    expect([offering, offered].map(({ mock }) => mock.calls.length)).toEqual([1, 1]);
    claims.delete(one);
    claims.to(Buffer.from('mine'))?.take(channel);
    expect([first, second, other]).toEqual([[channel], [channel], []]);
  });

  it('reports what one throws who is asked, and asks the others', async () => {
    const error = new Error('thrown');
    const before = config.onUnhandledError;
    const reported = new Promise((resolve) => {
      config.onUnhandledError = resolve;
    });
    const claims = new Claims<Buffer>();
    claims.add(() => {
      throw error;
    });
    claims.add(claimOf('mine', []));
    expect(claims.to(Buffer.from('mine'))).toBeDefined();
    expect(await reported).toBe(error);
    config.onUnhandledError = before;
  });

  it('reports what one throws who takes a channel, which is answered all the same', async () => {
    const reported$ = new Subject<unknown>();
    const heard = listen(reported$);
    const before = config.onUnhandledError;
    config.onUnhandledError = (error) => {
      reported$.next(error);
    };
    const [offering, offered] = [jest.fn(), jest.fn()];
    const channel = { offering, offered } as unknown as Arrival<Buffer>;
    const error = new Error('thrown');
    const over = new Promise((resolve) => reported$.subscribe(resolve));
    new Claims<Buffer>().give(channel, {
      settings,
      take: () => {
        throw error;
      },
    });
    await turn();
    expect([offering, offered].map(({ mock }) => mock.calls.length)).toEqual([1, 1]);
    return over.then(() => {
      config.onUnhandledError = before;
      expect(heard).toEqual([error]);
    });
  });
});
