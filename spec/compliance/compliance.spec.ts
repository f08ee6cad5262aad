import { carrierTests } from '../../src/testing.js';
import { connections } from './connections.js';

/** Milliseconds: less than jest's limit, so that it is said what has not come. */
const patience = 50_000;

describe.each(Object.entries(connections))('%s', (_name, connect) => {
  it.each(carrierTests(connect, { patience }).map(({ name, run }) => [name, run] as const))(
    '%s',
    (_test, run) => run(),
  );
});
