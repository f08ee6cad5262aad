import type { MuxOptions } from '../../src/index.js';

/** A mux that says what bpmux would and nothing else, from channel 0 on: for tests of what is said, word for word. */
export const PLAIN_WIRE = {
  keepAlive: false,
  extensions: false,
  highChannels: false,
} as const satisfies MuxOptions;
