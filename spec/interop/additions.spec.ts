import type { BPDuplex } from 'bpmux';
import { once } from 'node:events';
import { firstValueFrom, VirtualAction, VirtualTimeScheduler } from 'rxjs';
import { type Channel, ChannelError, KeepAliveTimeoutError, PeerError } from '../../src/index.js';
import { listen } from '../support/listen.js';
import { overhear, type Overheard, settled } from './overhear.js';

/** A channel that the mux has opened and bpmux has answered, and bpmux's end of it. */
async function open(
  { mux, bpmux }: Pick<Overheard, 'mux' | 'bpmux'>,
  data?: string,
): Promise<[Channel, BPDuplex]> {
  const arrived = once(bpmux, 'handshake') as Promise<[BPDuplex]>;
  const channel = mux.open(data);
  const [duplex] = await arrived;
  await firstValueFrom(channel.handshake$);
  return [channel, duplex];
}

const code = 'ERR_RXMUX_NO_PING';

describe('beside bpmux', () => {
  it('ping() rejects: at once where bpmux has said anything, else as soon as it does', async () => {
    const overheard = overhear();
    const early = overheard.mux.ping();
    const settledEarly = jest.fn();
    early.catch(settledEarly);
    await settled();
    expect(settledEarly).not.toHaveBeenCalled();
    await open(overheard);
    await expect(early).rejects.toMatchObject({ code });
    await expect(overheard.mux.ping()).rejects.toMatchObject({ code });
    overheard.mux.destroy();
  });

  it('peer$ stays undefined, and goingAway$ never emits: they complete with the mux', async () => {
    const overheard = overhear();
    const { mux, bpmux, faults } = overheard;
    const [peers, goingAway] = [listen(mux.peer$), listen(mux.goingAway$)];
    const [channel, duplex] = await open(overheard);
    channel.outbound$.complete();
    duplex.resume().end();
    await firstValueFrom(mux.removed$);
    const closing = mux.close(); // would say GOAWAY
    bpmux.carrier.end();
    await closing;
    expect(peers).toEqual([undefined, 'complete']);
    expect(goingAway).toEqual(['complete']);
    expect(faults).toEqual([]);
  });

  it('no reason is sent: bpmux hears of an error, and of nothing else', async () => {
    const overheard = overhear();
    const { mux, bpmux, said, faults } = overheard;
    const errors: unknown[] = [];
    const failing = (duplex: BPDuplex): BPDuplex =>
      duplex.on('error', ({ message }: Error) => errors.push(message)).resume();
    for (const end of [
      (channel: Channel) => {
        channel.destroy(new ChannelError('QUOTA', 'too much'));
      },
      (channel: Channel) => {
        channel.outbound$.error(new ChannelError('QUOTA', 'too much'));
      },
    ]) {
      const [channel, duplex] = await open(overheard);
      channel.closed$.subscribe({ error: () => undefined });
      failing(duplex);
      end(channel);
      await once(duplex, 'error');
    }
    mux.channels$.subscribe((channel) => {
      channel.reject({ code: 'QUOTA', message: 'too much' });
    });
    await once(failing(bpmux.multiplex({ channel: 9 })), 'error');
    expect(errors).toEqual(['peer error', 'peer error', 'peer error']);
    expect(said().filter((message) => !/^(HANDSHAKE|ERROR_END)/.test(message))).toEqual([
      'HELLO version=1 window=2048',
    ]);
    expect(said().slice(-2)).toEqual(['HANDSHAKE 9 free=0 ""', 'ERROR_END 9']);
    expect(faults).toEqual([]);
    mux.destroy();
  });

  it('no reason ever comes: PeerError has none', async () => {
    const overheard = overhear();
    const [channel, duplex] = await open(overheard);
    const failed = new Promise<PeerError>((resolve) => {
      channel.inbound$.subscribe({ error: resolve });
    });
    duplex.peer_error_then_end();
    const error = await failed;
    expect(error).toBeInstanceOf(PeerError);
    expect([error.reason, error.message]).toEqual([undefined, 'peer error']);
    overheard.mux.destroy();
  });

  it('stopped$ emits when this half has ended or the channel is gone, and not for bpmux having enough', async () => {
    const overheard = overhear();
    const [channel, duplex] = await open(overheard);
    const stopped = listen(channel.stopped$);
    duplex.destroy(); // ends its half, and reads no more
    await settled();
    expect(stopped).toStrictEqual([]);
    channel.outbound$.next('goes nowhere');
    channel.outbound$.complete();
    expect(stopped).toEqual([undefined, 'complete']);

    const [other] = await open(overheard);
    const gone = listen(other.stopped$);
    other.closed$.subscribe({ error: () => undefined });
    overheard.mux.destroy();
    expect(gone).toEqual([undefined, 'complete']);
  });

  it('who has enough says no STOP: what bpmux sends is dropped, until it ends', async () => {
    const overheard = overhear();
    const { mux, said, faults } = overheard;
    const [channel, duplex] = await open(overheard);
    channel.cancel();
    channel.outbound$.complete();
    duplex.resume().end(Buffer.alloc(500_000));
    await firstValueFrom(mux.removed$);
    expect(said().filter((message) => message.startsWith('STOP'))).toEqual([]);
    expect(faults).toEqual([]);
    mux.destroy();
  });

  it('priority and weight are kept, since they are this side’s alone', async () => {
    const overheard = overhear();
    const { mux, said } = overheard;
    const [last] = await open(overheard);
    const [light] = await open(overheard);
    const [heavy] = await open(overheard);
    last.priority = 7;
    [light.weight, heavy.weight] = [1, 256];
    const before = said().length;
    for (const channel of [last, light, heavy]) {
      channel.outbound$.next(Buffer.alloc(10_000));
    }
    await settled();
    const order = said()
      .slice(before)
      .map((message) => Number(message.split(' ')[1]));
    expect(order.indexOf(last.id)).toBeGreaterThan(order.lastIndexOf(heavy.id));
    expect(order.indexOf(last.id)).toBeGreaterThan(order.lastIndexOf(light.id));
    expect(order.lastIndexOf(light.id)).toBeGreaterThan(order.lastIndexOf(heavy.id));
    mux.destroy();
  });

  it('bytes wait for the answer, though they were there with the opening', async () => {
    const { mux, bpmux, said } = overhear();
    let answer: (() => void) | undefined;
    bpmux.on('handshake', (_duplex, _data, delay) => {
      answer = delay?.();
    });
    mux.open().outbound$.next('early');
    const saidBefore = new Promise<string[]>((resolve) => {
      bpmux.on('pre_handshake_sent', () => {
        resolve(said());
      });
    });
    expect(await saidBefore).toEqual(['HELLO version=1 window=2048', 'HANDSHAKE 0 free=65536 ""']);
    await settled();
    expect(said().at(-1)).toBe('DATA 0 seq=5 "early"');
    answer?.();
    mux.destroy();
  });

  it('keepAliveTimeout cuts a bpmux that says nothing, and none that sends keep-alives', async () => {
    for (const keepAlive of [false, 1] as const) {
      const scheduler = new VirtualTimeScheduler(VirtualAction, 0);
      const { mux, bpmux, said } = overhear({ scheduler, keepAliveTimeout: 100 }, { keep_alive: keepAlive });
      const heard = listen(mux.channels$);
      await open({ mux, bpmux });
      for (let i = 0; i < 5 && heard.length === 0; i += 1) {
        if (keepAlive !== false) {
          await firstValueFrom(mux.keepAlive$);
        }
        scheduler.maxFrames += 60;
        scheduler.flush();
      }
      expect(heard).toEqual(keepAlive === false ? [new KeepAliveTimeoutError(100)] : []);
      expect(said()).toEqual(['HELLO version=1 window=2048', 'HANDSHAKE 0 free=65536 ""']); // and no PING
      mux.destroy();
    }
  });

  it('both may open channels in the same turn, without having agreed on numbers', async () => {
    for (const highChannels of [false, true]) {
      jest.spyOn(Math, 'random').mockReturnValue(0.5);
      const { mux, bpmux, faults } = overhear({ highChannels: undefined }, { high_channels: highChannels });
      const arrived: string[] = [];
      mux.channels$.subscribe(({ handshake }) => arrived.push(String(handshake)));
      bpmux.on('handshake', (_duplex, data, delay) => {
        if (delay !== null) {
          arrived.push(data.toString());
        }
      });
      for (let i = 0; i < 3; i += 1) {
        mux.open(`of rxmux ${i}`);
        bpmux.multiplex({ handshake_data: Buffer.from(`of bpmux ${i}`) }).on('error', () => undefined);
      }
      await settled();
      expect(arrived.sort()).toEqual(
        ['bpmux', 'rxmux'].flatMap((side) => [0, 1, 2].map((i) => `of ${side} ${i}`)),
      );
      expect(mux.openChannels.size).toBe(6);
      expect(faults).toEqual([]);
      mux.destroy();
    }
  });
});
