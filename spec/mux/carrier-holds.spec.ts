import { VirtualTimeScheduler } from 'rxjs';
import { Mux } from '../../src/index.js';
import { PLAIN_WIRE } from '../support/plain-wire.js';
import { TestCarrier } from '../support/test-carrier.js';
import * as peer from '../support/wire.js';

const FIRST = 65_536;
const ALONE = 262_144;

/** A mux over a carrier that holds so many bytes. Its clock stands still, so that everybody keeps up. */
function over(holds?: number) {
  const carrier = Object.assign(new TestCarrier(), { holds });
  return { carrier, mux: new Mux(carrier, { ...PLAIN_WIRE, scheduler: new VirtualTimeScheduler() }) };
}

/** The window of a channel that is busy alone, over that carrier. */
async function windowAlone(holds?: number): Promise<number> {
  const { carrier, mux } = over(holds);
  let window = 0;
  mux.channels$.subscribe(({ inbound$, receiveWindow$ }) => {
    inbound$.subscribe();
    receiveWindow$.subscribe((bytes) => {
      window = bytes;
    });
  });
  carrier.receive(peer.handshake(0, 100));
  let seq = 0;
  for (let turn = 0; turn < 4; turn += 1) {
    await carrier.hears();
    seq += window;
    carrier.receive(peer.data(0, seq, Buffer.alloc(window)));
  }
  await carrier.hears();
  return window;
}

describe('Mux', () => {
  describe('over a carrier that holds many bytes', () => {
    it('gives a channel that is busy alone a window of so many', async () => {
      expect(await windowAlone(1_000_000)).toBe(1_000_000);
    });

    it.each([[undefined], [1], [FIRST]])('gives it 256 KiB where that is %p', async (holds) => {
      expect(await windowAlone(holds)).toBe(ALONE);
    });

    it.each([[0], [1.5], [NaN], [Infinity]])('throws where that is %p', (holds) => {
      expect(() => over(holds)).toThrow(
        new RangeError(`carrier.holds must be a whole number from 1, got ${holds}`),
      );
    });

    it('says nothing on a carrier that it has thrown for', async () => {
      const carrier = Object.assign(new TestCarrier(), { holds: 0 });
      expect(() => new Mux(carrier)).toThrow(RangeError);
      expect([await carrier.hears(), carrier.capacity$.observed]).toEqual([[], false]);
    });
  });
});
