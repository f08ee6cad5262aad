import fc from 'fast-check';
import { SendWindow } from '../../src/flow/send-window.js';
import { MAX_WINDOW } from '../../src/protocol/sequence.js';

const U32 = 2 ** 32;

/** Bytes sent; or a grant, by the number of bytes that the peer claims to have seen. */
type Step = { readonly sent: number } | { readonly seen: number; readonly free?: number };

/** How many bytes are acknowledged after each of the steps. The first grant lets everything be sent. */
function acknowledged(origin: number, steps: readonly Step[]): number[] {
  const window = new SendWindow(origin);
  window.grant(MAX_WINDOW, origin);
  return steps.map((step) => {
    if ('sent' in step) {
      window.sent(step.sent);
    } else {
      window.grant(step.free ?? MAX_WINDOW, (origin + step.seen) % U32);
    }
    return window.acknowledged;
  });
}

describe('SendWindow.acknowledged', () => {
  it.each<[string, Step[], number[]]>([
    ['nothing before anything is sent', [{ seen: 0 }], [0]],
    ['nothing for what has been sent alone', [{ sent: 10 }, { seen: 0 }], [0, 0]],
    ['what the peer has seen', [{ sent: 10 }, { seen: 4 }, { seen: 10 }], [0, 4, 10]],
    [
      'what it has seen before more is sent',
      [{ sent: 10 }, { seen: 4 }, { sent: 5 }, { seen: 12 }],
      [0, 4, 4, 12],
    ],
    [
      'each byte once, however often it is told',
      [{ sent: 10 }, { seen: 4 }, { seen: 4 }, { seen: 10 }],
      [0, 4, 4, 10],
    ],
    ['what it has seen, though it takes no more', [{ sent: 10 }, { seen: 10, free: 0 }], [0, 10]],
    ['nothing for less than before', [{ sent: 10 }, { seen: 8 }, { seen: 3 }, { seen: 9 }], [0, 8, 8, 9]],
    ['nothing for more than was sent', [{ sent: 10 }, { seen: 11 }, { seen: 10 }], [0, 0, 10]],
    ['nothing for half the numbers more than was sent', [{ sent: 10 }, { seen: 10 + 2 ** 31 }], [0, 0]],
    ['nothing for a number before the first', [{ sent: 10 }, { seen: U32 - 1 }], [0, 0]],
  ])('counts %s, wherever the count of bytes stands', (_what, steps, expected) => {
    for (const origin of [0, 1000, U32 - 1, U32 - 4, U32 - 10, 2 ** 31, 2 ** 31 - 5]) {
      expect(acknowledged(origin, steps)).toEqual(expected);
    }
  });

  it('goes on beyond 2^32', () => {
    const rounds = Array.from({ length: 6 }, (_, index): Step[] => [
      { sent: MAX_WINDOW },
      { seen: (index + 1) * MAX_WINDOW },
    ]);
    expect(acknowledged(7, rounds.flat()).at(-1)).toBe(6 * MAX_WINDOW);
  });

  it('is what an honest peer has told last, however the count of bytes wraps', () => {
    const fraction = fc.oneof(fc.constant(1), fc.double({ min: 0, max: 1, noNaN: true }));
    const free = fc.oneof(fc.nat(1000), fc.constant(MAX_WINDOW));
    fc.assert(
      fc.property(
        fc.nat(U32 - 1),
        fc.array(fc.tuple(fraction, fraction, free), { maxLength: 60, size: 'max' }),
        (origin, rounds) => {
          const window = new SendWindow(origin);
          let [sent, seen] = [0, 0];
          window.grant(MAX_WINDOW, origin);
          for (const [sending, seeing, free] of rounds) {
            const bytes = Math.floor(window.credit * sending);
            window.sent(bytes);
            sent += bytes;
            seen += Math.floor((sent - seen) * seeing);
            window.grant(free, (origin + seen) % U32);
            expect(window.acknowledged).toBe(seen);
          }
        },
      ),
    );
  });

  it('never falls, and is never more than was sent, whatever the peer says', () => {
    const u32 = fc.nat(U32 - 1);
    const step = fc.record({
      sending: fc.double({ min: 0, max: 1, noNaN: true }),
      free: fc.oneof(fc.nat(1000), u32),
      near: fc.option(fc.integer({ min: -20, max: 20 })),
      anywhere: u32,
    });
    fc.assert(
      fc.property(u32, fc.array(step, { maxLength: 60, size: 'max' }), (origin, steps) => {
        const window = new SendWindow(origin);
        let [sent, before] = [0, 0];
        for (const { sending, free, near, anywhere } of steps) {
          window.grant(free, near === null ? anywhere : (window.seq + near + U32) % U32);
          expect(window.acknowledged).toBeGreaterThanOrEqual(before);
          expect(window.acknowledged).toBeLessThanOrEqual(sent);
          before = window.acknowledged;
          const bytes = Math.floor(window.credit * sending);
          window.sent(bytes);
          sent += bytes;
          expect(window.acknowledged).toBe(before);
        }
      }),
    );
  });
});
