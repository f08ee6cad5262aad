/**
 * Runs `create` without letting Node print deprecation warnings meanwhile.
 *
 * The constructors of frame-stream call `util._extend`, which warns (DEP0060) on the console of every program from
 * Node 22 on, and throws under `--throw-deprecation`. The switch is put back at once.
 */
export function quietly<T>(create: () => T): T {
  const before = process.noDeprecation;
  if (before === true) {
    return create(); // under `--no-deprecation` it cannot even be set
  }
  process.noDeprecation = true;
  try {
    return create();
  } finally {
    // `exactOptionalPropertyTypes` tells `undefined` from absent; for Node both mean "not set".
    (process as { noDeprecation?: boolean | undefined }).noDeprecation = before;
  }
}
