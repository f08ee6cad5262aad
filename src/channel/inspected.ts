/** By this name Node's `util.inspect`, and so `console.log`, finds what an object wants to be shown as. Elsewhere it is nothing. */
export const INSPECT = Symbol.for('nodejs.util.inspect.custom');

/** `util.inspect`, as Node passes it to what is called {@link INSPECT}. */
export type Inspect = (value: unknown, options: object) => string;

/**
 * What `util.inspect` shows of an object.
 *
 * @param name - what it is
 * @param essentials - what is to be known of it; what is `undefined` there is left out
 * @param depth - how many objects inside of each other are still to be shown
 * @param options - those of `util.inspect`
 */
export function inspected(
  name: string,
  essentials: Readonly<Record<string, unknown>>,
  depth: number,
  options: object,
  inspect: Inspect,
): string {
  if (depth < 0) {
    return `[${name}]`;
  }
  const known = Object.entries(essentials).filter(([, value]) => value !== undefined);
  return `${name} ${inspect(Object.fromEntries(known), options)}`;
}
