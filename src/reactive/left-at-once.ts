/**
 * A generator whose `return()` and `throw()` are heard at once. By itself, one that awaits something hears of them when that
 * has come, and one that has not begun never does.
 *
 * @param values - the generator
 * @param leave - called first, each time: is to end what is awaited
 */
export function leftAtOnce<T>(
  values: AsyncGenerator<T, void, undefined>,
  leave: () => void,
): AsyncGenerator<T, void, undefined> {
  const end = values.return.bind(values);
  const fail = values.throw.bind(values);
  // Defined, since nothing can be assigned over what is inherited from a frozen prototype.
  return Object.defineProperties(values, {
    return: {
      value: (value: PromiseLike<void> | undefined) => {
        leave();
        return end(value);
      },
    },
    throw: {
      value: (error: unknown) => {
        leave();
        return fail(error);
      },
    },
  });
}
