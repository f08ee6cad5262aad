import { ReceiveWindow } from '../../src/flow/receive-window.js';
import { SendWindow } from '../../src/flow/send-window.js';
import { WindowMemory } from '../../src/flow/window-memory.js';

const GIGABYTE = 2 ** 30;

describe('what windows count for statistics', () => {
  it('is all that has arrived, not modulo 2^32', () => {
    const window = new ReceiveWindow(GIGABYTE);
    expect(window.total).toBe(0);
    for (let i = 0; i < 9; i += 1) {
      window.grant();
      window.received(GIGABYTE);
      window.consumed(GIGABYTE - 1);
      window.consumed(1);
    }
    window.received(7);
    expect(window.total).toBe(9 * GIGABYTE + 7);
  });

  it('is all that has been sent, acknowledged or not, not modulo 2^32', () => {
    const window = new SendWindow();
    for (let i = 0; i < 9; i += 1) {
      window.grant(GIGABYTE, window.seq);
      window.sent(GIGABYTE);
    }
    expect(window.total).toBe(9 * GIGABYTE);
    expect(window.acknowledged).toBe(8 * GIGABYTE);
  });

  it('is since when bytes wait, once there have been any', () => {
    const window = new ReceiveWindow(100);
    window.unreadSince = 5;
    window.consumed(0);
    expect(window.unreadSince).toBe(0);
    window.grant();
    window.received(10);
    window.unreadSince = 7;
    expect(window.unreadSince).toBe(7);
  });

  it('is by how much windows have grown, loans included, and may', () => {
    const memory = new WindowMemory(1000, 400);
    memory.takeFirst(100);
    memory.takeGrowth(50);
    expect(memory.lend(60)).toBe(true);
    expect([memory.grown, memory.growth]).toEqual([110, 400]);
    memory.giveBackLent(60);
    memory.giveBack(100, 50);
    expect(memory.grown).toBe(0);
  });
});
