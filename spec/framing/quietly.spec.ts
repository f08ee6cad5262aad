import { NEVER } from 'rxjs';
import util from 'node:util';
import { decodeFrames } from '../../src/framing/decode-frames.js';
import { MessageWriter } from '../../src/framing/message-writer.js';
import { quietly } from '../../src/framing/quietly.js';
import { TestCarrier } from '../support/test-carrier.js';

type Switch = boolean | undefined;

describe('quietly', () => {
  const node = process as { noDeprecation?: Switch };
  let before: Switch;

  beforeEach(() => {
    before = node.noDeprecation;
  });

  afterEach(() => {
    node.noDeprecation = before;
  });

  it.each<Switch>([undefined, false, true])(
    'silences deprecation warnings for the call alone, where the switch was %s',
    (given) => {
      node.noDeprecation = given;
      expect(quietly(() => node.noDeprecation)).toBe(true);
      expect(node.noDeprecation).toBe(given);
    },
  );

  it('puts the switch back where the call throws, too', () => {
    node.noDeprecation = false;
    expect(() =>
      quietly(() => {
        throw new Error('of the call');
      }),
    ).toThrow('of the call');
    expect(node.noDeprecation).toBe(false);
  });

  it.each<[string, () => unknown]>([
    ['decoder', () => NEVER.pipe(decodeFrames({ lengthSize: 4 })).subscribe()],
    [
      'encoder',
      () => new MessageWriter(new TestCarrier(), { framing: { lengthSize: 4 }, coalesceWrites: true }),
    ],
  ])("lets no deprecation warning out of the constructor of frame-stream's %s", (_, construct) => {
    // The function that Node warns of. Its types have gone already.
    const legacy = util as unknown as { _extend: typeof Object.assign };
    const switches: Switch[] = [];
    jest.spyOn(legacy, '_extend').mockImplementation((target: object, source: object) => {
      switches.push(node.noDeprecation);
      return Object.assign(target, source);
    });
    construct();
    expect(switches).toEqual([true]);
    expect(node.noDeprecation).toBe(before);
  });
});
