import fc from 'fast-check';
import { ReceiveWindow } from '../../src/flow/receive-window.js';

const fraction = fc.double({ min: 0, max: 1, noNaN: true });
const size = fc.oneof(fc.integer({ min: 1, max: 10 }), fc.integer({ min: 1, max: 0x7fff_ffff }));

/** A window of `bytes` that has been granted to the peer. */
function granted(bytes: number): ReceiveWindow {
  const window = new ReceiveWindow(bytes);
  window.grant();
  return window;
}

describe('ReceiveWindow', () => {
  it('lets nothing in before the first grant, and that is due', () => {
    const window = new ReceiveWindow(100);
    expect(window.remaining).toBe(0);
    expect(window.unconsumed).toBe(0);
    expect(window.isGrantDue).toBe(true);
  });

  it('grants all of itself first', () => {
    const window = new ReceiveWindow(100);
    expect(window.grant()).toBe(100);
    expect(window.remaining).toBe(100);
    expect(window.isGrantDue).toBe(false);
  });

  it('counts what arrives, and what is consumed', () => {
    const window = granted(100);
    window.received(30);
    expect(window.remaining).toBe(70);
    expect(window.unconsumed).toBe(30);
    window.consumed(10);
    expect(window.remaining).toBe(70);
    expect(window.unconsumed).toBe(20);
  });

  it('grants what has been consumed, not what waits', () => {
    const window = granted(100);
    window.received(80);
    window.consumed(50);
    expect(window.grant()).toBe(70);
  });

  it.each([
    [100, 50],
    [101, 51],
    [2, 1],
    [3, 2],
  ])('of %i bytes has a grant due when %i have been consumed, and not a byte earlier', (bytes, half) => {
    const window = granted(bytes);
    window.received(bytes - 1); // so that the sender is not out of credit
    for (let consumed = 1; consumed < half; consumed += 1) {
      window.consumed(1);
      expect(window.isGrantDue).toBe(false);
    }
    window.consumed(1);
    expect(window.isGrantDue).toBe(true);
  });

  it('has a grant due for the first byte consumed where the sender is out of credit', () => {
    const window = granted(100);
    window.received(100);
    expect(window.isGrantDue).toBe(false);
    window.consumed(1);
    expect(window.isGrantDue).toBe(true);
    expect(window.grant()).toBe(1);
  });

  it('works with one byte', () => {
    const window = granted(1);
    window.received(1);
    expect(window.isGrantDue).toBe(false);
    window.consumed(1);
    expect(window.isGrantDue).toBe(true);
    expect(window.grant()).toBe(1);
    expect(window.isGrantDue).toBe(false);
  });

  it('asks for a look at a peer that goes quiet where something is due, but not enough', () => {
    const window = granted(100);
    expect(window.mayStallPeer).toBe(false); // nothing has come
    window.received(60);
    expect(window.mayStallPeer).toBe(false); // nothing is due
    window.consumed(1);
    expect(window.mayStallPeer).toBe(true);
    window.consumed(49);
    expect(window.mayStallPeer).toBe(false); // a grant is due
  });

  it('has what is due granted to a quiet peer', () => {
    const window = granted(100);
    window.received(10);
    window.consumed(8);
    expect(window.isGrantDue).toBe(false);
    window.peerIsQuiet();
    expect(window.isGrantDue).toBe(true);
    expect(window.grant()).toBe(98);
    expect(window.isGrantDue).toBe(false);
  });

  it('has nothing to grant to a quiet peer while all it has sent waits for its consumer', () => {
    const window = granted(100);
    window.received(10);
    window.peerIsQuiet();
    expect(window.isGrantDue).toBe(false);
    window.consumed(1);
    expect(window.isGrantDue).toBe(true);
  });

  /** The peer sends as many bytes, they are consumed, and the peer stops there until it gets a grant. */
  function stops(window: ReceiveWindow, bytes: number): void {
    window.received(bytes);
    window.consumed(bytes);
    window.peerIsQuiet();
    window.grant();
  }

  it('grants at once what a peer that has stopped twice after as many bytes waits for', () => {
    const window = granted(100);
    stops(window, 10);
    window.received(10);
    window.consumed(10);
    expect(window.isGrantDue).toBe(false); // once may be chance
    window.peerIsQuiet();
    window.grant();
    window.received(10);
    window.consumed(9);
    expect(window.isGrantDue).toBe(false);
    window.consumed(1);
    expect(window.isGrantDue).toBe(true);
  });

  it('takes no two different stops for a peer that waits', () => {
    const window = granted(100);
    stops(window, 10);
    stops(window, 11);
    window.received(11);
    window.consumed(11);
    expect(window.isGrantDue).toBe(false);
  });

  it('waits for half of itself again once the peer has not waited, and asks for no more looks', () => {
    const window = granted(100);
    stops(window, 10);
    stops(window, 10);
    window.received(21); // 20 might have been two pieces, with a grant between them
    window.consumed(21);
    expect(window.isGrantDue).toBe(false);
    expect(window.mayStallPeer).toBe(false);
    window.peerIsQuiet();
    expect(window.isGrantDue).toBe(false);
    window.received(29);
    window.consumed(29);
    expect(window.isGrantDue).toBe(true);
  });

  it('grants at once, as before, where twice as much comes as the peer has waited after', () => {
    const window = granted(100);
    stops(window, 10);
    stops(window, 10);
    window.received(20);
    window.consumed(20);
    expect(window.isGrantDue).toBe(true);
  });

  it('never waits for more than half of itself', () => {
    const window = granted(100);
    for (let i = 0; i < 2; i += 1) {
      window.received(80);
      window.consumed(40);
      window.peerIsQuiet();
      window.grant();
      window.consumed(40);
      window.grant();
    }
    window.received(60);
    window.consumed(50);
    expect(window.isGrantDue).toBe(true);
  });

  it('says by how much the peer has overrun it', () => {
    const window = granted(10);
    window.received(13);
    expect(window.remaining).toBe(-3);
    expect(window.unconsumed).toBe(13);
  });

  it('grants nothing for an overrun until there is room again', () => {
    const window = granted(10);
    window.received(13);
    expect(window.isGrantDue).toBe(false);
    window.consumed(3);
    expect(window.isGrantDue).toBe(false);
    window.consumed(1);
    expect(window.isGrantDue).toBe(true);
    expect(window.grant()).toBe(1);
  });

  it('grants 0, and not less, while it is overrun', () => {
    const window = granted(10);
    window.received(13);
    expect(window.grant()).toBe(0);
    expect(window.remaining).toBe(0);
  });

  it('never promises more than it has room for', () => {
    const step = fc.record({ what: fc.constantFrom('arrive', 'consume', 'grant'), share: fraction });
    fc.assert(
      fc.property(size, fc.array(step, { maxLength: 60 }), (bytes, steps) => {
        const window = new ReceiveWindow(bytes);
        for (const { what, share } of steps) {
          if (what === 'arrive') {
            window.received(Math.ceil(window.remaining * share));
          } else if (what === 'consume') {
            window.consumed(Math.ceil(window.unconsumed * share));
          } else if (window.isGrantDue) {
            const before = window.remaining;
            expect(window.grant()).toBe(window.remaining);
            expect(window.remaining).toBeGreaterThan(before);
            expect(window.remaining + window.unconsumed).toBe(bytes);
            expect(window.isGrantDue).toBe(false);
          }
          expect(window.remaining).toBeGreaterThanOrEqual(0);
          expect(window.unconsumed).toBeGreaterThanOrEqual(0);
          expect(window.remaining + window.unconsumed).toBeLessThanOrEqual(bytes);
        }
      }),
    );
  });

  it('never leaves a sender without credit when all has been consumed', () => {
    const chunks = fc.array(fc.tuple(fraction, fraction), { minLength: 1, maxLength: 60 });
    fc.assert(
      fc.property(size, chunks, (bytes, steps) => {
        const window = granted(bytes);
        for (const [arriving, consuming] of steps) {
          const arrived = Math.max(1, Math.floor(window.remaining * arriving));
          window.received(Math.min(arrived, window.remaining));
          window.consumed(Math.floor(window.unconsumed * consuming));
          if (window.isGrantDue) {
            window.grant();
          }
        }
        window.consumed(window.unconsumed);
        expect(window.remaining > 0 || window.isGrantDue).toBe(true);
        window.grant();
        expect(window.remaining).toBe(bytes);
      }),
    );
  });

  it('costs no more than a grant for each half of itself where all is consumed at once', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 1000 }),
        fc.array(fraction, { maxLength: 200 }),
        (bytes, steps) => {
          const window = granted(bytes);
          let transferred = 0;
          let grants = 0;
          for (const share of steps) {
            const arrived = Math.ceil(window.remaining * share);
            window.received(arrived);
            window.consumed(arrived);
            transferred += arrived;
            if (window.isGrantDue) {
              window.grant();
              grants += 1;
            }
          }
          expect(grants * (bytes / 2)).toBeLessThanOrEqual(transferred);
        },
      ),
    );
  });
});
