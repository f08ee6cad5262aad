import { firstValueFrom, map, tap } from 'rxjs';
import { MuxClosedError, PeerError } from '../../src/index.js';
import { start } from '../mux/start.js';
import { connected } from '../support/connected.js';
import { listen } from '../support/listen.js';
import { turn } from '../support/test-carrier.js';
import * as wire from '../support/wire.js';

/** A channel of this side's, whose HANDSHAKE has left. */
async function opening() {
  const { carrier, mux } = start();
  const channel = mux.open('knock');
  const heard = listen(channel.handshake$);
  await carrier.hears();
  return { carrier, mux, channel, heard };
}

/** An answer without room and without data: with ERROR_END it is a refusal. */
const EMPTY_ANSWER = wire.handshake(0, 0);

const PEER_ERROR = new PeerError({ channelId: 0 });

describe('handshake$ of a channel that the peer refuses', () => {
  it.each([
    ['in one chunk', [[EMPTY_ANSWER, wire.errorEnd(0)]]],
    ['in two', [[EMPTY_ANSWER], [wire.errorEnd(0)]]],
    ['with messages for others between them', [[EMPTY_ANSWER, wire.keepAlive()], [wire.errorEnd(0)]]],
    ['with ERROR_END first, as some peers send it', [[wire.errorEnd(0), EMPTY_ANSWER]]],
  ])('errors and never emits: %s', async (_how, chunks) => {
    const { carrier, channel, heard } = await opening();
    for (const frames of chunks) {
      carrier.receive(...frames);
    }
    expect(heard).toEqual([PEER_ERROR]);
    expect(listen(channel.handshake$)).toEqual([PEER_ERROR]);
    expect(channel.handshake).toBeUndefined();
    expect(listen(channel.inbound$)).toEqual([PEER_ERROR]);
  });

  it('says nothing while it may be a refusal', async () => {
    const { carrier, channel, heard } = await opening();
    carrier.receive(EMPTY_ANSWER);
    await turn();
    expect(heard).toStrictEqual([]);
    expect(channel.handshake).toBeUndefined();
    expect(listen(channel.handshake$)).toEqual([]);
  });

  it('errors, between two muxes, where the peer rejects', async () => {
    const { local, peer } = connected();
    peer.channels$.subscribe((channel) => {
      channel.reject();
    });
    const heard = listen(local.open().handshake$);
    await firstValueFrom(local.removed$);
    expect(heard).toEqual([PEER_ERROR]);
    await Promise.all([local.close(), peer.close()]);
  });

  it('errors, between two muxes, where the peer has no room', async () => {
    const { local, peer } = connected({}, { maxOpen: 1 });
    peer.channels$.subscribe();
    const [one, other] = [local.open(), local.open()];
    const [taken, refused] = [one, other].map(({ handshake$ }) => listen(handshake$));
    await firstValueFrom(local.removed$);
    expect(taken).toEqual([Buffer.alloc(0), 'complete']);
    expect(refused).toEqual([expect.any(PeerError)]);
    expect(refused?.[0]).toMatchObject({ channelId: other.id, reason: { code: 'FULL' } });
    local.destroy();
  });
});

describe('closed$ of a channel that this side rejects', () => {
  it.each([
    ['at once, with extensions', true, false],
    ['at once, without extensions', false, false],
    ['later, with extensions', true, true],
  ])('completes: %s', async (_how, extensions, isLate) => {
    const { local, peer } = connected({ extensions }, { extensions });
    const reason = { code: 'NO', message: 'never' };
    peer.channels$.subscribe((channel) => {
      if (isLate) {
        channel.delayHandshake();
        queueMicrotask(() => {
          channel.reject(reason);
        });
      } else {
        channel.reject(reason);
      }
    });
    const near = local.open();
    near.inbound$.subscribe({
      error: (error: unknown) => {
        near.destroy(error);
      },
    });
    const rejected = await firstValueFrom(peer.removed$);
    expect(listen(rejected.closed$)).toEqual([undefined, 'complete']);
    await Promise.all([local.close(), peer.close()]);
  });
});

describe('a channel that this side has rejected', () => {
  it('completes where the peer has broken it by itself, with a reason, before it heard of that', async () => {
    const { carrier, mux } = start({ extensions: true });
    carrier.receive(wire.hello(100), wire.handshake(0, 100));
    const rejected = firstValueFrom(
      mux.channels$.pipe(
        tap((channel) => {
          channel.reject();
        }),
      ),
    );
    const { closed$ } = await rejected;
    await turn();
    carrier.receive(wire.reason(0, 'OWN', 'of the peer'), wire.errorEnd(0));
    expect(listen(closed$)).toEqual([undefined, 'complete']);
    mux.destroy();
  });
});

describe('handshake$ after an answer that could have been a refusal', () => {
  it.each([
    ['STATUS', wire.status(0, 100, 0)],
    ['DATA', wire.data(0, 2, 'hi')],
    ['END', wire.end(0)],
  ])('emits when %s shows that it was none', async (_what, frame) => {
    const { carrier, channel, heard } = await opening();
    carrier.receive(EMPTY_ANSWER);
    expect(heard).toStrictEqual([]);
    carrier.receive(frame);
    expect(heard).toEqual([Buffer.alloc(0), 'complete']);
    expect(channel.handshake).toEqual(Buffer.alloc(0));
    expect(listen(channel.handshake$)).toEqual(heard);
  });

  it('errors where FINISHED_STATUS comes between, which is about an earlier channel of the number', async () => {
    const { carrier, heard } = await opening();
    carrier.receive(EMPTY_ANSWER, wire.finishedStatus(0, 100, 0), wire.errorEnd(0));
    expect(heard).toEqual([PEER_ERROR]);
  });

  it('emits before the bytes and the end that show it', async () => {
    const { carrier, channel } = await opening();
    const order: string[] = [];
    channel.handshake$.subscribe(() => order.push('handshake'));
    channel.inbound$.subscribe({ next: () => order.push('bytes'), complete: () => order.push('end') });
    carrier.receive(EMPTY_ANSWER, wire.data(0, 2, 'hi'), wire.end(0));
    expect(order).toEqual(['handshake', 'bytes', 'end']);
  });

  it('keeps what it has emitted where the peer’s error comes later', async () => {
    const { carrier, channel, heard } = await opening();
    carrier.receive(EMPTY_ANSWER, wire.status(0, 100, 0), wire.errorEnd(0));
    expect(heard).toEqual([Buffer.alloc(0), 'complete']);
    expect(channel.handshake).toEqual(Buffer.alloc(0));
    expect(listen(channel.inbound$)).toEqual([PEER_ERROR]);
  });

  it('completes without a value where parseHandshake throws at nothing, which is no fault', async () => {
    const { carrier, mux } = start({
      parseHandshake: ({ length }) => {
        throw new Error(`no sense in ${length} bytes`);
      },
    });
    const faults = listen(mux.errors$);
    const heard = listen(mux.open().handshake$);
    await turn();
    carrier.receive(EMPTY_ANSWER, wire.status(0, 1, 0));
    expect(heard).toEqual(['complete']);
    expect(faults).toEqual([]);
  });

  it('errors with what ends the mux meanwhile', async () => {
    const { carrier, mux, heard } = await opening();
    carrier.receive(EMPTY_ANSWER);
    mux.destroy();
    expect(heard).toEqual([new MuxClosedError({ channelId: 0 })]);
  });

  it('errors with the refusal, though this side has destroyed the channel meanwhile', async () => {
    const { carrier, mux, channel, heard } = await opening();
    carrier.receive(EMPTY_ANSWER);
    channel.destroy();
    expect(heard).toStrictEqual([]);
    carrier.receive(wire.errorEnd(0));
    expect(heard).toEqual([PEER_ERROR]);
    await turn();
    expect(mux.openChannels.size).toBe(0);
  });
});

describe('handshake$ of an answer that cannot be a refusal', () => {
  it.each([
    ['has data', wire.handshake(0, 0, 'no room yet'), 'no room yet'],
    ['has room', wire.handshake(0, 1), ''],
  ])('emits at once, where it %s, whatever comes after it', async (_what, frame, expected) => {
    const { carrier, heard } = await opening();
    carrier.receive(frame);
    expect(heard).toEqual([Buffer.from(expected), 'complete']);
    carrier.receive(wire.errorEnd(0));
    expect(heard).toHaveLength(2);
  });

  it('emits at once where the peer has taken bytes on the strength of a PRE_HANDSHAKE', async () => {
    const { carrier, channel, heard } = await opening();
    channel.outbound$.next('bytes');
    carrier.receive(wire.preHandshake(0, 5));
    expect(await carrier.hears()).toEqual(['DATA 0 seq=5 "bytes"']);
    carrier.receive(EMPTY_ANSWER);
    expect(heard).toEqual([Buffer.alloc(0), 'complete']);
  });

  it('emits at once for a channel of the peer’s, though that has no room', () => {
    const { carrier, mux } = start();
    const seen = listen(mux.channels$);
    carrier.receive(wire.handshake(7, 0));
    expect(seen).toMatchObject([{ handshake: Buffer.alloc(0) }]);
  });
});

describe('a refusal', () => {
  it.each([true, false])('is seen on handshakeSent$, as any answer (extensions: %s)', async (extensions) => {
    const { local, peer } = connected({ extensions }, { extensions });
    const sent = listen(peer.handshakeSent$.pipe(map(({ channel, pre }) => [channel.id, pre])));
    peer.channels$.subscribe((channel) => {
      channel.reject();
    });
    const { id } = local.open();
    await firstValueFrom(local.removed$);
    expect(sent).toEqual([[id, false]]);
    await Promise.all([local.close(), peer.close()]);
  });
});
