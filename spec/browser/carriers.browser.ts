import { carrierTests } from '../../src/testing.js';
import type { connections } from './page/connections.js';
import { type Feature, where } from './support/features.js';
import { setStage, type Stage } from './support/stage.js';

/** With what they need that not every browser has. */
const CONNECTIONS: Readonly<Record<keyof typeof connections, Feature | undefined>> = {
  'a MessageChannel': undefined,
  'an RTCDataChannel': 'RTCPeerConnection',
  'a WebSocket': undefined,
  'a pair of TransformStreams': undefined,
};

/** Only their names: they are run in the page. */
const tests = carrierTests(() => {
  throw new Error('not here');
}).map(({ name }) => name);

describe('in a browser', () => {
  let stage: Stage;

  beforeAll(async () => {
    stage = await setStage();
  });

  afterEach(async () => {
    expect(await stage.uncaught()).toEqual([]);
  });

  afterAll(() => stage.close());

  for (const [connection, feature] of Object.entries(CONNECTIONS)) {
    where(feature)(connection, () => {
      it.each(tests)('%s', (test) => stage.run('carrierTest', connection as keyof typeof connections, test));
    });
  }
});
