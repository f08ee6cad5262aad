import { config } from 'rxjs';
import type { Sender } from '../../src/sender/sender.js';
import { listen } from '../support/listen.js';
import { TestCarrier, turn } from '../support/test-carrier.js';
import { ControlOnly, start, WithBytes } from './fake-source.js';

/** Bytes of an END with its length. */
const END = 9;

describe('Sender', () => {
  describe('in a turn', () => {
    it('writes nothing before its end, and all in one write', async () => {
      const { carrier, sender } = start();
      sender.requestControl(new ControlOnly(1));
      sender.requestTurn(new WithBytes(2, 3));
      expect(carrier.writes).toEqual([]);
      expect(await carrier.hears()).toEqual(['END 1', 'DATA 2 seq=3 "xxx"']);
      expect(carrier.writes).toHaveLength(1);
    });

    it('writes control messages before bytes, and those of the connection before those of channels', async () => {
      const { carrier, sender } = start();
      const channel = new WithBytes(1, 3);
      sender.requestTurn(channel);
      sender.requestControl(channel);
      sender.requestControl(new ControlOnly(2));
      sender.requestFirst(new ControlOnly(8));
      sender.requestFirst(new ControlOnly(9));
      expect(await carrier.hears()).toEqual(['END 8', 'END 9', 'END 1', 'END 2', 'DATA 1 seq=3 "xxx"']);
    });

    it('asks a source once, however often that has asked', async () => {
      const { carrier, sender } = start();
      const [first, channel] = [new ControlOnly(1), new ControlOnly(2)];
      for (let i = 0; i < 3; i += 1) {
        sender.requestFirst(first);
        sender.requestControl(channel);
        sender.requestGrant(channel);
      }
      expect(await carrier.hears()).toEqual(['END 1', 'END 2']);
      expect([first.asked, channel.asked]).toEqual([1, 1]);
      sender.requestControl(channel);
      expect(await carrier.hears()).toEqual(['END 2']);
    });

    it('asks a source once more that asks again while it writes', async () => {
      const { carrier, sender } = start();
      const source = new ControlOnly(1);
      const write = source.writeControl.bind(source);
      source.writeControl = (writer) => {
        write(writer);
        if (source.asked < 3) {
          sender.requestControl(source);
        }
      };
      sender.requestControl(source);
      expect(await carrier.hears()).toEqual(['END 1', 'END 1', 'END 1']);
    });

    it('asks a source no more that has nothing to say any more', async () => {
      const { carrier, sender } = start();
      const [gone, other] = [new ControlOnly(1), new ControlOnly(2)];
      sender.requestControl(gone);
      sender.requestControl(other);
      sender.forget(gone);
      expect(await carrier.hears()).toEqual(['END 2']);
    });

    it('passes each message on at once where writes are not to be joined', async () => {
      const { carrier, sender } = start({ coalesceWrites: false });
      sender.requestControl(new ControlOnly(1));
      sender.requestControl(new ControlOnly(2));
      expect(await carrier.hears()).toEqual(['END 1', 'END 2']);
      expect(carrier.writes).toHaveLength(2);
    });
  });

  describe('where the carrier is full', () => {
    it('has sources keep what they have, and goes on in the same order when there is room', async () => {
      const { carrier, sender } = start({ carrier: new TestCarrier(END + 1) });
      const bytes = new WithBytes(5, 3);
      sender.requestTurn(bytes);
      for (const number of [1, 2, 3, 4]) {
        sender.requestControl(new ControlOnly(number));
      }
      expect(await carrier.hears()).toEqual(['END 1', 'END 2']); // the last one may be more than there is room for
      sender.requestFirst(new ControlOnly(9));
      expect(await carrier.hears()).toEqual([]);
      carrier.capacity$.next(2 * END + 1);
      expect(await carrier.hears()).toEqual(['END 9', 'END 3', 'END 4']);
      expect(bytes.pending).toBe(3);
      carrier.capacity$.next(1);
      expect(await carrier.hears()).toEqual(['DATA 5 seq=3 "xxx"']);
    });

    it('counts the control messages of the turn against the room for bytes', async () => {
      const { carrier, sender } = start({ carrier: new TestCarrier(2 * END + 10) });
      const bytes = new WithBytes(5, 100);
      sender.requestTurn(bytes);
      sender.requestControl(new ControlOnly(1));
      sender.requestControl(new ControlOnly(2));
      await turn();
      expect(bytes.pending).toBe(0); // the last grant may be more than there is room for
      expect(carrier.said).toHaveLength(3);

      const full = start({ carrier: new TestCarrier(2 * END) });
      const waiting = new WithBytes(5, 100);
      full.sender.requestTurn(waiting);
      full.sender.requestControl(new ControlOnly(1));
      full.sender.requestControl(new ControlOnly(2));
      expect(await full.carrier.hears()).toEqual(['END 1', 'END 2']);
      expect(waiting.pending).toBe(100);
    });

    it('says so, and tells when there is room again', () => {
      const { carrier, sender } = start({ carrier: new TestCarrier(10) });
      const drained = listen(sender.drain$);
      expect(sender.hasRoom).toBe(true);
      carrier.capacity$.next(5);
      expect(drained).toStrictEqual([]); // it was not full
      carrier.capacity$.next(0);
      carrier.capacity$.next(0);
      expect(sender.hasRoom).toBe(false);
      carrier.capacity$.next(1);
      carrier.capacity$.next(2);
      expect([sender.hasRoom, drained]).toStrictEqual([true, [undefined]]);
    });

    it('tells of room that there is after the write that filled it', async () => {
      const { carrier, sender } = start({ carrier: new TestCarrier(1) });
      const drained = listen(sender.drain$);
      sender.requestControl(new ControlOnly(1));
      await turn();
      expect([sender.hasRoom, drained]).toStrictEqual([false, []]);
      carrier.capacity$.next(1);
      expect(drained).toStrictEqual([undefined]);
    });
  });

  describe('a source that throws in writeControl', () => {
    const reported: unknown[] = [];

    beforeEach(() => {
      reported.length = 0;
      config.onUnhandledError = (error) => reported.push(error);
    });

    afterEach(() => {
      config.onUnhandledError = null;
    });

    it.each(['requestFirst', 'requestControl'] as const)(
      'does not hold up others, and is reported: %s',
      async (request) => {
        const { carrier, sender } = start();
        const error = new Error('of one source');
        const broken = new ControlOnly(2);
        broken.writeControl = () => {
          throw error;
        };
        sender.requestTurn(new WithBytes(4, 3));
        for (const source of [new ControlOnly(1), broken, new ControlOnly(3)]) {
          sender[request](source);
        }
        expect(await carrier.hears()).toEqual(['END 1', 'END 3', 'DATA 4 seq=3 "xxx"']);
        await new Promise((resolve) => setTimeout(resolve));
        expect(reported).toEqual([error]);
        sender[request](new ControlOnly(5));
        expect(await carrier.hears()).toEqual(['END 5']);
      },
    );
  });

  describe('afterFlush', () => {
    it('calls once, in order, when what has been written is with the carrier, and says whether that is full', async () => {
      const { carrier, sender } = start({ carrier: new TestCarrier(2 * END) });
      const calls: [string, boolean, number][] = [];
      const note = (name: string): void => {
        sender.afterFlush((isFull) => calls.push([name, isFull, carrier.said.length]));
      };
      note('a');
      note('b');
      expect(calls).toEqual([]);
      sender.requestControl(new ControlOnly(1));
      await turn();
      expect(calls).toEqual([
        ['a', false, 1],
        ['b', false, 1],
      ]);
      calls.length = 0;
      note('c');
      sender.requestControl(new ControlOnly(2));
      await turn();
      expect(calls).toEqual([['c', true, 2]]);
    });

    it('keeps for the next write what is asked for while it calls', async () => {
      const { sender } = start();
      const calls: string[] = [];
      sender.afterFlush(() => {
        calls.push('first');
        sender.afterFlush(() => calls.push('second'));
      });
      sender.requestControl(new ControlOnly(1));
      await turn();
      expect(calls).toEqual(['first']);
      sender.requestControl(new ControlOnly(1));
      await turn();
      expect(calls).toEqual(['first', 'second']);
    });
  });

  describe('end()', () => {
    it('passes on what has been written, ends the carrier, and drops what comes later', async () => {
      const { carrier, sender } = start();
      sender.requestControl(new ControlOnly(1));
      await turn();
      sender.end();
      expect(carrier.isEnded).toBe(true);
      expect(sender.hasRoom).toBe(false);
      sender.requestControl(new ControlOnly(2));
      expect(await carrier.hears()).toEqual(['END 1']);
    });

    it('lets the turn go to its end, in which somebody may have the last word', async () => {
      const { carrier, sender } = start();
      sender.requestControl({
        isControlDue: false,
        writeControl: (writer) => {
          new ControlOnly(1).writeControl(writer);
          sender.end();
          new ControlOnly(2).writeControl(writer);
        },
      });
      expect(await carrier.hears()).toEqual(['END 1', 'END 2']);
      expect(carrier.isEnded).toBe(true);
      sender.requestControl(new ControlOnly(3));
      expect(await carrier.hears()).toEqual([]);
    });

    it('has done$ complete as the carrier takes no more', () => {
      const { sender } = start();
      const early = listen(sender.done$);
      sender.end();
      expect(early).toEqual(['complete']);
      expect(listen(sender.done$)).toEqual(['complete']);
    });
  });

  describe('stop()', () => {
    it('drops all that was to be sent, and takes no more', async () => {
      const { carrier, sender } = start();
      const drained = listen(sender.drain$);
      const source = new WithBytes(1, 3);
      const flushed = jest.fn();
      const request = (): void => {
        sender.requestFirst(source);
        sender.requestControl(source);
        sender.requestGrant(source);
        sender.requestTurn(source);
        sender.afterFlush(flushed);
      };
      request();
      sender.stop();
      request();
      carrier.capacity$.next(100);
      expect(await carrier.hears()).toEqual([]);
      expect([source.asked, source.pending]).toEqual([0, 3]);
      expect(flushed).not.toHaveBeenCalled();
      expect(drained).toEqual(['complete']);
      expect(sender.hasRoom).toBe(false);
      expect(carrier.capacity$.observed).toBe(false);
      expect(carrier.isEnded).toBe(false);
    });

    it('may be called from within a write, of which nobody is told any more', async () => {
      const { carrier, sender } = start();
      const flushed = jest.fn();
      carrier.written$.subscribe(() => {
        sender.stop();
      });
      sender.afterFlush(flushed);
      sender.requestControl(new ControlOnly(1));
      sender.requestTurn(new WithBytes(2, 3));
      expect(await carrier.hears()).toEqual(['END 1', 'DATA 2 seq=3 "xxx"']);
      expect(flushed).not.toHaveBeenCalled();
    });

    it('may be called by a source, after which nothing more is written', async () => {
      const { carrier, sender } = start();
      sender.requestControl({
        isControlDue: false,
        writeControl: (writer) => {
          new ControlOnly(1).writeControl(writer);
          sender.stop();
        },
      });
      sender.requestControl(new ControlOnly(2));
      expect(await carrier.hears()).toEqual([]);
    });
  });

  describe('a source keeps its turn, by which it could keep others,', () => {
    it('until all have been served', async () => {
      const { carrier, sender } = start();
      const [one, other] = [new WithBytes(1, 3), new WithBytes(2, 3)];
      carrier.capacity$.next(0);
      sender.requestTurn(one);
      sender.requestTurn(other);
      expect([one.turn?.flow, other.turn?.flow]).toEqual([one, other]);
      carrier.capacity$.next(100);
      await turn();
      expect([one.turn, other.turn]).toEqual([undefined, undefined]);
    });

    it.each([
      ['with nothing left', 3],
      ['with something left', 100_000],
    ])('until the sender is stopped, be it by itself %s', async (_, bytes) => {
      const { sender } = start();
      const [one, other] = [new WithBytes(1, bytes), new WithBytes(2, 3)];
      const write = one.writeData.bind(one);
      one.writeData = (size, writer) => {
        write(size, writer);
        sender.stop();
      };
      sender.requestTurn(one);
      sender.requestTurn(other);
      await turn();
      expect([one.turn, other.turn]).toEqual([undefined, undefined]);
    });
  });

  describe('what breaks', () => {
    const error = new Error('broken');

    it.each<[string, (given: { carrier: TestCarrier; sender: Sender }) => void]>([
      [
        'capacity$ errors',
        ({ carrier }) => {
          carrier.capacity$.error(error);
        },
      ],
      [
        'write throws',
        ({ carrier, sender }) => {
          carrier.write = () => {
            throw error;
          };
          sender.requestControl(new ControlOnly(1));
        },
      ],
    ])('the carrier is told by done$, to late subscribers too: %s', async (_what, breakIt) => {
      const given = start();
      const { sender } = given;
      const early = listen(sender.done$);
      breakIt(given);
      await turn();
      expect(early).toEqual([error]);
      expect(listen(sender.done$)).toEqual([error]);
      expect(listen(sender.framingError$)).toEqual([]);
    });

    it('the carrier’s end is told by done$', () => {
      const { carrier, sender } = start();
      carrier.end = () => {
        throw error;
      };
      sender.end();
      expect(listen(sender.done$)).toEqual([error]);
    });

    it('frames is told by framingError$, to late subscribers too, and nothing more is written', async () => {
      const { carrier, sender } = start({
        framing: {
          lengthSize: 4,
          setLength: () => {
            throw error;
          },
        },
      });
      const early = listen(sender.framingError$);
      sender.requestControl(new ControlOnly(1));
      sender.requestControl(new ControlOnly(2));
      expect(await carrier.hears()).toEqual([]);
      expect(early).toEqual([error]);
      expect(listen(sender.framingError$)).toEqual([error]);
      expect(listen(sender.done$)).toEqual([]);
    });
  });
});
