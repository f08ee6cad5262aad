import { toWebStream } from '../../src/index.js';
import { Joined, MARK, settled, type Waits, WAITS } from './joined.js';
import { DONE, given, GIVEN, nothingUnhandled, Notes, PENDING } from './outcomes.js';

const ignored = (): void => undefined;

describe('abort() of a web stream', () => {
  nothingUnhandled();

  async function start(waits: Waits) {
    const joined = new Joined();
    await joined.open(waits);
    const { readable, writable } = toWebStream(joined.ours);
    const notes = new Notes(joined.ours.id);
    const far = new Notes(joined.ours.id);
    far.end('inbound$', joined.theirs.deliveries$);
    const writer = writable.getWriter();
    notes.promise('closed', writer.closed);
    /** What the far side hears once the carrier has room again; nothing is left when it has ended, too. */
    const farHears = async (expected: string): Promise<void> => {
      if (waits !== 'capacity') {
        expect(far.outcomes).toEqual({ inbound$: expected });
      }
      await joined.farEnds();
      expect(far.outcomes).toEqual({ inbound$: expected });
      expect(notes.pending).toEqual([]);
      expect(await joined.leftovers()).toEqual([]);
    };
    return { joined, readable, writer, notes, farHears };
  }

  describe.each(WAITS)('with bytes that wait for %s', (waits) => {
    const some = waits === 'nothing' ? 0 : 4;
    const many = waits === 'nothing' ? 0 : 4 * MARK; // so that the write waits, too

    it('is over at once: what waits is dropped, and ERROR_END goes out', async () => {
      const { joined, writer, notes, farHears } = await start(waits);
      await writer.write(Buffer.alloc(some));
      notes.promise('abort', writer.abort(given));
      expect(joined.ours.bufferedAmount).toBe(0);
      await settled();
      expect(notes.outcomes).toEqual({ closed: GIVEN, abort: DONE });
      await farHears('PeerError');
    });

    it('fails the write under way, and those behind it, at once; twice is as once', async () => {
      const { joined, writer, notes, farHears } = await start(waits);
      notes.promise('write', writer.write(Buffer.alloc(many)));
      await settled();
      notes.promise('ready', writer.ready);
      if (waits !== 'nothing') {
        notes.promise('next', writer.write('next'));
      }
      notes.promise('abort', writer.abort(given));
      notes.promise('abort again', writer.abort(new Error('of no interest')));
      expect(joined.ours.bufferedAmount).toBe(0);
      await settled();
      expect(notes.outcomes).toEqual({
        ...(waits === 'nothing' ? { write: DONE, ready: DONE } : { write: GIVEN, ready: GIVEN, next: GIVEN }),
        ...{ closed: GIVEN, abort: DONE, 'abort again': DONE },
      });
      await farHears('PeerError');
    });

    it('fails a close() behind a write that waits', async () => {
      const { joined, writer, notes, farHears } = await start(waits);
      writer.write(Buffer.alloc(many)).catch(ignored);
      notes.promise('close', writer.close());
      notes.promise('abort', writer.abort(given));
      await settled();
      expect(notes.outcomes).toEqual({ closed: GIVEN, close: GIVEN, abort: DONE });
      expect(joined.ours.bufferedAmount).toBe(0);
      await farHears('PeerError');
    });

    it('fails a close() that waits, and with that itself, as the standard has it', async () => {
      const { joined, writer, notes, farHears } = await start(waits);
      if (waits === 'nothing') {
        joined.carrier.capacity$.next(0); // END waits
      }
      await writer.write(Buffer.alloc(waits === 'credit' ? MARK + some : some));
      notes.promise('close', writer.close());
      await settled();
      expect(notes.outcomes).toEqual({ closed: PENDING, close: PENDING });
      notes.promise('abort', writer.abort(given));
      expect(joined.ours.bufferedAmount).toBe(0);
      await settled();
      expect(notes.outcomes).toEqual({ closed: GIVEN, close: GIVEN, abort: GIVEN });
      if (waits === 'nothing') {
        joined.carrier.capacity$.next(65_536);
        await settled();
      }
      // The far side has had everything where nothing was dropped.
      await farHears(waits === 'nothing' ? DONE : 'PeerError');
    });

    it('changes nothing after the peer has failed', async () => {
      const { joined, writer, notes } = await start(waits);
      writer.write(Buffer.alloc(many)).catch(ignored);
      joined.theirs.destroy(given);
      await settled();
      notes.promise('abort', writer.abort(given));
      await settled();
      expect(notes.outcomes).toEqual({ closed: 'PeerError', abort: DONE });
      await joined.farEnds();
      expect(await joined.leftovers()).toEqual([]);
    });

    it('leaves the other half alone', async () => {
      const { joined, readable, writer, farHears } = await start(waits);
      writer.write(Buffer.alloc(many)).catch(ignored);
      await writer.abort(given);
      if (waits !== 'answer') {
        joined.theirs.outbound$.next('an answer');
      }
      const chunks = readable.getReader();
      const read = chunks.read();
      await settled();
      await farHears('PeerError');
      expect((await read).done).toBe(waits === 'answer');
    });
  });

  it('changes nothing after close()', async () => {
    const { writer, notes, farHears } = await start('nothing');
    await writer.write('all');
    await writer.close();
    notes.promise('abort', writer.abort(given));
    await settled();
    expect(notes.outcomes).toEqual({ closed: DONE, abort: DONE });
    await farHears(DONE);
  });

  it('fails with the peer’s error, where that comes in the turn of the abort, without harm', async () => {
    const { joined, writer, notes, farHears } = await start('credit');
    writer.write(Buffer.alloc(4 * MARK)).catch(ignored);
    await settled();
    joined.theirs.outbound$.error(given);
    notes.promise('abort', writer.abort(given));
    await settled();
    expect(notes.outcomes).toEqual({ closed: GIVEN, abort: DONE });
    await farHears('PeerError');
  });

  describe('by the signal of pipeTo()', () => {
    /** A pipe into the channel whose source has given `bytes` and is silent now. */
    async function piping(waits: Waits, bytes: number) {
      const joined = new Joined();
      await joined.open(waits);
      const abort = new AbortController();
      const notes = new Notes(joined.ours.id);
      const source = new TransformStream<Uint8Array, Uint8Array>();
      const { writable } = toWebStream(joined.ours);
      notes.promise('pipeTo', source.readable.pipeTo(writable, { signal: abort.signal }));
      source.writable.getWriter().write(Buffer.alloc(bytes)).catch(ignored);
      await settled();
      return { joined, abort, notes };
    }

    it.each(WAITS)('drops bytes that wait for %s', async (waits) => {
      const { joined, abort, notes } = await piping(waits, waits === 'nothing' ? 0 : 4);
      abort.abort(given);
      await settled();
      expect(notes.outcomes).toEqual({ pipeTo: GIVEN });
      expect(joined.ours.bufferedAmount).toBe(0);
      await joined.farEnds();
      expect(await joined.leftovers()).toEqual([]);
    });

    it('waits for a write under way, as the standard has it: destroying the channel ends that', async () => {
      const { joined, abort, notes } = await piping('credit', 4 * MARK);
      abort.abort(given);
      await settled();
      expect(notes.outcomes).toEqual({ pipeTo: PENDING });
      joined.ours.destroy(given);
      await settled();
      expect(notes.outcomes).toEqual({ pipeTo: GIVEN });
      await joined.farEnds();
      expect(await joined.leftovers()).toEqual([]);
    });
  });
});
