import { EMPTY } from 'rxjs';
import { HeaderTooBigError } from '../../src/index.js';
import { start } from '../mux/start.js';
import { listen } from '../support/listen.js';
import * as wire from '../support/wire.js';

/** Of one mux with the least memory, two channels can keep so much. */
const LARGE = Buffer.alloc(30_000, 'x');

/** Three channels that this side has opened; the peer has answered each, but for the last, with much data. */
async function answered() {
  const { carrier, mux } = start({ maxMemory: 1_048_576 });
  const faults = listen(mux.errors$);
  const channels = [mux.open(), mux.open(), mux.open()];
  await carrier.hears();
  carrier.receive(wire.handshake(0, 10, LARGE), wire.handshake(1, 10, LARGE));
  expect(channels.map(({ handshake }) => handshake?.length)).toStrictEqual([30_000, 30_000, undefined]);
  expect(faults).toEqual([]);
  return { carrier, mux, faults, channels };
}

describe('the peer’s answer to a channel of this side’s', () => {
  it('breaks that channel alone where there is no memory left for its data, and is a fault', async () => {
    const { carrier, mux, faults, channels } = await answered();
    const third = channels[2];
    carrier.receive(wire.handshake(2, 10, LARGE));
    const error = new HeaderTooBigError({ channelId: 2 });
    expect(faults).toEqual([error]);
    expect(
      third && [third.handshake$, third.inbound$, third.outbound$].map((part$) => listen<unknown>(part$)),
    ).toEqual([[error], [error], [error]]);
    expect(await carrier.hears()).toEqual(['ERROR_END 2']);
    channels[0]?.outbound$.next('on');
    expect(await carrier.hears()).toEqual(['DATA 0 seq=2 "on"']);
    carrier.receive(wire.end(2));
    expect([...mux.openChannels.keys()]).toEqual([0, 1]);
  });

  it('harms nothing where it comes a second time, with more than may be in a header', async () => {
    const { carrier, faults, channels } = await answered();
    carrier.receive(wire.handshake(0, 10, Buffer.alloc(70_000)));
    expect(faults).toEqual([new HeaderTooBigError({ channelId: 0 })]);
    const inbound = listen(channels[0]?.inbound$ ?? EMPTY);
    channels[0]?.outbound$.next('on');
    expect(await carrier.hears()).toEqual(['DATA 0 seq=2 "on"']);
    carrier.receive(wire.data(0, 2, 'ok'));
    expect(inbound).toEqual([Buffer.from('ok')]);
  });

  it('finds the memory of a channel that is gone', async () => {
    const { carrier, faults, channels } = await answered();
    channels[0]?.destroy();
    await carrier.hears();
    carrier.receive(wire.end(0), wire.handshake(2, 10, LARGE));
    expect(channels[2]?.handshake).toEqual(LARGE);
    expect(faults).toEqual([]);
  });
});
