import fc from 'fast-check';
import { SendWindow } from '../../src/flow/send-window.js';
import { advance, MAX_WINDOW } from '../../src/protocol/sequence.js';

describe('SendWindow', () => {
  it('has no credit before the first grant', () => {
    expect(new SendWindow().credit).toBe(0);
    expect(new SendWindow(1000).credit).toBe(0);
  });

  it('counts what is sent against the credit', () => {
    const window = new SendWindow();
    window.grant(10, 0);
    window.sent(4);
    expect(window.credit).toBe(6);
    expect(window.seq).toBe(4);
    window.sent(6);
    expect(window.credit).toBe(0);
    expect(window.seq).toBe(10);
  });

  it('counts bytes that a grant has crossed on its way as used', () => {
    const window = new SendWindow();
    window.grant(100, 0);
    window.sent(60);
    window.grant(100, 20); // the peer had seen 20 of the 60
    expect(window.credit).toBe(60);
  });

  it('takes the last grant for the truth, not the sum of them', () => {
    const window = new SendWindow();
    window.grant(100, 0);
    window.grant(100, 0);
    expect(window.credit).toBe(100);
    window.grant(30, 0);
    expect(window.credit).toBe(30);
  });

  it('has no credit, and never less, where the peer takes back more than is left', () => {
    const window = new SendWindow();
    window.grant(100, 0);
    window.sent(80);
    window.grant(50, 0);
    expect(window.credit).toBe(0);
    window.grant(90, 0);
    expect(window.credit).toBe(10);
  });

  it('goes on where the count of bytes wraps', () => {
    const window = new SendWindow(0xffff_fff0);
    window.grant(0x20, 0xffff_fff0);
    expect(window.credit).toBe(0x20);
    window.sent(0x18);
    expect(window.seq).toBe(8);
    expect(window.credit).toBe(8);
    window.grant(0x20, 0xffff_fff8);
    expect(window.credit).toBe(0x10);
  });

  it.each([MAX_WINDOW, MAX_WINDOW + 1, 0xffff_ffff])('uses 2^31−1 bytes of a grant of %i', (free) => {
    const window = new SendWindow(5);
    window.grant(free, 5);
    expect(window.credit).toBe(MAX_WINDOW);
    window.sent(MAX_WINDOW);
    expect(window.credit).toBe(0);
  });

  it('agrees with counts that never wrap', () => {
    const step = fc.oneof(
      fc.record({ send: fc.double({ min: 0, max: 1, noNaN: true }) }),
      fc.record({
        free: fc.oneof(fc.integer({ min: 0, max: 1000 }), fc.integer({ min: 0, max: 0xffff_ffff })),
        seen: fc.double({ min: 0, max: 1, noNaN: true }),
      }),
    );
    const start = fc.oneof(
      fc.integer({ min: 0, max: 0xffff_ffff }),
      fc.integer({ min: 0xffff_ff00, max: 0xffff_ffff }),
    );
    fc.assert(
      fc.property(start, fc.array(step, { maxLength: 50 }), (origin, steps) => {
        const window = new SendWindow(origin);
        let sent = BigInt(origin);
        let seen = sent;
        let edge = sent;
        for (const given of steps) {
          const left = edge > sent ? edge - sent : 0n;
          if ('send' in given) {
            const bytes = BigInt(Math.floor(Number(left) * given.send));
            window.sent(Number(bytes));
            sent += bytes;
            // Nobody has more than a window's bytes on the way.
            seen = seen < sent - BigInt(MAX_WINDOW) ? sent - BigInt(MAX_WINDOW) : seen;
          } else {
            seen += BigInt(Math.floor(Number(sent - seen) * given.seen));
            window.grant(given.free, Number(BigInt.asUintN(32, seen)));
            edge = seen + BigInt(Math.min(given.free, MAX_WINDOW));
          }
          expect(BigInt(window.seq)).toBe(BigInt.asUintN(32, sent));
          expect(BigInt(window.credit)).toBe(edge > sent ? edge - sent : 0n);
        }
      }),
    );
  });

  it('has 0 … 2^31−1 bytes of credit, whatever the peer claims to have seen', () => {
    const u32 = fc.integer({ min: 0, max: 0xffff_ffff });
    fc.assert(
      fc.property(u32, u32, u32, (seq, free, seen) => {
        const window = new SendWindow(seq);
        window.grant(free, seen);
        expect(window.credit).toBeGreaterThanOrEqual(0);
        expect(window.credit).toBeLessThanOrEqual(MAX_WINDOW);
        const end = advance(seq, window.credit);
        window.sent(window.credit);
        expect(window.credit).toBe(0);
        expect(window.seq).toBe(end);
      }),
    );
  });
});
