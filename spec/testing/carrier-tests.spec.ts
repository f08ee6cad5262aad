import { BehaviorSubject, config } from 'rxjs';
import type { Carrier } from '../../src/index.js';
import { carrierTests, type CarrierTestOptions } from '../../src/testing.js';
import { toCarrier } from '../../src/carrier/to-carrier.js';
import { duplexPair } from '../support/connected.js';
import { turn } from '../support/test-carrier.js';

/** A good pair of carriers, one of which has been changed for the worse. */
function pairWith(fault: (good: Carrier) => Partial<Carrier>, side: 'near' | 'far' = 'near') {
  return () => {
    const [left, right] = duplexPair();
    const near = toCarrier(left);
    const far = toCarrier(right);
    const withFault = (good: Carrier): Carrier => ({
      inbound$: good.inbound$,
      capacity$: good.capacity$,
      write: (chunks) => {
        good.write(chunks);
      },
      end: () => {
        good.end();
      },
      destroy: (error) => {
        good.destroy(error);
      },
      ...fault(good),
    });
    return side === 'near' ? { near: withFault(near), far } : { near, far: withFault(far) };
  };
}

const ignore = (): void => undefined;

/** Milliseconds for what comes, on a machine that is busy, too; and for what does not come. */
const [PATIENT, IMPATIENT] = [30_000, 300];

/** The first thing that the tests say of a carrier in which `expected` is found, if they do; tests after that are not run. */
async function complaint(
  connect: ReturnType<typeof pairWith>,
  expected: RegExp,
  patience = PATIENT,
): Promise<string | undefined> {
  for (const { run } of carrierTests(connect, { patience })) {
    const said = await run().catch((error: unknown) => (error as Error).message);
    if (said !== undefined && expected.test(said)) {
      return said;
    }
  }
  return undefined;
}

describe('carrierTests', () => {
  it('have nothing to say of a good carrier', async () => {
    const good = pairWith(() => ({}));
    expect(await complaint(good, /./)).toBeUndefined();
  });

  it.each<[string, (good: Carrier) => Partial<Carrier>, RegExp]>([
    [
      'changes a byte',
      (good) => ({
        write: (chunks) => {
          good.write(chunks.map((chunk) => chunk.map((byte, i) => (i === 999 ? byte ^ 1 : byte))));
        },
      }),
      /byte \d+ is wrong/,
    ],
    [
      'loses bytes',
      (good) => ({
        write: (chunks) => {
          good.write(chunks.map((chunk) => chunk.subarray(0, 4000)));
        },
      }),
      /bytes have come of/,
    ],
    [
      'swaps chunks',
      (good) => ({
        write: (chunks) => {
          good.write([...chunks].reverse());
        },
      }),
      /is wrong/,
    ],
    [
      'writes to what it is given',
      (good) => ({
        write: (chunks) => {
          good.write(chunks.map((chunk) => chunk.slice()));
          chunks.forEach((chunk) => chunk.fill(0));
        },
      }),
      /changed or given away/,
    ],
    [
      'ends both ways at once',
      (good) => ({
        end: () => {
          good.destroy();
        },
      }),
      /./,
    ],
  ])('say so of one that %s', async (_what, fault, expected) => {
    expect(await complaint(pairWith(fault), expected)).toBeDefined();
  });

  it.each<[string, Partial<Carrier>]>([
    ['does not end', { end: () => undefined }],
    ['is not destroyed', { destroy: () => undefined }],
  ])('say so of one that %s', async (_what, fault) => {
    const faulty = pairWith(() => fault);
    expect(await complaint(faulty, /not within 300 ms/, IMPATIENT)).toBeDefined();
  });

  it('call a capacity wrong that is negative', async () => {
    const negative = pairWith((good) => {
      const capacity$ = new BehaviorSubject(65_536);
      good.capacity$.subscribe((bytes) => {
        capacity$.next(-1);
        capacity$.next(bytes);
      });
      return { capacity$ };
    });
    expect(await complaint(negative, /capacity\$ was -1/)).toBeDefined();
  });

  it('refuse options that do not exist or make no sense', () => {
    const connect = pairWith(() => ({}));
    expect(() => carrierTests(connect, { patient: 10 } as CarrierTestOptions)).toThrow(
      new TypeError('options.patient is not an option (did you mean patience?)'),
    );
    expect(() => carrierTests(connect, { patience: 0 })).toThrow(
      new RangeError('options.patience must be a whole number from 1, got 0'),
    );
  });

  it('have nothing to say of a carrier whose capacity$ errors where it is destroyed, and cause no stray error', async () => {
    const stray: unknown[] = [];
    config.onUnhandledError = (error) => stray.push(error);
    try {
      const failing = pairWith((good) => {
        const capacity$ = new BehaviorSubject(good.capacity$.value);
        good.capacity$.subscribe(capacity$);
        return {
          capacity$,
          destroy: (error) => {
            capacity$.error(error ?? new Error('destroyed'));
            good.destroy(error);
          },
        };
      });
      expect(await complaint(failing, /./)).toBeUndefined();
      await new Promise((resolve) => setTimeout(resolve)); // after those that report
      expect(stray).toEqual([]);
    } finally {
      config.onUnhandledError = null;
    }
  });

  it('leave no promise unhandled where a carrier breaks', async () => {
    const stray: unknown[] = [];
    const onStray = (error: unknown): unknown => stray.push(error);
    process.on('unhandledRejection', onStray);
    try {
      const breaking = pairWith((good) => {
        const capacity$ = new BehaviorSubject(65_536);
        return {
          capacity$,
          write: () => {
            capacity$.error(new Error('broken'));
            good.destroy(new Error('broken'));
          },
        };
      });
      const outcomes = await Promise.allSettled(
        carrierTests(breaking, { patience: IMPATIENT }).map(({ run }) => run()),
      );
      expect(outcomes.map(({ status }) => status)).toContain('rejected');
      await turn();
      expect(stray).toEqual([]);
    } finally {
      process.off('unhandledRejection', onStray);
    }
  });

  it('take down all, and say what was wrong first, where a carrier cannot be destroyed', async () => {
    const close = jest.fn();
    const destroyFar = jest.fn();
    const connect = () => {
      const { near, far } = pairWith(() => ({
        write: () => {
          throw new Error('the first');
        },
        destroy: () => {
          throw new Error('the second');
        },
      }))();
      return { near, far: { ...far, write: ignore, end: ignore, destroy: destroyFar }, close };
    };
    const [first] = carrierTests(connect, { patience: IMPATIENT });
    await expect(first?.run()).rejects.toThrow('the first');
    expect(destroyFar).toHaveBeenCalledTimes(1);
    expect(close).toHaveBeenCalledTimes(1);
  });

  it('say so where a carrier can be destroyed only once', async () => {
    const once = pairWith((good) => {
      let isDestroyed = false;
      return {
        destroy: (error) => {
          if (isDestroyed) {
            throw new Error('destroyed twice');
          }
          isDestroyed = true;
          good.destroy(error);
        },
      };
    });
    expect(await complaint(once, /destroyed twice/)).toBeDefined();
  });

  it('take down what they have set up where an end is no carrier', async () => {
    const close = jest.fn();
    const destroy = jest.fn();
    const near = { ...pairWith(() => ({}))().near, destroy };
    const [first] = carrierTests(() => ({ near, far: undefined as never, close }));
    await expect(first?.run()).rejects.toThrow(
      new TypeError('carrier must be a Duplex or a Carrier, such as a WebSocketCarrier, got undefined'),
    );
    expect([destroy, close].map(({ mock }) => mock.calls.length)).toEqual([1, 1]);
  });

  it('say so where there is no connection', async () => {
    const [first] = carrierTests(() => undefined as never);
    await expect(first?.run()).rejects.toThrow(
      new TypeError('what connect returns must be an object, got undefined'),
    );
  });

  it('take down what they have set up, whatever happens', async () => {
    const close = jest.fn();
    const connect = () => ({ ...pairWith(() => ({ end: () => undefined }))(), close });
    const tests = carrierTests(connect, { patience: 10 });
    await Promise.allSettled(tests.map(({ run }) => run()));
    expect(close).toHaveBeenCalledTimes(tests.length);
  });
});
