import { BehaviorSubject } from 'rxjs';
import type { Carrier } from '../../src/index.js';
import { carrierTests, type CarrierTestOptions } from '../../src/testing.js';
import { toCarrier } from '../../src/carrier/to-carrier.js';
import { duplexPair } from '../support/connected.js';

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

const PATIENCE = 300;

/** What the tests say of a carrier, by name, where they say anything. */
async function complaints(
  connect: ReturnType<typeof pairWith>,
  patience = PATIENCE,
): Promise<Map<string, string>> {
  const found = new Map<string, string>();
  for (const { name, run } of carrierTests(connect, { patience })) {
    await run().catch((error: unknown) => found.set(name, (error as Error).message));
  }
  return found;
}

describe('carrierTests', () => {
  it('have nothing to say of a good carrier', async () => {
    expect(
      await complaints(
        pairWith(() => ({})),
        10_000,
      ),
    ).toEqual(new Map());
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
    ['does not end', () => ({ end: () => undefined }), /not within 300 ms/],
    ['is not destroyed', () => ({ destroy: () => undefined }), /not within 300 ms/],
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
    const said = await complaints(pairWith(fault));
    expect([...said.values()].some((message) => expected.test(message))).toBe(true);
  });

  it('call a capacity wrong that is negative', async () => {
    const said = await complaints(
      pairWith((good) => {
        const capacity$ = new BehaviorSubject(65_536);
        good.capacity$.subscribe((bytes) => {
          capacity$.next(-1);
          capacity$.next(bytes);
        });
        return { capacity$ };
      }),
    );
    expect([...said.values()].join()).toMatch(/capacity\$ was -1/);
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

  it('take down what they have set up, whatever happens', async () => {
    const close = jest.fn();
    const connect = () => ({ ...pairWith(() => ({ end: () => undefined }))(), close });
    const tests = carrierTests(connect, { patience: 10 });
    await Promise.allSettled(tests.map(({ run }) => run()));
    expect(close).toHaveBeenCalledTimes(tests.length);
  });
});
