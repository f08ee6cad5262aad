import { once } from 'node:events';
import { connect } from 'node:net';
import { Worker } from 'node:worker_threads';
import {
  asyncScheduler,
  finalize,
  firstValueFrom,
  fromEvent,
  Observable,
  Subject,
  take,
  toArray,
  VirtualTimeScheduler,
} from 'rxjs';
import { KeepAliveTimeoutError } from '../../src/index.js';
import { failOnSilence } from '../../src/mux/fail-on-silence.js';
import { onSilence } from '../../src/mux/on-silence.js';
import { listen } from '../support/listen.js';
import { turn } from '../support/test-carrier.js';
import { SleepyScheduler } from './sleepy-scheduler.js';

// In time that nothing holds up: fail-on-silence.marbles.ts

/** What has been heard of `source$`, with when it was. */
function watch(scheduler: SleepyScheduler) {
  const source$ = new Subject<string>();
  const heard: [at: number, what: unknown][] = [];
  source$.pipe(failOnSilence(100, scheduler)).subscribe({
    next: (value) => heard.push([scheduler.now(), value]),
    error: (error: unknown) => heard.push([scheduler.now(), error]),
  });
  return { source$, heard };
}

const silent = new KeepAliveTimeoutError(100);

describe('failOnSilence', () => {
  it('waits once more where the process did not run', () => {
    const scheduler = new SleepyScheduler();
    const { heard } = watch(scheduler);
    scheduler.schedule(() => {
      scheduler.sleep(10_000);
    }, 50);
    scheduler.flush();
    expect(heard).toEqual([[10_150, silent]]);
  });

  it('carries on where there is a value meanwhile', () => {
    const scheduler = new SleepyScheduler();
    const { source$, heard } = watch(scheduler);
    scheduler.schedule(() => {
      scheduler.sleep(10_000);
    }, 50);
    scheduler.schedule(() => {
      source$.next('a');
    }, 149);
    scheduler.flush();
    expect(heard).toEqual([
      [10_149, 'a'],
      [10_249, silent],
    ]);
  });

  it('does so once for each silence: a process that is always too late hears of it in the end', () => {
    const scheduler = new SleepyScheduler();
    const { source$, heard } = watch(scheduler);
    for (const at of [50, 150, 250, 350, 450]) {
      scheduler.schedule(() => {
        scheduler.sleep(1000);
      }, at);
    }
    scheduler.schedule(() => {
      source$.next('a');
    }, 130);
    scheduler.flush();
    expect(heard).toEqual([
      [1130, 'a'],
      [3250, silent],
    ]);
  });

  it.each([
    [1, 100],
    [40, 100],
    [99, 125],
  ])(
    'does not wait once more where a timer is late by no more than timers are, after %i ms',
    (time, failsAt) => {
      const scheduler = new SleepyScheduler();
      const { heard } = watch(scheduler);
      scheduler.schedule(() => {
        scheduler.sleep(25);
      }, time);
      scheduler.flush();
      expect(heard).toEqual([[failsAt, silent]]);
    },
  );

  it('waits no longer than twice as long as told where the clock has been put back', () => {
    const scheduler = new SleepyScheduler();
    const { source$, heard } = watch(scheduler);
    scheduler.schedule(() => {
      source$.next('a');
      scheduler.sleep(-10_000);
    }, 50);
    scheduler.flush();
    expect(heard).toEqual([
      [50, 'a'],
      [150 - 10_000, silent],
    ]);
  });

  it('carries on where the clock has been put back, and bytes come', () => {
    const scheduler = new SleepyScheduler();
    const { source$, heard } = watch(scheduler);
    scheduler.schedule(() => {
      source$.next('a');
      scheduler.sleep(-10_000);
    }, 50);
    for (const [time, value] of [
      [130, 'b'],
      [220, 'c'],
    ] as const) {
      scheduler.schedule(() => {
        source$.next(value);
      }, time);
    }
    scheduler.flush();
    expect(heard).toEqual([
      [50, 'a'],
      [130 - 10_000, 'b'],
      [220 - 10_000, 'c'],
      [320 - 10_000, silent],
    ]);
  });

  it.each([
    ['lets what the system has for the process be read first, in real time', 0],
    ['has heard what is read then, though it takes long until the turn is over', 1000],
  ])('%s', async (_what, took) => {
    jest.useFakeTimers({ doNotFake: ['setImmediate', 'clearImmediate'] });
    try {
      const source$ = new Subject<string>();
      const heard = listen(source$.pipe(failOnSilence(100, asyncScheduler)));
      jest.advanceTimersByTime(100);
      source$.next('it was there');
      jest.setSystemTime(Date.now() + took);
      await turn();
      jest.advanceTimersByTime(99);
      await turn();
      expect(heard).toEqual(['it was there']);
      jest.advanceTimersByTime(1);
      expect(heard).toEqual(['it was there']);
      await turn();
      expect(heard).toEqual(['it was there', silent]);
    } finally {
      jest.useRealTimers();
    }
  });

  it('takes back what it has in hand when nobody listens any more', async () => {
    jest.useFakeTimers({ doNotFake: ['setImmediate', 'clearImmediate'] });
    try {
      const heard: unknown[] = [];
      const subscription = new Subject()
        .pipe(failOnSilence(100, asyncScheduler))
        .subscribe({ error: (error: unknown) => heard.push(error) });
      jest.advanceTimersByTime(100);
      subscription.unsubscribe();
      await turn();
      expect(heard).toStrictEqual([]);
      expect(jest.getTimerCount()).toBe(0);
    } finally {
      jest.useRealTimers();
    }
  });

  it('costs no timer for a value', () => {
    const scheduler = new VirtualTimeScheduler();
    const schedule = jest.spyOn(scheduler, 'schedule');
    const source$ = new Subject<number>();
    source$.pipe(failOnSilence(100, scheduler)).subscribe({ error: () => undefined });
    for (let i = 0; i < 1000; i += 1) {
      source$.next(i);
    }
    expect(schedule).toHaveBeenCalledTimes(1);
  });

  // A little too late, and much.
  it.each([1100, 3000])(
    'carries on where this process was busy for %i ms, and the bytes are there',
    async (busy) => {
      const peer = new Worker(
        `const { createServer } = require('node:net');
       const server = createServer((socket) => {
         setInterval(() => socket.write('alive'), 20);
         socket.on('error', () => undefined).resume();
       });
       server.listen(0, '127.0.0.1', () => require('node:worker_threads').parentPort.postMessage(server.address().port));`,
        { eval: true },
      );
      const [port] = (await once(peer, 'message')) as [number];
      const socket = connect(port, '127.0.0.1');
      try {
        const bytes$ = fromEvent(socket, 'data') as Observable<Buffer>;
        const watched$ = bytes$.pipe(
          failOnSilence(1000, asyncScheduler),
          finalize(() => socket.pause()),
        );
        let isBusy = false;
        const chunks = firstValueFrom(watched$.pipe(take(20), toArray()));
        socket.once('data', () => {
          isBusy = true;
          setImmediate(() => {
            for (const start = performance.now(); performance.now() - start < busy;);
          });
        });
        expect(await chunks).toHaveLength(20);
        expect(isBusy).toBe(true);
      } finally {
        socket.destroy();
        await peer.terminate();
      }
    },
  );

  // Each time a little too late, and much.
  it.each([440, 600])(
    'carries on where this process is busy for %i ms again and again, and the peer answers when it is asked',
    async (busy) => {
      const peer = new Worker(
        `const { createServer } = require('node:net');
       const server = createServer((socket) => socket.on('error', () => undefined).pipe(socket));
       server.listen(0, '127.0.0.1', () => require('node:worker_threads').parentPort.postMessage(server.address().port));`,
        { eval: true },
      );
      const [port] = (await once(peer, 'message')) as [number];
      const socket = connect({ port, host: '127.0.0.1', noDelay: true });
      try {
        await once(socket, 'connect');
        const answers$ = fromEvent(socket, 'data') as Observable<Buffer>;
        const asking$ = answers$.pipe(
          onSilence(100, asyncScheduler, () => socket.write('?')),
          failOnSilence(400, asyncScheduler),
        );
        const errors: unknown[] = [];
        const subscription = asking$.subscribe({ error: (error: unknown) => errors.push(error) });
        for (let times = 0; times < 6; times += 1) {
          await turn();
          for (const start = performance.now(); performance.now() - start < busy;);
        }
        await turn();
        subscription.unsubscribe();
        expect(errors).toEqual([]);
      } finally {
        socket.destroy();
        await peer.terminate();
      }
    },
  );
});
