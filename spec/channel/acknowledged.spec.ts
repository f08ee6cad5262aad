import { firstValueFrom, VirtualTimeScheduler } from 'rxjs';
import { connected } from '../support/connected.js';
import { listen } from '../support/listen.js';
import { turn } from '../support/test-carrier.js';
import * as wire from '../support/wire.js';
import { opened } from './opened.js';

describe('channel.acknowledged$', () => {
  it('is what the peer has said it has received: not what has been given, nor what has been sent', async () => {
    const { carrier, channel } = await opened();
    const heard = listen(channel.acknowledged$);
    channel.outbound$.next(Buffer.alloc(150));
    expect(await carrier.hears()).toEqual(['DATA 0 seq=100 <100 bytes>']);
    expect(heard).toEqual([0]);
    carrier.receive(wire.status(0, 100, 40));
    expect(heard).toEqual([0, 40]);
    expect(channel.acknowledged$.value).toBe(40);
    expect(listen(channel.acknowledged$)).toEqual([40]);
  });

  it('is one, however often it is asked for', async () => {
    const { carrier, channel } = await opened();
    const first$ = channel.acknowledged$;
    expect(channel.acknowledged$).toBe(first$);
    channel.outbound$.next(Buffer.alloc(60));
    await turn();
    carrier.receive(wire.status(0, 100, 40));
    expect(first$.value).toBe(40);
  });

  it('emits only what is new', async () => {
    const { carrier, channel } = await opened();
    const heard = listen(channel.acknowledged$);
    channel.outbound$.next(Buffer.alloc(60));
    await turn();
    carrier.receive(
      wire.status(0, 100, 0),
      wire.status(0, 80, 40),
      wire.status(0, 100, 40),
      wire.status(0, 90, 60),
    );
    expect(heard).toEqual([0, 40, 60]);
  });

  it('counts what came before it was first asked for', async () => {
    const { carrier, channel } = await opened();
    channel.outbound$.next(Buffer.alloc(60));
    await turn();
    carrier.receive(wire.status(0, 100, 40));
    expect(listen(channel.acknowledged$)).toEqual([40]);
  });

  it('goes by FINISHED_STATUS too', async () => {
    const { carrier, channel } = await opened();
    channel.outbound$.next(Buffer.alloc(60));
    await turn();
    carrier.receive(wire.end(0), wire.finishedStatus(0, 100, 60));
    expect(channel.acknowledged$.value).toBe(60);
  });

  it.each([
    ['less than before', 30],
    ['more than it was sent', 101],
    ['nonsense', 0x8000_0000],
  ])('does not believe a peer that says %s', async (_what, seq) => {
    const { carrier, channel } = await opened();
    const heard = listen(channel.acknowledged$);
    channel.outbound$.next(Buffer.alloc(100));
    await turn();
    carrier.receive(wire.status(0, 100, 50), wire.status(0, 100, seq), wire.status(0, 100, 70));
    expect(heard).toEqual([0, 50, 70]);
  });

  it('completes, and keeps its value, when both sides have ended', async () => {
    const { carrier, channel } = await opened();
    const heard = listen(channel.acknowledged$);
    channel.outbound$.next(Buffer.alloc(60));
    channel.outbound$.complete();
    await turn();
    carrier.receive(wire.status(0, 100, 60));
    expect(heard).toEqual([0, 60]);
    carrier.receive(wire.end(0));
    expect(heard).toEqual([0, 60, 'complete']);
    expect(listen(channel.acknowledged$)).toEqual(['complete']);
    expect(channel.acknowledged$.value).toBe(60);
  });

  it('completes, and does not error, where the mux is destroyed', async () => {
    const { mux, channel } = await opened();
    const heard = listen(channel.acknowledged$);
    mux.destroy(new Error('enough'));
    expect(heard).toEqual([0, 'complete']);
  });

  it('says "complete" to whoever asks only when the channel is gone, after the bytes that had been received', async () => {
    const { carrier, channel } = await opened();
    channel.outbound$.next('hello');
    channel.outbound$.complete();
    await turn();
    carrier.receive(wire.status(0, 100, 5), wire.end(0));
    expect(listen(channel.acknowledged$)).toEqual(['complete']);
    expect(channel.acknowledged$.value).toBe(5);
  });

  it('rises to all that was given, between two muxes, when the peer has seen a quiet moment', async () => {
    const scheduler = new VirtualTimeScheduler();
    const { local, peer } = connected({}, { scheduler }); // its quiet moment comes when this test says so
    let received = 0;
    const all = new Promise<void>((resolve) => {
      peer.channels$.subscribe(({ inbound$ }) =>
        inbound$.subscribe(({ length }) => {
          received += length;
          if (received === 500_000) {
            resolve();
          }
        }),
      );
    });
    const channel = local.open('', { sendHighWaterMark: 1_000_000 });
    const heard: number[] = [];
    channel.acknowledged$.subscribe((bytes) => heard.push(bytes));
    channel.outbound$.next(Buffer.alloc(500_000));
    await all;
    while (channel.acknowledged$.value < 500_000) {
      scheduler.flush();
      await turn();
    }
    expect(heard).toEqual([...new Set(heard)].sort((a, b) => a - b));
    expect(channel.bufferedAmount).toBe(0);
    channel.destroy();
    peer.openChannels.get(0)?.destroy();
    await firstValueFrom(local.removed$);
    await Promise.all([local.close(), peer.close()]);
  });
});
