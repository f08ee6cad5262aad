import { CarrierEndedError, CarrierFinishedError, MuxClosedError } from '../../src/errors.js';
import { Life } from '../../src/mux/life.js';

const cause = new Error('broken');

describe('Life', () => {
  it('lets channels be opened at first', () => {
    expect(() => {
      new Life().assertOpen();
    }).not.toThrow();
  });

  it.each<[string, (life: Life) => void, new (...args: never[]) => Error, unknown]>([
    ['close()', (life) => life.close(), MuxClosedError, undefined],
    ['the carrier’s end', (life) => life.end(), CarrierEndedError, undefined], // eslint-disable-line @typescript-eslint/no-confusing-void-expression
    ['the carrier’s last write', (life) => life.finish(), CarrierFinishedError, undefined], // eslint-disable-line @typescript-eslint/no-confusing-void-expression
    ['a failure', (life) => life.down({ error: cause }), CarrierEndedError, cause],
  ])('says in open() what has happened: %s', (_what, happen, kind, because) => {
    const life = new Life();
    happen(life);
    expect(() => {
      life.assertOpen();
    }).toThrow(kind);
    try {
      life.assertOpen();
    } catch (error) {
      expect((error as Error).message).toMatch(/: no channel can be opened$/);
      expect((error as Error).cause).toBe(because);
    }
  });

  it('is over when the carrier has ended and finished, or at once', () => {
    const life = new Life();
    life.end();
    expect(life.isOver).toBe(false);
    life.finish();
    expect([life.isOver, life.isDown]).toEqual([true, false]);
    const failed = new Life();
    expect(failed.down({ error: cause })).toBe(true);
    expect(failed.down({})).toBe(false);
    expect(failed).toMatchObject({ isOver: true, isDown: true, failure: { error: cause } });
  });

  it('keeps the first failure', () => {
    const life = new Life();
    life.down({ error: cause });
    life.alsoFailedWith(new Error('later'));
    expect(life.failure).toEqual({ error: cause });
    const closed = new Life();
    closed.down({});
    closed.alsoFailedWith(cause);
    expect(closed.failure).toEqual({ error: cause });
  });

  it('closes once, with a promise that settles as the mux did', async () => {
    const life = new Life();
    expect([life.close(), life.close()]).toEqual([true, false]);
    expect(life.closing).toBe(life.closing);
    life.closed$.settle();
    await expect(life.closing).resolves.toBeUndefined();
    const failed = new Life();
    const { closing } = failed;
    failed.down({ error: cause });
    failed.closed$.settle();
    await expect(closing).rejects.toBe(cause);
  });
});
