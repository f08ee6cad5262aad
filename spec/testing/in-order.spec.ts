import { VirtualTimeScheduler } from 'rxjs';
import { InOrder } from '../../src/testing/in-order.js';

/** A scheduler whose timers fire when the test says so, in whatever order. */
function manual() {
  const timers: VirtualTimeScheduler[] = [];
  const scheduler = {
    now: () => 0,
    schedule: ((work: () => void, delay?: number) => {
      const timer = new VirtualTimeScheduler();
      timers.push(timer);
      return timer.schedule(work, delay);
    }) as VirtualTimeScheduler['schedule'],
  };
  return {
    scheduler,
    fire: (timer: number) => {
      timers[timer]?.flush();
    },
  };
}

describe('InOrder', () => {
  it('keeps the order where timers cross', () => {
    const { scheduler, fire } = manual();
    const done: string[] = [];
    const inOrder = new InOrder(scheduler);
    inOrder.add(1, () => done.push('first'));
    inOrder.add(1, () => done.push('second'));
    fire(1);
    expect(done).toEqual(['first']);
    fire(0);
    expect(done).toEqual(['first', 'second']);
  });

  it('does nothing of what has been taken back, and goes on', () => {
    const { scheduler, fire } = manual();
    const done: string[] = [];
    const inOrder = new InOrder(scheduler);
    inOrder.add(1, () => done.push('first'));
    inOrder.clear();
    inOrder.add(1, () => done.push('second'));
    fire(0);
    expect(done).toEqual([]);
    fire(1);
    expect(done).toEqual(['second']);
  });
});
