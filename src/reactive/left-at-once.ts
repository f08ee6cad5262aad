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
  for (const name of ['return', 'throw'] as const) {
    const byItself = values[name].bind(values);
    // Defined, since nothing can be assigned over what is inherited from a frozen prototype.
    Object.defineProperty(values, name, {
      value: (given: Parameters<typeof byItself>[0]) => {
        leave();
        return byItself(given);
      },
    });
  }
  return values;
}
