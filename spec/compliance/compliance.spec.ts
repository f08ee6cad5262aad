import { carrierTests } from '../../src/testing.js';
import { connections } from './connections.js';

describe.each(Object.entries(connections))('%s', (_name, connect) => {
  it.each(carrierTests(connect).map(({ name, run }) => [name, run] as const))('%s', (_test, run) => run());
});
