import { carrierTests } from '../../src/testing.js';
import type { connections } from './page/connections.js';
import { setStage, type Stage } from './support/stage.js';

const CONNECTIONS: readonly (keyof typeof connections)[] = [
  'a MessageChannel',
  'an RTCDataChannel',
  'a WebSocket',
  'a pair of TransformStreams',
];

/** Only their names: they are run in the page. */
const tests = carrierTests(() => {
  throw new Error('not here');
}).map(({ name }) => name);

describe('in Chromium', () => {
  let stage: Stage;

  beforeAll(async () => {
    stage = await setStage();
  });

  afterEach(() => {
    expect(stage.uncaught).toEqual([]);
  });

  afterAll(() => stage.close());

  describe.each(CONNECTIONS)('%s', (connection) => {
    it.each(tests)('%s', (test) => stage.run('carrierTest', connection, test));
  });
});
