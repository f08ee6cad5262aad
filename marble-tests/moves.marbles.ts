import { BehaviorSubject } from 'rxjs';
import { moves } from '../src/mux/moves.js';
import { marbles } from './support/flows.js';

/** A carrier that takes 100 bytes: what it is given, and what of that leaves it, at each frame. */
function expectMoves(given: Record<number, number>, left: Record<number, number>, expected: string): void {
  marbles(({ expectObservable }, scheduler) => {
    let position = 0;
    let waiting = 0;
    const capacity$ = new BehaviorSubject(100);
    const change = (bytes: number): void => {
      waiting += bytes;
      capacity$.next(Math.max(0, 100 - waiting));
    };
    for (const [at, bytes] of Object.entries(given)) {
      scheduler.schedule(() => {
        position += bytes;
        change(bytes);
      }, Number(at));
    }
    for (const [at, bytes] of Object.entries(left)) {
      scheduler.schedule(() => {
        change(-bytes);
      }, Number(at));
    }
    const moves$ = moves(capacity$, () => position, 4, scheduler);
    expectObservable(moves$, '^--------------------!').toBe(expected, { x: undefined });
  });
}

describe('moves', () => {
  it('emits where bytes have left that waited at the beginning of the period', () => {
    expectMoves({ 1: 60 }, { 6: 20, 14: 20, 15: 20, 17: 0 }, '--------x-------x');
  });

  it('emits where as many have come as have left', () => {
    expectMoves({ 1: 60, 5: 20, 10: 20 }, { 6: 20, 9: 20 }, '--------x---x----');
  });

  it('emits where the carrier is full all the time', () => {
    expectMoves({ 1: 150, 6: 20, 10: 20 }, { 7: 70, 11: 20 }, '--------x---x----');
  });

  it('says nothing of what need not wait, which the system takes where nobody is there, too', () => {
    expectMoves({ 1: 10, 5: 10, 9: 10 }, { 2: 10, 6: 10, 10: 10 }, '-----------------');
  });

  it('says nothing where bytes wait, and more come, and none leave', () => {
    expectMoves({ 1: 10, 5: 10, 9: 10 }, {}, '-----------------');
  });

  it.each([
    ['before', 0, '|'],
    ['meanwhile', 5, '--------|'],
  ])('completes where the capacity has failed %s', (_when, at, expected) => {
    marbles(({ expectObservable }, scheduler) => {
      const capacity$ = new BehaviorSubject(0);
      const fail = (): void => {
        capacity$.error(new Error('broken'));
      };
      if (at === 0) {
        fail();
      } else {
        scheduler.schedule(fail, at);
      }
      expectObservable(moves(capacity$, () => 0, 4, scheduler)).toBe(expected);
    });
  });

  it('emits for a carrier that is not open at first, and full after that', () => {
    marbles(({ expectObservable }, scheduler) => {
      let position = 0;
      const capacity$ = new BehaviorSubject(0);
      scheduler.schedule(() => {
        position += 100;
      }, 5); // 100 bytes were taken between two looks, and as many were given
      expectObservable(
        moves(capacity$, () => position, 4, scheduler),
        '^--------------------!',
      ).toBe('--------x', { x: undefined });
    });
  });
});
