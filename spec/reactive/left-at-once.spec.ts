import { leftAtOnce } from '../../src/reactive/left-at-once.js';

describe('leftAtOnce', () => {
  async function* one(): AsyncGenerator<number, void, undefined> {
    yield await Promise.resolve(1);
  }

  it('tells at once that the generator is left, each time, and how that ends is the generator’s', async () => {
    const leave = jest.fn();
    const values = leftAtOnce(one(), leave);
    expect(await values.next()).toEqual({ value: 1, done: false });
    expect(leave).not.toHaveBeenCalled();
    const returned = values.return();
    expect(leave).toHaveBeenCalledTimes(1);
    expect(await returned).toEqual({ value: undefined, done: true });
    const thrown = values.throw(new Error('over'));
    expect(leave).toHaveBeenCalledTimes(2);
    await expect(thrown).rejects.toThrow('over');
  });

  it('takes a generator whose prototype is frozen, as all are under lockdown', async () => {
    const values = one();
    const inherited = Object.getPrototypeOf(Object.getPrototypeOf(values) as object) as typeof values;
    Object.setPrototypeOf(
      values,
      Object.freeze({
        next: () => inherited.next.call(values),
        return: () => inherited.return.call(values, undefined),
        throw: (error: unknown) => inherited.throw.call(values, error),
      }),
    );
    const leave = jest.fn();
    const left = leftAtOnce(values, leave);
    expect(await left.return()).toEqual({ value: undefined, done: true });
    expect(leave).toHaveBeenCalledTimes(1);
  });
});
