import { EMPTY, Subject, take, throwError } from 'rxjs';
import { Pace } from '../../src/sender/pace.js';
import { TestCarrier, turn } from '../support/test-carrier.js';
import { ControlOnly, start, WithBytes } from './fake-source.js';

const KIB = 1024;
const MIB = 1024 * KIB;
const GIB = 1024 * MIB;

/** A carrier that has always room, and tells when the test begins a turn. */
class TurningCarrier extends TestCarrier {
  readonly turns$ = new Subject<void>();
  readonly burstEnd$ = this.turns$.pipe(take(1));
}

/** Bytes of payloads that were said. */
const payload = (messages: readonly string[]): number =>
  messages.reduce((sum, message) => sum + Number(/<(\d+) bytes>/.exec(message)?.[1] ?? 0), 0);

describe('Pace', () => {
  const paced = () => {
    const turn$ = new Subject<void>();
    const rests: string[] = [];
    const pace = new Pace(() => rests.push('over'));
    return {
      pace,
      turn$,
      rests,
      /** Whether there is a rest when all up to there has been passed on. It is over then. */
      restsAt: (position: number): boolean => {
        pace.passedOn(position, turn$);
        const { isResting } = pace;
        turn$.next();
        return isResting;
      },
    };
  };

  it('has those who say much rest after each 384 KiB, until the next turn', () => {
    const { pace, turn$, rests } = paced();
    pace.passedOn(384 * KIB - 1, turn$);
    expect(pace.isResting).toBe(false);
    pace.passedOn(384 * KIB, turn$);
    expect(pace.isResting).toBe(true);
    pace.passedOn(2 * MIB, turn$);
    expect(rests).toEqual([]);
    turn$.next();
    expect([pace.isResting, rests]).toEqual([false, ['over']]);
    pace.passedOn(2 * MIB, turn$);
    expect(pace.isResting).toBe(true);
  });

  it('has them rest after each MiB where nobody has said little for a GiB', () => {
    const { pace, restsAt } = paced();
    expect(restsAt(GIB - 1)).toBe(true);
    expect(restsAt(GIB + MIB - 2)).toBe(false);
    expect(restsAt(GIB + MIB - 1)).toBe(true);
    pace.little(GIB + MIB);
    expect(restsAt(GIB + MIB + 384 * KIB - 1)).toBe(true);
    expect(restsAt(2 * GIB + MIB - 1)).toBe(true);
    expect(restsAt(2 * GIB + MIB + 384 * KIB)).toBe(false);
  });

  it.each([
    ['fails', throwError(() => new Error('broken'))],
    ['ends', EMPTY],
  ])('has nobody rest for ever where what tells of turns %s', (_how, turn$) => {
    const { pace, rests } = paced();
    pace.passedOn(MIB, turn$);
    expect([pace.isResting, rests]).toEqual([false, ['over']]);
  });

  it('lets nobody rest where nobody tells of turns', () => {
    const { pace } = paced();
    pace.passedOn(GIB, undefined);
    expect(pace.isResting).toBe(false);
  });

  it('does not hold on to a turn that it waits for when it is stopped', () => {
    const { pace, turn$, rests } = paced();
    pace.passedOn(MIB, turn$);
    expect(turn$.observed).toBe(true);
    pace.stop();
    expect(turn$.observed).toBe(false);
    expect(rests).toEqual([]);
  });
});

describe('a sender on a carrier that tells of turns', () => {
  it('sends 384 KiB in each of them', async () => {
    const { carrier, sender } = start({ carrier: new TurningCarrier() });
    sender.requestTurn(new WithBytes(1, MIB));
    for (const expected of [384, 384, 256]) {
      expect(payload(await carrier.hears())).toBe(expected * KIB);
      carrier.turns$.next();
    }
    expect(await carrier.hears()).toEqual([]);
    expect(carrier.turns$.observed).toBe(false);
  });

  it('sends control messages, and the bytes of those who say little, also while the others rest', async () => {
    const { carrier, sender } = start({ carrier: new TurningCarrier() });
    const much = new WithBytes(1, MIB);
    sender.requestTurn(much);
    await carrier.hears();
    sender.requestControl(new ControlOnly(2));
    sender.requestTurn(new WithBytes(3, 3));
    sender.requestTurn(new WithBytes(4, 64 * KIB));
    expect(await carrier.hears()).toEqual(['END 2', 'DATA 3 seq=3 "xxx"']);
    expect(much.pending).toBe(640 * KIB);
    carrier.turns$.next();
    expect((await carrier.hears()).slice(0, 2)).toEqual([
      `DATA 1 seq=${448 * KIB} <65536 bytes>`,
      'DATA 4 seq=65536 <65536 bytes>',
    ]);
  });

  it('rests no more when it is stopped', async () => {
    const { carrier, sender } = start({ carrier: new TurningCarrier() });
    sender.requestTurn(new WithBytes(1, MIB));
    await turn();
    expect(carrier.turns$.observed).toBe(true);
    sender.stop();
    expect(carrier.turns$.observed).toBe(false);
  });

  describe('has turns of a MiB after a GiB', () => {
    /** Bytes of the turn that follows a GiB in which `between` has been done before its last MiB. */
    const afterGiB = async (
      between: (sender: ReturnType<typeof start>['sender']) => void,
    ): Promise<number> => {
      const { carrier, sender } = start({ carrier: new Forgetful() });
      sender.requestTurn(new WithBytes(1, 2 * GIB));
      for (let turns = 0; carrier.bytes < GIB + MIB; turns += 1) {
        if (turns === 100) {
          between(sender);
        }
        await turn();
        carrier.turns$.next();
      }
      const before = carrier.bytes;
      await turn();
      return carrier.bytes - before;
    };

    /** Counts only. */
    class Forgetful extends TurningCarrier {
      bytes = 0;

      override write(chunks: readonly Uint8Array[]): void {
        this.bytes += chunks.reduce((sum, { length }) => sum + (length > 1000 ? length : 0), 0);
      }
    }

    it('of those who have much to say', async () => {
      expect(await afterGiB(() => undefined)).toBe(MIB);
      expect(
        await afterGiB((sender) => {
          sender.requestTurn(new WithBytes(2, 4097));
        }),
      ).toBe(MIB);
    });

    it.each([
      [
        'bytes that are few',
        (sender: ReturnType<typeof start>['sender']) => {
          sender.requestTurn(new WithBytes(2, 4096));
        },
      ],
      [
        'a control message',
        (sender: ReturnType<typeof start>['sender']) => {
          sender.requestControl(new ControlOnly(2));
        },
      ],
    ])('but not where there were %s among them', async (_what, between) => {
      expect(await afterGiB(between)).toBe(384 * KIB);
    });

    it('grants do not count', async () => {
      expect(
        await afterGiB((sender) => {
          sender.requestGrant(new ControlOnly(2));
        }),
      ).toBe(MIB);
    });
  });
});
