import { config, Subject } from 'rxjs';
import type { Channel } from '../../src/index.js';
import { type Arrival, Arrivals } from '../../src/mux/arrivals.js';
import { listen } from '../support/listen.js';
import { turn } from '../support/test-carrier.js';

const NO_DATA = new Uint8Array();

/** A channel of which only the number matters, and whether it has been offered. */
function arrival(id: number): Arrival<Buffer> & { readonly seen: jest.Mock } {
  const seen = jest.fn();
  return { id, seen, offering: () => undefined, offered: seen } as unknown as Arrival<Buffer> & {
    readonly seen: jest.Mock;
  };
}

describe('Arrivals', () => {
  it('offers a channel at once while somebody listens, and then says that it was offered', () => {
    const arrivals = new Arrivals<Buffer, Arrival<Buffer>>(1);
    const channel = arrival(1);
    const order: string[] = [];
    channel.seen.mockImplementation(() => order.push('offered'));
    arrivals.channels$.subscribe(() => order.push('seen'));
    arrivals.add(channel, NO_DATA);
    expect(order).toEqual(['seen', 'offered']);
    expect(arrivals.has(channel)).toBe(false);
    expect(arrivals.isFull).toBe(false);
  });

  it('keeps as many as its backlog for the first who listens, in order, at the end of his turn', async () => {
    const arrivals = new Arrivals<Buffer, Arrival<Buffer>>(2);
    const channels = [arrival(1), arrival(2)];
    channels.forEach((channel) => {
      expect(arrivals.isFull).toBe(false);
      arrivals.add(channel, NO_DATA);
    });
    expect(arrivals.isFull).toBe(true);
    const heard = listen(arrivals.channels$);
    expect(heard).toEqual([]);
    await turn();
    expect(heard).toEqual(channels);
  });

  it('is not full for those that come while the first who listens has not been offered what waits', async () => {
    const arrivals = new Arrivals<Buffer, Arrival<Buffer>>(1);
    const [first, second] = [arrival(1), arrival(2)];
    arrivals.add(first, NO_DATA);
    const heard = listen(arrivals.channels$);
    expect(arrivals.isFull).toBe(false);
    arrivals.add(second, NO_DATA);
    await turn();
    expect(heard).toEqual([first, second]);
  });

  it('offers each that has waited once', async () => {
    const arrivals = new Arrivals<Buffer, Arrival<Buffer>>(1);
    const channel = arrival(1);
    arrivals.add(channel, NO_DATA);
    const all: unknown[] = [];
    for (let times = 0; times < 2; times += 1) {
      const subscription = arrivals.channels$.subscribe((arrived) => all.push(arrived));
      await turn();
      subscription.unsubscribe();
    }
    expect([all, arrivals.has(channel), arrivals.isFull]).toEqual([[channel], false, false]);
  });

  it('keeps the rest where the only one who listens leaves', async () => {
    const arrivals = new Arrivals<Buffer, Arrival<Buffer>>(2);
    const [first, second] = [arrival(1), arrival(2)];
    arrivals.add(first, NO_DATA);
    arrivals.add(second, NO_DATA);
    const subscription = arrivals.channels$.subscribe(() => {
      subscription.unsubscribe();
    });
    await turn();
    expect(first.seen).toHaveBeenCalledTimes(1);
    expect(second.seen).not.toHaveBeenCalled();
    expect(arrivals.has(second)).toBe(true);
  });

  it('does not offer what has been taken out', async () => {
    const arrivals = new Arrivals<Buffer, Arrival<Buffer>>(3);
    const [found, refused] = [arrival(1), arrival(2)];
    arrivals.add(found, NO_DATA);
    arrivals.add(refused, NO_DATA);
    expect(arrivals.delete(found)).toBe(true);
    expect(arrivals.delete(found)).toBe(false);
    expect(arrivals.takeAll()).toEqual([refused]);
    const heard = listen(arrivals.channels$);
    await turn();
    expect(heard).toEqual([]);
  });

  it('offers nothing more once it is stopped', async () => {
    const arrivals = new Arrivals<Buffer, Arrival<Buffer>>(1);
    arrivals.add(arrival(1), NO_DATA);
    const heard = listen(arrivals.channels$);
    arrivals.stop();
    await turn();
    expect(heard).toEqual([]);
  });

  it('offers the others where somebody throws at one, and answers that one, too', () => {
    const reported$ = new Subject<unknown>();
    const unhandled = listen(reported$);
    // RxJS then passes exceptions on at once.
    // eslint-disable-next-line @typescript-eslint/no-deprecated
    config.useDeprecatedSynchronousErrorHandling = true;
    jest.spyOn(globalThis, 'setTimeout').mockImplementation(((work: () => void) => {
      try {
        work();
      } catch (error) {
        reported$.next(error);
      }
    }) as never);
    const mistake = new Error('mistake');
    const arrivals = new Arrivals<Buffer, Arrival<Buffer>>(1);
    const seen: Channel[] = [];
    try {
      arrivals.channels$.subscribe((channel) => {
        seen.push(channel);
        throw mistake;
      });
      const channels = [arrival(1), arrival(2)];
      channels.forEach((channel) => {
        arrivals.add(channel, NO_DATA);
      });
      expect(seen).toEqual(channels);
      expect(channels.map((channel) => channel.seen.mock.calls.length)).toEqual([1, 1]);
      expect(unhandled).toEqual([mistake, mistake]);
    } finally {
      // eslint-disable-next-line @typescript-eslint/no-deprecated
      config.useDeprecatedSynchronousErrorHandling = false;
    }
  });
});
