/** A measured number as text: three digits mean something, at most. */
export const format = (number: number): string =>
  number.toLocaleString(
    'en',
    Math.abs(number) < 100 ? { maximumSignificantDigits: 3 } : { maximumFractionDigits: 0 },
  );
