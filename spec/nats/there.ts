/** The value, which must be there. */
export function there<T>(value: T | undefined): T {
  if (value === undefined) {
    throw new Error('it is not there');
  }
  return value;
}
