import { interval, Observable, type SchedulerLike, Subscription } from 'rxjs';

/** A timer of RxJS's `asyncScheduler`, in Node, Bun and Deno: one that the process need not wait for. */
interface TimerAction extends Subscription {
  readonly id?: { ref?(): void; unref?(): void };
}

/** What is used of a zone of `zone.js`, by which Angular knows when an application is at rest. */
interface Zone {
  run<T>(work: () => T): T;
}

/** As RxJS's `interval`, but nobody waits for it: neither a process that could end, nor Angular. */
export function backgroundInterval(ms: number, scheduler: SchedulerLike): Observable<number> {
  return interval(ms, inBackground(scheduler));
}

/**
 * As RxJS's `timer`, but nobody waits for it: neither a process that could end, nor Angular. Who leaves with its value, as with
 * a time limit that ends what it belongs to, is told nothing more: with that of RxJS, `onStoppedNotification` hears of an end.
 */
export function backgroundTimer(ms: number, scheduler: SchedulerLike): Observable<0> {
  return new Observable((subscriber) =>
    inBackground(scheduler).schedule(() => {
      subscriber.next(0);
      if (!subscriber.closed) {
        subscriber.complete();
      }
    }, ms),
  );
}

/**
 * The scheduler, with timers that hold nobody, where it has timers. Work is done in the zone in which it was asked for:
 * Angular hears of what comes of it.
 *
 * It is RxJS that makes the timers, so that whatever stands in for them in tests does so here.
 */
function inBackground(scheduler: SchedulerLike): SchedulerLike {
  return {
    now: scheduler.now.bind(scheduler),
    schedule<T>(work: Parameters<typeof scheduler.schedule<T>>[0], delay?: number, state?: T): Subscription {
      const { Zone } = globalThis as { Zone?: { readonly root: Zone; readonly current: Zone } };
      if (Zone === undefined) {
        return unref(scheduler.schedule(work, delay, state));
      }
      const zone = Zone.current;
      return Zone.root.run(() =>
        unref(
          scheduler.schedule<T>(
            function (next) {
              zone.run(() => {
                work.call(this, next);
              });
            },
            delay,
            state,
          ),
        ),
      );
    },
  };
}

/**
 * Node keeps a list for each length of time of timers that nobody waits for, until that time has passed; of others only while
 * it is used.
 */
function unref(action: TimerAction): Subscription {
  action.id?.unref?.();
  return new Subscription(() => {
    action.id?.ref?.();
    action.unsubscribe();
  });
}
