import type { Mux } from '../../src/index.js';
import type { Cut, Faults } from './fault-link.js';
import { randomFrom } from './random-from.js';
import { echo, echoed, Resumed } from './resumed.js';

/**
 * Cut is after one of so many bytes, each kind of cut after others: so there is one after each byte. With RXMUX_SOAK set, all
 * kinds of cut are after each byte.
 */
const STEP = process.env['RXMUX_SOAK'] === undefined ? 5 : 1;

/** ms that a conversation has at most, however busy the machine is. */
const PATIENCE = 20_000;

/**
 * A conversation in which both sides open a channel, say something and close. Every byte is checked, and that nobody has
 * noticed anything, and that nothing is left.
 */
async function converse(session: Resumed): Promise<void> {
  const errors: unknown[] = [];
  const { near, far } = await session.muxes();
  for (const mux of [near, far]) {
    mux.errors$.subscribe((error) => errors.push(error));
    echo(mux);
  }
  const ends = await Promise.all(
    [near, far].map((mux: Mux, i) =>
      echoed(mux.open('hello'), [Buffer.alloc(120, i), Buffer.alloc(30, 'x')]),
    ),
  );
  expect(ends.map(({ came }) => came)).toEqual(ends.map(({ sent }) => sent));
  await Promise.all([near.close(), far.close()]);
  expect(errors).toEqual([]);
  await session.isGone();
}

/** The same, and where it fails, or does not come to its end: what there was. */
async function conversation(faultsOf: (index: number) => Faults): Promise<Resumed> {
  const session = new Resumed(faultsOf, { deadAfter: 200 });
  let timer: ReturnType<typeof setTimeout> | undefined;
  const outOfTime = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => {
      reject(new Error('it does not come to its end'));
    }, PATIENCE);
  });
  try {
    await Promise.race([converse(session), outOfTime]);
  } catch (error) {
    const links = session.links.map(({ faults, near, far }) => ({
      ...faults,
      sent: [near.delivered, far.delivered],
    }));
    throw new Error(`${String(error)}: ${session.carrier.state$.value}, ${JSON.stringify(links)}`, {
      cause: error,
    });
  } finally {
    clearTimeout(timer);
  }
  return session;
}

describe('a session that is cut', () => {
  let lengths: { toFar: number; toNear: number };

  beforeAll(async () => {
    const { link, carrier } = await conversation(() => ({}));
    lengths = { toFar: link.near.delivered, toNear: link.far.delivered };
    expect(carrier.resumptions).toBe(0);
  });

  const cuts: readonly Cut[] = ['fin', 'rst', 'near only', 'far only', 'silent'];
  const directions = ['toFar', 'toNear'] as const;

  describe.each(cuts.map((cut, place) => [cut, place] as const))('%s', (cut, place) => {
    it.each(directions)('after any byte %s, once, goes on where it was', async (direction) => {
      let resumptions = 0;
      await each(1 + (place % STEP), lengths[direction] - 1, STEP, async (at) => {
        const { carrier } = await conversation((index) => (index === 0 ? { [direction]: at, cut } : {}));
        resumptions += carrier.resumptions;
      });
      expect(resumptions).toBeGreaterThan(lengths[direction] / STEP / 2);
    });
  });

  it.each(directions)('after any byte %s, five times in a row, goes on where it was', async (direction) => {
    await each(1, lengths[direction], STEP, async (at) => {
      await conversation((index) =>
        index < 5 ? { [direction]: at, cut: index % 2 === 0 ? 'fin' : 'rst' } : {},
      );
    });
  });

  it.each(directions)(
    'while it is being resumed, after any byte %s, goes on where it was',
    async (direction) => {
      await each(1, 200, STEP, async (at) => {
        await conversation((index) =>
          index === 0 ? { toFar: 300, cut: 'rst' } : index < 4 ? { [direction]: at, cut: 'rst' } : {},
        );
      });
    },
  );

  it('in either half, in pieces of any size, late, goes on where it was', async () => {
    await each(1, 100, 1, async (seed) => {
      const random = randomFrom(seed);
      await conversation((index) => ({
        ...(index < 8 && { [random() < 0.5 ? 'toFar' : 'toNear']: 1 + Math.floor(random() * 500) }),
        cut: cuts[Math.floor(random() * 4)] ?? 'fin',
        piece: () => 1 + Math.floor(random() * 40),
        turns: () => Math.floor(random() * 3),
      }));
    });
  });
});

/** Some at a time. */
async function each(
  from: number,
  to: number,
  step: number,
  run: (value: number) => Promise<void>,
): Promise<void> {
  let next = from;
  const worker = async (): Promise<void> => {
    while (next <= to) {
      next += step;
      await run(next - step);
    }
  };
  await Promise.all(Array.from({ length: 32 }, worker));
}
