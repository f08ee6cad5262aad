import { asapScheduler, queueScheduler, VirtualTimeScheduler } from 'rxjs';
import { TurnTask } from '../../src/flow/turn-task.js';

describe('TurnTask', () => {
  it('works once, however often it was asked to in a turn', () => {
    const scheduler = new VirtualTimeScheduler();
    const work = jest.fn();
    const task = new TurnTask(work, scheduler);
    task.schedule();
    task.schedule();
    task.schedule();
    expect(work).not.toHaveBeenCalled();
    scheduler.flush();
    expect(work).toHaveBeenCalledTimes(1);
  });

  it('works again when it is asked again', () => {
    const scheduler = new VirtualTimeScheduler();
    const work = jest.fn();
    const task = new TurnTask(work, scheduler);
    for (let turn = 1; turn <= 3; turn += 1) {
      task.schedule();
      scheduler.flush();
      expect(work).toHaveBeenCalledTimes(turn);
    }
  });

  it('works again when its own work asks for it', () => {
    const scheduler = new VirtualTimeScheduler();
    const work = jest.fn(() => {
      if (work.mock.calls.length < 3) {
        task.schedule();
      }
    });
    const task: TurnTask = new TurnTask(work, scheduler);
    task.schedule();
    scheduler.flush();
    expect(work).toHaveBeenCalledTimes(3);
  });

  it('does not work when it was cancelled', () => {
    const scheduler = new VirtualTimeScheduler();
    const work = jest.fn();
    const task = new TurnTask(work, scheduler);
    task.schedule();
    task.cancel();
    scheduler.flush();
    expect(work).not.toHaveBeenCalled();
  });

  it('works once when it was cancelled and asked again in the same turn', () => {
    const scheduler = new VirtualTimeScheduler();
    const work = jest.fn();
    const task = new TurnTask(work, scheduler);
    task.schedule();
    task.cancel();
    task.schedule();
    scheduler.flush();
    expect(work).toHaveBeenCalledTimes(1);
  });

  it('may be cancelled before it was ever asked, and after its work', () => {
    const scheduler = new VirtualTimeScheduler();
    const work = jest.fn();
    const task = new TurnTask(work, scheduler);
    task.cancel();
    task.schedule();
    scheduler.flush();
    task.cancel();
    task.schedule();
    scheduler.flush();
    expect(work).toHaveBeenCalledTimes(2);
  });

  it('works when it is asked again after another task of the scheduler threw', () => {
    const scheduler = new VirtualTimeScheduler();
    const work = jest.fn();
    const task = new TurnTask(work, scheduler);
    scheduler.schedule(() => {
      throw new Error('of another task');
    });
    task.schedule();
    expect(() => {
      scheduler.flush();
    }).toThrow('of another task');
    expect(work).not.toHaveBeenCalled(); // dropped with all others
    task.schedule();
    scheduler.flush();
    expect(work).toHaveBeenCalledTimes(1);
  });

  it('works when it is asked again after its own work threw', () => {
    const scheduler = new VirtualTimeScheduler();
    const work = jest.fn().mockImplementationOnce(() => {
      throw new Error('of the work');
    });
    const task = new TurnTask(work, scheduler);
    task.schedule();
    expect(() => {
      scheduler.flush();
    }).toThrow('of the work');
    task.schedule();
    scheduler.flush();
    expect(work).toHaveBeenCalledTimes(2);
  });

  it('works each time on a scheduler that does not defer', () => {
    const work = jest.fn();
    const task = new TurnTask(work, queueScheduler);
    task.schedule();
    task.schedule();
    expect(work).toHaveBeenCalledTimes(2);
  });

  it('defers to a microtask unless told otherwise', async () => {
    const work = jest.fn();
    new TurnTask(work).schedule();
    expect(work).not.toHaveBeenCalled();
    // Tasks of one turn run in the order in which they were asked for.
    await new Promise<void>((resolve) => asapScheduler.schedule(resolve));
    expect(work).toHaveBeenCalledTimes(1);
  });
});
