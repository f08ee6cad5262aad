import { finished, PassThrough, pipeline } from 'node:stream';
import { toDuplex } from '../../src/index.js';
import { settled } from './joined.js';
import { DONE, nothingUnhandled, Notes, PENDING } from './outcomes.js';
import { before, bytesOf, type Situation, SITUATIONS } from './ways.js';

const STOPPED = 'StoppedError';

/** What destroys the stream, if anything does: whatever breaks a half, and the loss of bytes that it has given. */
function breakage({ effect, hasBytes }: Situation): string | undefined {
  if (hasBytes && effect.drops === true && effect.out === DONE) {
    return STOPPED;
  }
  return [effect.out, effect.in].find((end) => end !== undefined && end !== DONE);
}

describe('toDuplex', () => {
  nothingUnhandled();

  async function start(situation: Situation) {
    const joined = await before(situation);
    const duplex = toDuplex(joined.ours);
    const notes = new Notes(joined.ours.id);
    /** What we hear at once, and then, when the far side has ended as well, all that was pending. */
    const ends = async (expected: object): Promise<void> => {
      situation.way.act(joined);
      await settled();
      expect(notes.outcomes).toEqual(expected);
    };
    const allEnds = async (): Promise<void> => {
      duplex.end();
      await joined.farEnds();
      expect(notes.pending).toEqual([]);
      expect(await joined.leftovers()).toEqual([]);
    };
    return { joined, duplex, notes, ends, allEnds };
  }

  describe.each(SITUATIONS)('at %s, waiting for %s', (_way, _waits, situation) => {
    const { waits, effect, leaves, hasBytes, isSent } = situation;
    const broken = breakage(situation);

    it('settles a write and finished(), and fails what is written later', async () => {
      const { duplex, notes, ends, allEnds } = await start(situation);
      duplex.resume();
      finished(duplex, notes.callback('finished'));
      duplex.write(bytesOf(situation), notes.callback('write'));
      await settled();

      const isEndSent = !hasBytes && effect.out === DONE;
      await ends({
        write: !hasBytes ? DONE : (broken ?? (isSent ? DONE : PENDING)),
        finished: broken ?? (isEndSent && effect.in === DONE ? DONE : PENDING),
      });

      const takesMore = broken === undefined && effect.out === undefined;
      if (!takesMore) {
        duplex.write('late', notes.callback('late'));
        await settled();
        expect(notes.outcomes['late']).toBe(
          broken === undefined ? 'ERR_STREAM_WRITE_AFTER_END' : 'ERR_STREAM_DESTROYED',
        );
      }
      await allEnds();
    });

    it('settles end()', async () => {
      const { joined, duplex, notes, ends, allEnds } = await start(situation);
      duplex.resume().on('error', () => undefined);
      if (hasBytes) {
        const { value: credit } = joined.ours.sendWindow$;
        duplex.write(Buffer.alloc((waits === 'credit' ? credit : 0) + 4)); // few enough for `end()` to come next
      }
      duplex.end(notes.callback('end'));
      await settled();

      // It has ended its half itself: whoever ends that once more does nothing, or drops what waits.
      const isBroken = effect.cut === true || effect.drops === true || effect.in === 'PeerError';
      await ends({ end: !hasBytes ? DONE : isBroken ? broken : leaves ? DONE : PENDING });
      await allEnds();
    });

    it('settles end() behind a write that waits', async () => {
      const { duplex, notes, ends, allEnds } = await start(situation);
      duplex.resume().on('error', () => undefined);
      duplex.write(bytesOf(situation));
      duplex.end(notes.callback('end'));
      await settled();

      await ends({ end: !hasBytes ? DONE : (broken ?? (leaves ? DONE : PENDING)) });
      await allEnds();
    });

    it('settles a pipeline that feeds it', async () => {
      const { duplex, notes, ends, allEnds } = await start(situation);
      const source = new PassThrough();
      duplex.resume();
      pipeline(source, duplex, notes.callback('pipeline'));
      source.write(bytesOf(situation));
      await settled();

      // Where the other half has ended as well, the stream goes on to its end, and closes, or is given the next chunk.
      const isStopped = effect.out === DONE && effect.in === undefined;
      const hasClosed = effect.out === DONE && effect.in === DONE && !hasBytes;
      const early = hasClosed ? 'ERR_STREAM_PREMATURE_CLOSE' : PENDING;
      await ends({ pipeline: broken ?? (isStopped ? STOPPED : early) });
      source.write('late');
      await settled();
      if (effect.out === undefined) {
        expect(notes.outcomes['pipeline']).toBe(broken ?? PENDING);
        source.end();
      } else {
        expect(notes.pending).toEqual([]);
      }
      await allEnds();
    });

    it('settles whoever waits for a chunk', async () => {
      const { duplex, notes, ends, allEnds } = await start(situation);
      duplex.write(bytesOf(situation), () => undefined);
      notes.promise('iteration', duplex.toArray());
      await settled();

      await ends({ iteration: broken ?? effect.in ?? PENDING });
      await allEnds();
    });
  });
});
