import { asapScheduler, queueScheduler, VirtualTimeScheduler } from 'rxjs';
import { TurnTask } from '../../src/reactive/turn-task.js';

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

  it('works on asapScheduler though another of its tasks throws', async () => {
    const work = jest.fn();
    const cancelled = jest.fn();
    const tasks = [new TurnTask(work), new TurnTask(cancelled)];
    asapScheduler.schedule(() => {
      tasks[1]?.cancel();
      throw new Error('of another task');
    });
    for (const task of tasks) {
      task.schedule();
    }
    expect(() => {
      asapScheduler.flush();
    }).toThrow('of another task');
    expect(work).not.toHaveBeenCalled(); // dropped with all others
    await Promise.resolve();
    expect(work).toHaveBeenCalledTimes(1);
    expect(cancelled).not.toHaveBeenCalled();
  });

  it('works in each turn in which it was asked to on asapScheduler, but for those in which it was cancelled', async () => {
    const work = jest.fn();
    const task = new TurnTask(work);
    for (const [turn, isCancelled] of [false, false, true, false, true, false].entries()) {
      work.mockClear();
      task.schedule();
      task.schedule();
      if (isCancelled) {
        task.cancel();
      }
      expect(work).not.toHaveBeenCalled();
      await new Promise<void>((resolve) => asapScheduler.schedule(resolve));
      expect([turn, work.mock.calls.length]).toEqual([turn, isCancelled ? 0 : 1]);
    }
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

  describe('during an action', () => {
    /** A task on a scheduler that the test runs; `seen` says what happens. */
    function start(): { task: TurnTask; scheduler: VirtualTimeScheduler; seen: string[]; work: jest.Mock } {
      const scheduler = new VirtualTimeScheduler();
      const seen: string[] = [];
      const work = jest.fn(() => {
        seen.push('work');
      });
      return { task: new TurnTask(work, scheduler), scheduler, seen, work };
    }

    it('waits for its end, and then works once without being deferred', () => {
      const { task, scheduler, seen } = start();
      task.during(() => {
        task.schedule();
        task.schedule();
        seen.push('action');
      });
      expect(seen).toEqual(['action', 'work']);
      scheduler.flush();
      expect(seen).toEqual(['action', 'work']);
    });

    it('does not work where nobody has asked for it', () => {
      const { task, scheduler, seen } = start();
      task.during(() => seen.push('action'));
      scheduler.flush();
      expect(seen).toEqual(['action']);
    });

    it('that is one in another works at the end of the outer one', () => {
      const { task, seen } = start();
      task.during(() => {
        task.during(() => {
          task.schedule();
          seen.push('inner');
        });
        seen.push('outer');
      });
      expect(seen).toEqual(['inner', 'outer', 'work']);
    });

    it('works, and when it was asked for before works once more, as deferred', () => {
      const { task, scheduler, seen } = start();
      task.schedule();
      task.during(() => {
        task.schedule();
      });
      expect(seen).toEqual(['work']);
      scheduler.flush();
      expect(seen).toEqual(['work', 'work']);
    });

    it('works again in the same turn where its own work asks for that, and defers what is too much for one', () => {
      const { task, scheduler, work } = start();
      let wanted = 20;
      work.mockImplementation(() => {
        wanted -= 1;
        if (wanted > 0) {
          task.schedule();
        }
      });
      task.schedule();
      expect(work).not.toHaveBeenCalled();
      scheduler.flush(); // two turns
      expect(work).toHaveBeenCalledTimes(20);
      work.mockClear();
      wanted = 20;
      task.during(() => {
        task.schedule();
      });
      const inOneTurn = work.mock.calls.length;
      expect(inOneTurn).toBeGreaterThan(1);
      expect(inOneTurn).toBeLessThan(20);
      scheduler.flush();
      expect(work).toHaveBeenCalledTimes(20);
    });

    it('lets two who answer each other at once do so for a while only in one turn', () => {
      const scheduler = new VirtualTimeScheduler();
      let rounds = 0;
      const answer = (whom: () => TurnTask) => (): void => {
        rounds += 1;
        if (rounds < 1000) {
          whom().during(() => {
            whom().schedule();
          });
        }
      };
      const left: TurnTask = new TurnTask(
        answer(() => right),
        scheduler,
      );
      const right: TurnTask = new TurnTask(
        answer(() => left),
        scheduler,
      );
      left.during(() => {
        left.schedule();
      });
      expect(rounds).toBeLessThan(1000);
      scheduler.flush();
      expect(rounds).toBe(1000);
    });

    it('does not work when it was cancelled in it, unless it is asked again', () => {
      const { task, scheduler, seen } = start();
      task.during(() => {
        task.schedule();
        task.cancel();
      });
      scheduler.flush();
      expect(seen).toEqual([]);
      task.during(() => {
        task.schedule();
        task.cancel();
        task.schedule();
      });
      expect(seen).toEqual(['work']);
    });

    it('that throws is over, and what it has asked for is done all the same', () => {
      const { task, scheduler, seen } = start();
      const error = new Error('of the action');
      expect(() => {
        task.during(() => {
          task.schedule();
          throw error;
        });
      }).toThrow(error);
      scheduler.flush();
      expect(seen).toEqual(['work']);
      task.schedule();
      scheduler.flush();
      expect(seen).toEqual(['work', 'work']);
    });

    it('is over when its own work throws, and what that has asked for is done', () => {
      const { task, scheduler, seen, work } = start();
      const error = new Error('of the work');
      work.mockImplementationOnce(() => {
        task.schedule();
        throw error;
      });
      expect(() => {
        task.during(() => {
          task.schedule();
        });
      }).toThrow(error);
      scheduler.flush();
      expect(seen).toEqual(['work']);
      task.during(() => {
        task.schedule();
      });
      expect(seen).toEqual(['work', 'work']);
    });
  });
});
