import { toWebStream } from '../../src/index.js';
import { settled } from './joined.js';
import { DONE, nothingUnhandled, Notes, PENDING } from './outcomes.js';
import { before, bytesOf, type Situation, SITUATIONS } from './ways.js';

/** What errors `writable`, if anything does: what breaks a half; or somebody else has ended ours. */
function breakage({ effect }: Situation): string | undefined {
  const broken = [effect.out, effect.in].find((end) => end !== undefined && end !== DONE);
  return broken ?? (effect.out === DONE ? 'StoppedError' : undefined);
}

const ignored = (): void => undefined;

describe('toWebStream', () => {
  nothingUnhandled();

  async function start(situation: Situation) {
    const joined = await before(situation);
    const { readable, writable } = toWebStream(joined.ours);
    const notes = new Notes(joined.ours.id);
    /** What we hear at once. */
    const ends = async (expected: object): Promise<void> => {
      situation.way.act(joined);
      await settled();
      expect(notes.outcomes).toEqual(expected);
    };
    /** The far side has ended as well, and so have we, by `end`: then all is over. */
    const allEnds = async (end: () => Promise<void>): Promise<void> => {
      end().catch(ignored);
      await joined.farEnds();
      expect(notes.pending).toEqual([]);
      expect(await joined.leftovers()).toEqual([]);
    };
    return { joined, readable, writable, notes, ends, allEnds };
  }

  describe.each(SITUATIONS)('at %s, waiting for %s', (_way, _waits, situation) => {
    const { waits, effect, hasBytes, leaves } = situation;
    const broken = breakage(situation);
    /** What a write, or the end behind it, comes to where bytes wait. */
    const sent = leaves ? DONE : PENDING;

    it('settles write(), ready and closed, and fails what is written later', async () => {
      const { writable, notes, ends, allEnds } = await start(situation);
      const writer = writable.getWriter();
      notes.promise('write', writer.write(bytesOf(situation)));
      notes.promise('ready', writer.ready);
      notes.promise('closed', writer.closed);
      await settled();

      const isOnItsWay = effect.out === DONE && effect.drops !== true; // the end follows it
      await ends({
        write: !hasBytes || isOnItsWay ? DONE : (broken ?? sent),
        ready: !hasBytes ? DONE : (broken ?? sent),
        closed: broken ?? PENDING,
      });

      if (broken !== undefined) {
        notes.promise('late', writer.write('late'));
        await settled();
        expect(notes.outcomes['late']).toBe(broken);
      }
      await allEnds(() => writer.close());
    });

    it('settles close()', async () => {
      const { joined, writable, notes, ends, allEnds } = await start(situation);
      const writer = writable.getWriter();
      writer.closed.catch(ignored);
      if (hasBytes) {
        const credit = waits === 'credit' ? joined.ours.sendWindow$.value : 0;
        await writer.write(Buffer.alloc(credit + 4)); // few enough for `close()` to come next
      }
      notes.promise('close', writer.close());
      await settled();

      // It has ended its half itself: whoever ends that once more does nothing, or drops what waits.
      const isBroken = effect.cut === true || effect.drops === true || effect.in === 'PeerError';
      await ends({ close: !hasBytes ? DONE : isBroken ? broken : sent });
      await allEnds(() => writer.close());
    });

    it('settles close() behind a write that waits', async () => {
      const { writable, notes, ends, allEnds } = await start(situation);
      const writer = writable.getWriter();
      writer.closed.catch(ignored);
      writer.write(bytesOf(situation)).catch(ignored);
      notes.promise('close', writer.close());
      await settled();

      await ends({ close: !hasBytes ? DONE : (broken ?? sent) });
      await allEnds(() => writer.close());
    });

    it('settles a pipe that feeds it, and gives up the source', async () => {
      const { writable, notes, ends, allEnds } = await start(situation);
      const source = new TransformStream<Uint8Array, Uint8Array>();
      const writer = source.writable.getWriter();
      notes.promise('pipeTo', source.readable.pipeTo(writable));
      notes.promise('source', writer.closed);
      writer.write(bytesOf(situation)).catch(ignored);
      await settled();

      await ends({ pipeTo: broken ?? PENDING, source: broken ?? PENDING });
      await allEnds(() => writer.close());
    });

    it('settles whoever waits for a chunk', async () => {
      const { readable, writable, notes, ends, allEnds } = await start(situation);
      const writer = writable.getWriter();
      writer.closed.catch(ignored);
      writer.write(bytesOf(situation)).catch(ignored);
      const reader = readable.getReader();
      notes.promise('read', reader.read());
      notes.promise('closed', reader.closed);
      await settled();

      await ends({ read: effect.in ?? PENDING, closed: effect.in ?? PENDING });
      await allEnds(() => writer.close());
    });

    it('settles a pipe that reads from it', async () => {
      const { readable, writable, notes, ends, allEnds } = await start(situation);
      notes.promise('pipeTo', readable.pipeTo(new WritableStream()));
      await settled();

      await ends({ pipeTo: effect.in ?? PENDING });
      await allEnds(() => writable.close());
    });
  });
});
