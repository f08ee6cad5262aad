import { asyncScheduler, lastValueFrom, VirtualTimeScheduler } from 'rxjs';
import { carrierTests } from '../../src/testing.js';
import { line, type LineOptions } from '../../src/testing/line.js';

const PLAIN: LineOptions = { scheduler: asyncScheduler, delay: 0, rate: Infinity, buffer: 65_536 };

describe.each<[string, Partial<LineOptions>]>([
  ['a line', {}],
  ['a line with a delay', { delay: 2 }],
  ['a line with a rate', { rate: 400_000_000 }],
  ['a line with a rate, a delay and a small buffer', { rate: 400_000_000, delay: 2, buffer: 1000 }],
])('%s, in real time,', (_name, options) => {
  const tests = carrierTests(() => line({ ...PLAIN, ...options }), { patience: 50_000 });
  it.each(tests.map(({ name, run }) => [name, run] as const))('%s', (_test, run) => run());
});

describe('a line', () => {
  /** A line in virtual time, and what arrives at its far end. */
  function recorded(options: Partial<LineOptions> = {}) {
    const scheduler = new VirtualTimeScheduler();
    const ends = line({ ...PLAIN, scheduler, ...options });
    const arrived: string[] = [];
    const note = (what: string) => {
      arrived.push(`${scheduler.now()} ${what}`);
    };
    ends.far.inbound$.subscribe({
      next: (chunk) => {
        note(Buffer.from(chunk).toString());
      },
      error: (error: unknown) => {
        note(String(error));
      },
      complete: () => {
        note('end');
      },
    });
    return { ...ends, scheduler, arrived };
  }

  it('carries bytes where the clock begins before 0', () => {
    const scheduler = new VirtualTimeScheduler();
    scheduler.frame = -1000;
    const { near, far } = line({ ...PLAIN, scheduler, delay: 5 });
    const times: number[] = [];
    far.inbound$.subscribe(() => times.push(scheduler.now()));
    near.write([Buffer.from('hello')]);
    scheduler.flush();
    expect(times).toEqual([-995]);
  });

  it('does not emit while it is given bytes, nor while it is ended', () => {
    const { near, scheduler, arrived } = recorded();
    near.write([Buffer.from('ab'), Buffer.from('c')]);
    near.end();
    expect(arrived).toEqual([]);
    scheduler.flush();
    expect(arrived).toEqual(['0 ab', '0 c', '0 end']);
  });

  it('does not emit while it is destroyed or cut', () => {
    for (const brake of ['destroy', 'cut'] as const) {
      const { near, cut, scheduler, arrived } = recorded();
      if (brake === 'destroy') {
        near.destroy();
      } else {
        cut();
      }
      expect(arrived).toEqual([]);
      scheduler.flush();
      expect(arrived).toEqual(['0 end']);
    }
  });

  it('hands on copies, so that bytes which are changed later arrive as they were', () => {
    const { near, scheduler, arrived } = recorded({ delay: 5 });
    const bytes = Buffer.from('before');
    near.write([bytes]);
    bytes.write('after!');
    scheduler.flush();
    expect(arrived).toEqual(['5 before']);
  });

  it('takes nothing after its end', () => {
    const { near, scheduler, arrived } = recorded();
    near.end();
    near.end();
    near.write([Buffer.from('late')]);
    scheduler.flush();
    expect(arrived).toEqual(['0 end']);
  });

  it('delivers what has left before it is destroyed, drops what waits, and tells the far end nothing of the error', () => {
    const { near, scheduler, arrived } = recorded({ rate: 1000, delay: 5 });
    near.write([Buffer.from('one'), Buffer.from('two')]);
    scheduler.schedule(() => {
      near.destroy(new Error('broken'));
      near.destroy();
      near.end();
    }, 4);
    scheduler.flush();
    expect(arrived).toEqual(['8 one', '9 end']);
  });

  it('errors where it is destroyed with an error', async () => {
    const { near, scheduler } = recorded();
    near.destroy(new Error('broken'));
    scheduler.flush();
    await expect(lastValueFrom(near.inbound$)).rejects.toThrow('broken');
  });

  it('lets the far end write until it has heard of the destruction, and takes nothing from it then', () => {
    const { near, far, scheduler } = recorded({ delay: 5 });
    const isFinished: boolean[] = [];
    far.capacity$.subscribe({ complete: () => isFinished.push(true) });
    near.destroy();
    scheduler.schedule(() => {
      far.write([Buffer.from('to nobody')]);
      expect(isFinished).toEqual([]);
    }, 4);
    scheduler.flush();
    expect(isFinished).toEqual([true]);
    far.destroy();
    far.write([Buffer.from('late')]);
    scheduler.flush();
    expect(scheduler.now()).toBe(9); // what had left before: nothing else is due
  });

  it('loses what is under way where it is cut, and tells both ends', () => {
    const { near, cut, scheduler, arrived } = recorded({ rate: 1000, delay: 5 });
    const errors: unknown[] = [];
    near.inbound$.subscribe({ error: (error: unknown) => errors.push(error) });
    near.write([Buffer.from('one'), Buffer.from('two')]);
    const error = new Error('cut');
    scheduler.schedule(() => {
      cut(error);
    }, 4);
    scheduler.flush();
    expect(arrived).toEqual(['4 Error: cut']);
    expect(errors).toEqual([error]);
    expect(scheduler.now()).toBe(4); // nothing is due any more
  });

  it('tells both ends of the first cut only, also where others follow in the same turn', () => {
    const { near, cut, scheduler, arrived } = recorded();
    const errors: unknown[] = [];
    near.inbound$.subscribe({ error: (error: unknown) => errors.push(error) });
    const first = new Error('first');
    cut(first);
    cut(new Error('second'));
    cut();
    scheduler.flush();
    cut(new Error('late'));
    scheduler.flush();
    expect(arrived).toEqual(['0 Error: first']);
    expect(errors).toEqual([first]);
  });
});
