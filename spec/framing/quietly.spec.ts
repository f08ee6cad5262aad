import { quietly } from '../../src/framing/quietly.js';

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
});
