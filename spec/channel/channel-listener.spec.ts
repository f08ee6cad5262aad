import { type Channel, MuxClosedError, PeerError } from '../../src/index.js';
import type { ChannelListener } from '../../src/channel/channel-listener.js';
import { MuxChannel } from '../../src/channel/mux-channel.js';
import { turn } from '../support/test-carrier.js';
import * as wire from '../support/wire.js';
import { opened } from './opened.js';

/** Notes what it is told. */
function listener(): ChannelListener & { readonly heard: unknown[] } {
  const heard: unknown[] = [];
  return {
    heard,
    onTaken: () => heard.push('taken'),
    onStopped: (end) => heard.push(['stopped', end]),
    onEndSent: (end) => heard.push(['end sent', end]),
    onPeerError: (error) => heard.push(['peer error', error]),
    onInboundOver: (end) => heard.push(['inbound over', end]),
    onCut: (error) => heard.push(['cut', error]),
  };
}

/** A channel as adapters see it. */
function asAdapters(channel: Channel): MuxChannel<Buffer> {
  if (!(channel instanceof MuxChannel)) {
    throw new Error('a channel of another kind');
  }
  return channel as MuxChannel<Buffer>;
}

async function adapted() {
  const { carrier, mux, channel } = await opened();
  return { carrier, mux, channel: asAdapters(channel) };
}

describe('a listener of a channel', () => {
  it('may leave out what it does not want to hear, be it early or late', async () => {
    const { carrier, mux, channel } = await adapted();
    channel.listen({});
    channel.give('hello');
    channel.finish({});
    await turn();
    carrier.receive(wire.errorEnd(0));
    channel.listen({});
    const other = mux.open();
    other.closed$.subscribe({ error: () => undefined });
    mux.destroy();
    const late = listener();
    asAdapters(other).listen({});
    asAdapters(other).listen(late);
    expect(late.heard.at(-1)).toEqual(['cut', expect.any(MuxClosedError)]);
    expect([channel.isEndSent, channel.hasPeerEnded]).toEqual([true, true]);
  });

  it('is told what happens, as it happens', async () => {
    const { carrier, channel } = await adapted();
    const one = listener();
    channel.listen(one);
    channel.give('hello');
    channel.finish({});
    expect(one.heard).toEqual([['stopped', {}]]);
    await turn();
    expect(one.heard.splice(0)).toEqual([['stopped', {}], 'taken', ['end sent', {}]]);
    const error = new PeerError({ channelId: 0 });
    carrier.receive(wire.errorEnd(0));
    expect(one.heard).toEqual([
      ['inbound over', { error }],
      ['peer error', error],
    ]);
  });

  it('that comes late is told what can happen only once', async () => {
    const { carrier, channel } = await adapted();
    channel.give('hello');
    channel.finish({});
    await turn();
    carrier.receive(wire.errorEnd(0));
    const [late, later] = [listener(), listener()];
    channel.listen(late);
    channel.listen(later);
    const error = new PeerError({ channelId: 0 });
    expect(late.heard).toEqual([
      ['stopped', {}],
      ['end sent', {}],
      ['peer error', error],
      ['inbound over', { error }],
    ]);
    expect(later.heard).toEqual(late.heard);
  });

  it('is told of the end of the mux, early or late, for each half', async () => {
    const { mux, channel } = await adapted();
    const [early, late] = [listener(), listener()];
    channel.listen(early);
    mux.destroy();
    channel.listen(late);
    const error = new MuxClosedError({ channelId: 0 });
    const all = [
      ['stopped', { error }],
      ['end sent', { error }],
      ['inbound over', { error }],
      ['cut', error],
    ];
    expect(early.heard).toEqual(expect.arrayContaining(all));
    expect(early.heard).toHaveLength(all.length);
    expect(late.heard).toEqual(all);
  });

  it('needs no more methods than it wants, early or late', async () => {
    const { mux, channel } = await adapted();
    channel.listen({});
    channel.give('hello');
    await turn();
    mux.destroy();
    expect(() => {
      channel.listen({});
    }).not.toThrow();
  });

  it('is told nothing more once it is taken off, while others are', async () => {
    const { channel } = await adapted();
    const [gone, other] = [listener(), listener()];
    channel.unlisten(gone); // it has never listened
    channel.listen(gone);
    channel.listen(other);
    channel.unlisten(gone);
    channel.finish({});
    expect(gone.heard).toEqual([]);
    expect(other.heard).toEqual([['stopped', {}]]);
  });

  it('may be taken off by another while both are told', async () => {
    const { channel } = await adapted();
    const other = listener();
    channel.listen({
      onStopped: () => {
        channel.unlisten(other);
      },
    });
    channel.listen(other);
    channel.finish({});
    expect(other.heard).toEqual([['stopped', {}]]); // it was on its way
    await turn();
    expect(other.heard).toHaveLength(1);
  });
});
