import { Sending } from '../../src/nats/sending.js';
import { stillAlive } from '../hostile/support/heap.js';

/** One whose far end takes ten bytes. */
function start(): Sending {
  const sending = new Sending(1000);
  sending.acknowledge(0, 0, 10);
  return sending;
}

const take = (sending: Sending, length: number): string => Buffer.concat(sending.take(length)).toString();

describe('what is sent', () => {
  it('is as much as the far end takes, and the end comes behind all of it', () => {
    const sending = start();
    sending.write([Buffer.from('0123456789ab')]);
    sending.end();
    expect([sending.ready, sending.allowance, sending.isFull, sending.isEndReady]).toEqual([
      10,
      10,
      false,
      false,
    ]);
    expect(take(sending, 10)).toContain('0123456789');
    expect([sending.ready, sending.allowance, sending.isFull, sending.isEndReady]).toEqual([
      0,
      0,
      true,
      false,
    ]);
    sending.acknowledge(10, 3, 10);
    expect([sending.ready, sending.allowance, sending.isCurrent]).toEqual([2, 3, false]);
    expect(take(sending, 2)).toBe('ab');
    expect([sending.isCurrent, sending.isEndReady]).toEqual([true, true]);
    sending.takeEnd();
    expect([sending.isEndReady, sending.hasArrived]).toEqual([false, false]);
    sending.acknowledge(12, 12, 10);
    expect(sending.hasArrived).toBe(false);
    sending.acknowledge(13, 12, 10);
    expect(sending.hasArrived).toBe(true);
  });

  it('has the room that the far end has told of last, whatever comes late', () => {
    const sending = start();
    sending.write([Buffer.from('0123456789')]);
    sending.take(10);
    sending.acknowledge(8, 6, 10);
    expect(sending.room).toBe(6);
    expect(sending.acknowledge(4, 2, 10)).toBe(false);
    expect([sending.acknowledged, sending.room]).toEqual([8, 6]);
    sending.acknowledge(8, 6, 8); // the window alone
    expect(sending.room).toBe(4);
  });

  it('is sent again from where it has arrived, also where that is found while it is', () => {
    const sending = start();
    sending.write([Buffer.from('0123456789')]);
    sending.take(10);
    sending.acknowledge(2, 0, 10);
    sending.goBack();
    expect(sending.next).toBe(2);
    sending.take(1);
    expect(sending.acknowledge(7, 0, 10)).toBe(true);
    expect([sending.next, take(sending, 3)]).toEqual([7, '789']);
  });

  it('may not have arrived before it was sent, nor have been taken before it has arrived', () => {
    const sending = start();
    sending.write([Buffer.from('0123456789')]);
    sending.take(5);
    expect(() => sending.acknowledge(6, 0, 10)).toThrow('of what was sent up to 5');
    expect(() => sending.acknowledge(4, 5, 10)).toThrow('and taken up to 5');
    sending.goBack();
    expect(sending.acknowledge(5, 5, 10)).toBe(true);
  });

  it.each<[string, (sending: Sending) => void]>([
    ['it has arrived', (sending) => sending.acknowledge(50_000, 0, 100_000)],
    [
      'all is let go of',
      (sending) => {
        sending.drop();
      },
    ],
  ])('is kept until %s', async (_, act) => {
    const sending = new Sending(100_000);
    sending.acknowledge(0, 0, 100_000);
    const chunks = Array.from({ length: 10 }, () => {
      const chunk = new Uint8Array(5000);
      sending.write([chunk]);
      return new WeakRef(chunk);
    });
    sending.take(50_000);
    expect(await stillAlive(chunks)).toBe(10);
    act(sending);
    expect(await stillAlive(chunks)).toBeLessThanOrEqual(1);
    expect(sending.next).toBe(50_000);
  });
});
