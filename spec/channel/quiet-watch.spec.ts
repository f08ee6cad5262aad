import { VirtualTimeScheduler } from 'rxjs';
import { NOT_WATCHED, QuietWatch, type Watched } from '../../src/channel/quiet-watch.js';

/** Somebody who notes when it was found quiet. */
class Somebody implements Watched {
  watchPlace = NOT_WATCHED;
  readonly quietAt: number[] = [];
  isAlive = false;

  constructor(private readonly scheduler: VirtualTimeScheduler) {}

  takeSignOfLife(): boolean {
    const { isAlive } = this;
    this.isAlive = false;
    return isAlive;
  }

  onQuiet(): void {
    this.quietAt.push(this.scheduler.now());
  }
}

function start(): { scheduler: VirtualTimeScheduler; watch: QuietWatch; one: Somebody } {
  const scheduler = new VirtualTimeScheduler();
  return { scheduler, watch: new QuietWatch(50, scheduler), one: new Somebody(scheduler) };
}

describe('QuietWatch', () => {
  it('tells who gave no sign of life for a period, once', () => {
    const { scheduler, watch, one } = start();
    watch.watch(one);
    scheduler.flush();
    expect(one.quietAt).toEqual([50]);
  });

  it('gives who gave one another period', () => {
    const { scheduler, watch, one } = start();
    one.isAlive = true;
    watch.watch(one);
    scheduler.schedule(() => (one.isAlive = true), 70);
    scheduler.flush();
    expect(one.quietAt).toEqual([150]);
  });

  it('watches many with one timer, which ends with the last', () => {
    const { scheduler, watch, one } = start();
    const other = new Somebody(scheduler);
    other.isAlive = true;
    watch.watch(one);
    watch.watch(other);
    expect(scheduler.actions).toHaveLength(1);
    scheduler.flush();
    expect([one.quietAt, other.quietAt]).toEqual([[50], [100]]);
    expect(scheduler.actions).toHaveLength(0);
  });

  it('can be asked again, by who was just told too', () => {
    const { scheduler, watch, one } = start();
    one.onQuiet = function () {
      Somebody.prototype.onQuiet.call(this);
      if (this.quietAt.length < 3) {
        watch.watch(this);
      }
    };
    watch.watch(one);
    scheduler.flush();
    expect(one.quietAt).toEqual([50, 100, 150]);
    watch.watch(one);
    scheduler.flush();
    expect(one.quietAt).toEqual([50, 100, 150, 200]);
  });

  it('does not tell who is to be forgotten, and ends its timer', () => {
    const { scheduler, watch, one } = start();
    watch.watch(one);
    watch.forget(one);
    scheduler.flush();
    expect(one.quietAt).toEqual([]);
    expect(scheduler.actions).toHaveLength(0);
  });

  it.each([0, 1, 2])('tells the others of three, whoever is to be forgotten: no. %d', (forgotten) => {
    const { scheduler, watch } = start();
    const all = [0, 1, 2].map(() => new Somebody(scheduler));
    all.forEach((one) => {
      watch.watch(one);
      watch.watch(one);
    });
    const gone = all.splice(forgotten, 1);
    gone.forEach((one) => {
      watch.forget(one);
      watch.forget(one);
    });
    scheduler.flush();
    expect(all.map(({ quietAt }) => quietAt)).toEqual([[50], [50]]);
    expect(gone.map(({ quietAt }) => quietAt)).toEqual([[]]);
    gone.forEach((one) => {
      watch.watch(one);
    });
    scheduler.flush();
    expect(gone.map(({ quietAt }) => quietAt)).toEqual([[100]]);
  });

  it('holds and tells nobody once it is stopped, nor whoever asks then', () => {
    const { scheduler, watch, one } = start();
    watch.watch(one);
    watch.stop();
    expect([watch.isWatched(one), scheduler.actions]).toEqual([false, []]);
    watch.watch(one);
    expect([watch.isWatched(one), scheduler.actions]).toEqual([false, []]);
    scheduler.flush();
    expect(one.quietAt).toEqual([]);
  });
});
