import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  asyncScheduler,
  config,
  type Observable,
  type ObservableNotification,
  type SchedulerLike,
  take,
  VirtualTimeScheduler,
} from 'rxjs';
import { TestScheduler } from 'rxjs/testing';
import ts from 'typescript';
import { backgroundInterval, backgroundTimer } from '../../src/reactive/background-timer.js';
import { listen } from '../support/listen.js';

const timers: readonly [
  name: string,
  make: (ms: number, scheduler: SchedulerLike) => Observable<unknown>,
  heard: unknown[],
][] = [
  ['backgroundTimer', backgroundTimer, [0, 'complete']],
  [
    'backgroundInterval',
    (ms, scheduler) => backgroundInterval(ms, scheduler).pipe(take(2)),
    [0, 1, 'complete'],
  ],
];

/** Runs a program with nothing but these timers, made of their source. Returns what it has said at its end. */
function run(program: string, ...flags: readonly string[]): string {
  const root = join(__dirname, '..', '..');
  const source = readFileSync(join(root, 'src/reactive/background-timer.ts'), 'utf8');
  const { outputText } = ts.transpileModule(source, { compilerOptions: { module: ts.ModuleKind.CommonJS } });
  const { stdout, stderr, status } = spawnSync(
    process.execPath,
    [...flags, '-e', `${outputText}\n${program}`],
    {
      cwd: root,
      encoding: 'utf8',
      timeout: 20_000,
    },
  );
  expect({ stderr, status }).toEqual({ stderr: '', status: 0 });
  return stdout;
}

describe.each(timers)('%s', (name, make, heard) => {
  it('does not hold a process that could end', () => {
    expect(
      run(`exports.${name}(600_000, require('rxjs').asyncScheduler).subscribe(); console.log('runs');`),
    ).toBe('runs\n');
  });

  it('fires in a process that lives, again and again', () => {
    const program = `const life = setInterval(() => {}, 1000); let left = ${heard.length - 1};
      exports.${name}(1, require('rxjs').asyncScheduler).subscribe(() => {
        console.log('fires');
        left -= 1;
        if (left === 0) clearInterval(life);
      });`;
    expect(run(program)).toBe('fires\n'.repeat(heard.length - 1));
  });

  it('leaves nothing behind where it is taken back, whatever time it was to take', () => {
    const program = `const { asyncScheduler } = require('rxjs');
      const make = (ms) => exports.${name}(ms, asyncScheduler).subscribe().unsubscribe();
      const used = () => { gc(); return process.memoryUsage().heapUsed; };
      for (let ms = 0; ms < 1000; ms += 1) make(600_000 + ms);
      const before = used();
      for (let ms = 0; ms < 20_000; ms += 1) make(700_000 + ms);
      console.log((used() - before) / 20_000 < 50 ? 'nothing' : 'something');`;
    expect(run(program, '--expose-gc')).toBe('nothing\n');
  });

  it('keeps to virtual time', () => {
    const scheduler = new VirtualTimeScheduler();
    const values = listen(make(50, scheduler));
    expect(scheduler.actions).toHaveLength(1);
    scheduler.flush();
    expect(values).toEqual(heard);
    expect(scheduler.now()).toBe(50 * (heard.length - 1));
  });

  it('keeps to the virtual time that a TestScheduler puts in place of the real one', () => {
    new TestScheduler((actual, expected) => {
      expect(actual).toEqual(expected);
    }).run(({ expectObservable, cold }) => {
      expectObservable(make(3, asyncScheduler)).toEqual(
        cold(heard.length === 2 ? '---(a|)' : '---a--(b|)', { a: 0, b: 1 }),
      );
    });
  });

  it('keeps to the timers that there are when it is subscribed to', () => {
    jest.useFakeTimers();
    try {
      const values = listen(make(600_000, asyncScheduler));
      jest.advanceTimersByTime(599_999);
      expect(values).toEqual([]);
      jest.advanceTimersByTime(600_001);
      expect(values).toEqual(heard);
    } finally {
      jest.useRealTimers();
    }
  });

  it('is taken back where nobody listens any more', () => {
    const scheduler = new VirtualTimeScheduler();
    make(50, scheduler).subscribe().unsubscribe();
    expect(scheduler.actions).toEqual([]);
  });

  it('tells nobody who leaves with its value anything more, of which RxJS would hear as too late', async () => {
    const late: ObservableNotification<unknown>[] = [];
    config.onStoppedNotification = (notification) => late.push(notification);
    try {
      const scheduler = new VirtualTimeScheduler();
      let values = 0;
      const subscription = make(50, scheduler).subscribe(() => {
        values += 1;
        subscription.unsubscribe();
      });
      scheduler.flush();
      await new Promise((resolve) => setTimeout(resolve)); // RxJS tells of it in a timer
      expect(values).toBe(1);
      expect(late).toStrictEqual([]);
    } finally {
      config.onStoppedNotification = null;
    }
  });

  describe('where there is zone.js', () => {
    let zone = 'the application’s';

    /** A stand-in for a zone, which notes that it is the one in which something runs. */
    const zoneOf = (itsName: string) => ({
      run<T>(work: () => T): T {
        const before = zone;
        zone = itsName;
        try {
          return work();
        } finally {
          zone = before;
        }
      },
    });

    afterEach(() => {
      Reflect.deleteProperty(globalThis, 'Zone');
    });

    it('is made in the root zone, and heard in that of who asked for it', () => {
      Object.assign(globalThis, { Zone: { root: zoneOf('root'), current: zoneOf('the application’s') } });
      const scheduler = new VirtualTimeScheduler();
      const schedule = jest.spyOn(scheduler, 'schedule').mockImplementation(function (this: never, ...args) {
        madeIn.push(zone);
        return VirtualTimeScheduler.prototype.schedule.apply(scheduler, args);
      });
      const madeIn: string[] = [];
      const heardIn: string[] = [];
      make(50, scheduler).subscribe(() => heardIn.push(zone));
      zoneOf('root').run(() => {
        scheduler.flush();
      });
      expect(schedule).toHaveBeenCalledTimes(1);
      expect(madeIn).toEqual(['root']);
      expect(heardIn).toEqual(Array<string>(heard.length - 1).fill('the application’s'));
    });
  });
});
