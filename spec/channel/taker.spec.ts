import { config, take } from 'rxjs';
import { MuxChannel } from '../../src/channel/mux-channel.js';
import type { Taker } from '../../src/channel/taker.js';
import { turn } from '../support/test-carrier.js';
import * as wire from '../support/wire.js';
import { opened } from './opened.js';

/** Notes what it is given. */
function taker(): Taker & { readonly taken: unknown[] } {
  const taken: unknown[] = [];
  return {
    taken,
    onBytes: (chunk) => taken.push(chunk.toString()),
    onEnd: (end) => taken.push(end),
  };
}

/** A channel as adapters see it. */
async function adapted() {
  const { carrier, channel } = await opened();
  if (!(channel instanceof MuxChannel)) {
    throw new Error('a channel of another kind');
  }
  return { carrier, channel: channel as MuxChannel<Buffer> };
}

describe('a taker of a channel', () => {
  it('is given what has waited at the end of the turn, then what comes, then the end', async () => {
    const { carrier, channel } = await adapted();
    carrier.receive(wire.data(0, 5, 'hello'));
    const one = taker();
    channel.take(one);
    expect(one.taken).toEqual([]);
    await turn();
    expect(one.taken).toEqual(['hello']);
    carrier.receive(wire.data(0, 6, '!'));
    carrier.receive(wire.end(0));
    expect(one.taken).toEqual(['hello', '!', {}]);
  });

  it('is told of an end that has come before', async () => {
    const { carrier, channel } = await adapted();
    carrier.receive(wire.end(0));
    const one = taker();
    channel.take(one);
    expect(one.taken).toEqual([{}]);
  });

  it('is given what inbound$ is being given, unless it leaves then, or comes then', async () => {
    const { carrier, channel } = await adapted();
    const [leaving, staying, coming] = [taker(), taker(), taker()];
    channel.take(leaving);
    channel.take(staying);
    channel.inbound$.pipe(take(1)).subscribe(() => {
      channel.leave(leaving);
      channel.take(coming);
    });
    carrier.receive(wire.data(0, 1, 'a'));
    carrier.receive(wire.data(0, 2, 'b'));
    expect([leaving.taken, staying.taken, coming.taken]).toEqual([[], ['a', 'b'], ['b']]);
  });

  it('is given no more when it has left, and whoever left before does not matter', async () => {
    const { carrier, channel } = await adapted();
    const one = taker();
    const other = taker();
    channel.take(one);
    channel.take(other);
    channel.leave(one);
    carrier.receive(wire.data(0, 1, 'a'));
    channel.leave(other);
    carrier.receive(wire.data(0, 2, 'b'));
    carrier.receive(wire.end(0));
    expect([one.taken, other.taken]).toEqual([[], ['a']]);
  });

  it('shares what comes, and the end, with others', async () => {
    const { carrier, channel } = await adapted();
    const [one, other] = [taker(), taker()];
    channel.take(one);
    channel.take(other);
    carrier.receive(wire.data(0, 1, 'a'));
    carrier.receive(wire.end(0));
    expect([one.taken, other.taken]).toEqual([
      ['a', {}],
      ['a', {}],
    ]);
  });

  it('consumes bytes by acknowledging them', async () => {
    const { carrier, channel } = await adapted();
    channel.take(taker());
    const window = channel.receiveWindow$.value;
    carrier.receive(wire.data(0, window, Buffer.alloc(window)));
    await turn();
    expect(channel.receiveWindow$.value).toBe(0);
    channel.acknowledge(window);
    await turn();
    expect(channel.receiveWindow$.value).toBe(window);
  });

  it('has what it leaves to the others, be they one or more', async () => {
    const { carrier, channel } = await adapted();
    const [one, two, three] = [taker(), taker(), taker()];
    channel.take(one);
    channel.take(two);
    channel.take(three);
    channel.leave(two);
    carrier.receive(wire.data(0, 1, 'a'));
    channel.leave(three);
    carrier.receive(wire.data(0, 2, 'b'));
    channel.leave(one);
    channel.leave(one);
    carrier.receive(wire.data(0, 3, 'c'));
    expect([one.taken, two.taken, three.taken]).toEqual([['a', 'b'], [], ['a']]);
  });

  it('counts as consumed once what several acknowledge', async () => {
    const { carrier, channel } = await adapted();
    channel.take(taker());
    channel.take(taker());
    const window = channel.receiveWindow$.value;
    carrier.receive(wire.data(0, window, Buffer.alloc(window)));
    channel.acknowledge(window);
    channel.acknowledge(window);
    await turn();
    expect(channel.receiveWindow$.value).toBe(window);
    expect(channel.stats().unread).toBe(0);
  });

  it('that throws is reported, and disturbs nobody', async () => {
    const { carrier, channel } = await adapted();
    const reported: unknown[] = [];
    const done = new Promise<void>((resolve) => {
      config.onUnhandledError = (error) => {
        reported.push(error);
        if (reported.length === 2) {
          resolve();
        }
      };
    });
    channel.take({
      onBytes: () => {
        throw new Error('bytes');
      },
      onEnd: () => {
        throw new Error('end');
      },
    });
    const seen: unknown[] = [];
    channel.listen({ onInboundOver: (end) => seen.push(end) });
    carrier.receive(wire.data(0, 1, 'a'));
    carrier.receive(wire.end(0));
    await done;
    config.onUnhandledError = null;
    expect(reported).toEqual([new Error('bytes'), new Error('end')]);
    expect(seen).toEqual([{}]);
  });
});
