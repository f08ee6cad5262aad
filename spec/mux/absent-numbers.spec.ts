import { BehaviorSubject, Subject } from 'rxjs';
import { Faults } from '../../src/channel/faults.js';
import { ProtocolError } from '../../src/errors.js';
import { AbsentNumbers } from '../../src/mux/absent-numbers.js';
import { MessageType } from '../../src/protocol/message.js';
import { Sender } from '../../src/sender/sender.js';
import { listen } from '../support/listen.js';
import { TestCarrier, turn } from '../support/test-carrier.js';

function setUp(takesInAll?: number, info?: { readonly window: number }) {
  const carrier = new TestCarrier(takesInAll);
  const faults$ = new Faults();
  const sender = new Sender(carrier, { framing: { lengthSize: 4 }, coalesceWrites: true });
  const absent = new AbsentNumbers(sender, faults$, { info, promised: 10, isGoingAway: false }, 4);
  const faults: string[] = [];
  faults$.subscribe(({ message, channelId }) => faults.push(`${message} ${String(channelId)}`));
  return { carrier, absent, faults, told: listen(absent.allTold$) };
}

const data = (isFirst: boolean) => ({
  type: MessageType.data,
  channel: 1,
  seq: 1,
  bytes: Buffer.of(1),
  isFirst,
});
const credit = (type: 2 | 3 | 5) => ({ type, channel: 1, free: 1, seq: 0 });

describe('AbsentNumbers', () => {
  describe('for a number that nothing is known of', () => {
    it.each([
      { what: 'the first part of a payload', message: data(true), says: ['data for no channel 1'] },
      { what: 'a later part of one', message: data(false), says: [] },
      { what: 'a STATUS', message: credit(MessageType.status), says: ['status for no channel 1'] },
      {
        what: 'a PRE_HANDSHAKE',
        message: credit(MessageType.preHandshake),
        says: ['status for no channel 1'],
      },
      { what: 'a late FINISHED_STATUS', message: credit(MessageType.finishedStatus), says: [] },
    ])('says of $what: $says', ({ message, says }) => {
      const { absent, faults } = setUp();
      absent.receive(message);
      expect(faults).toEqual(says);
    });

    it.each(['stop', 'reason', 'refuse'] as const)(
      'takes a %s only from a peer that has said hello',
      (type) => {
        const message = { type, channel: 1, reason: undefined };
        const [stranger, known] = [setUp(), setUp(undefined, { window: 10 })];
        stranger.absent.receive(message);
        known.absent.receive(message);
        expect(stranger.faults).toEqual([`${type} before hello 1`]);
        expect(known.faults).toEqual([]);
      },
    );

    it.each([MessageType.end, MessageType.errorEnd])('remembers an end of type %i, once', (type) => {
      const { absent, faults } = setUp();
      absent.receive({ type, channel: 1 });
      expect(absent.takeEarlyEnd(1)).toBe(type);
      expect(absent.takeEarlyEnd(1)).toBeUndefined();
      expect(faults).toEqual([]);
    });

    it('refuses a channel whose handshake cannot be taken, and reports it', async () => {
      const { absent, carrier, faults } = setUp();
      absent.receive({
        type: 'badHandshake',
        channel: 1,
        error: new ProtocolError('too big', { channelId: 1 }),
      });
      expect(faults).toEqual(['too big 1']);
      expect(await carrier.hears()).toEqual(['HANDSHAKE 1 free=0 ""', 'ERROR_END 1']);
      expect(absent.isRefused(1)).toBe(true);
    });
  });

  describe('for a number whose channel was refused', () => {
    it('takes in order what its sender did not know better than to send, and frees it at its end', () => {
      const { absent, faults } = setUp();
      absent.refuse(1);
      for (const message of [data(true), credit(MessageType.status), credit(MessageType.preHandshake)]) {
        absent.receive(message);
      }
      expect(faults).toEqual([]);
      expect(absent.isRefused(1)).toBe(true);
      absent.receive({ type: MessageType.end, channel: 1 });
      expect(absent.isRefused(1)).toBe(false);
      expect(absent.takeEarlyEnd(1)).toBeUndefined();
    });

    it('says of another handshake that it is one too many, and refuses once', async () => {
      const { absent, carrier, faults } = setUp();
      absent.refuse(1);
      const handshake = { type: MessageType.handshake, channel: 1, free: 1, data: Buffer.alloc(0) };
      absent.receive(handshake);
      absent.receive({ type: 'badHandshake', channel: 1, error: new ProtocolError('too big') });
      expect(faults).toEqual(['second handshake 1', 'too big undefined']);
      expect(await carrier.hears()).toEqual(['HANDSHAKE 1 free=0 ""', 'ERROR_END 1']);
    });
  });

  it('does not wait for an end that came before the refusal', () => {
    const { absent } = setUp();
    absent.receive({ type: MessageType.end, channel: 1 });
    absent.refuse(1);
    expect(absent.isRefused(1)).toBe(false);
  });

  it('tells of refusals as far as the carrier takes them, and says when the last one is told', async () => {
    const { absent, carrier, told } = setUp(30);
    absent.refuse(1);
    absent.refuse(2);
    absent.refuse(3);
    expect(await carrier.hears()).toEqual([
      'HANDSHAKE 1 free=0 ""',
      'ERROR_END 1',
      'HANDSHAKE 2 free=0 ""',
      'ERROR_END 2',
    ]);
    expect(absent.hasToTell).toBe(true);
    expect(told).toStrictEqual([]);
    carrier.capacity$.next(100);
    await turn();
    expect(await carrier.hears()).toEqual(['HANDSHAKE 3 free=0 ""', 'ERROR_END 3']);
    expect(absent.hasToTell).toBe(false);
    expect(told).toStrictEqual([undefined]);
  });

  it('makes no error where nobody listens', () => {
    const faults$ = new Faults();
    const capacity$ = new BehaviorSubject(1);
    const carrier = { inbound$: new Subject<Uint8Array>(), capacity$, write: noop, end: noop, destroy: noop };
    const sender = new Sender(carrier, { framing: { lengthSize: 4 }, coalesceWrites: true });
    const next = jest.spyOn(faults$, 'next');
    new AbsentNumbers(sender, faults$, { info: undefined, promised: 10, isGoingAway: false }, 4).receive(
      data(true),
    );
    expect(next).not.toHaveBeenCalled();
  });

  it('tells of refusals beyond its limit, too, but does not remember them', async () => {
    const { absent, carrier, faults } = setUp(undefined, { window: 10 });
    for (let number = 0; number <= 4; number += 1) {
      absent.refuse(number);
    }
    expect(faults).toEqual(['too many refused channels 4']);
    expect([3, 4].map((number) => absent.isRefused(number))).toEqual([true, false]);
    expect(await carrier.hears()).toHaveLength(5);
  });

  it('ignores refusals beyond 2048 that the peer does not hear', async () => {
    const { absent, carrier, faults } = setUp(0, { window: 10 });
    for (let number = 0; number <= 2048; number += 1) {
      absent.refuse(number);
    }
    expect(faults).toHaveLength(2049 - 4);
    expect(absent.refusals).toBe(2049);
    carrier.capacity$.next(1_000_000);
    await turn();
    expect(await carrier.hears()).toHaveLength(2048);
  });
});

function noop(): void {
  // takes what it is given
}
