import { inspect } from 'node:util';
import { of } from 'rxjs';
import { remote } from '../../src/remote.js';
import { muxPair } from '../../src/testing.js';
import { connected, one } from './support.js';

interface Market {
  place(amount: number): Promise<number>;
}

describe('what remote returns', () => {
  const { api } = connected<Market>({ place: (amount) => amount });

  it('has the same method each time, which needs no this', async () => {
    const { place } = api;
    expect(place).toBe(api.place);
    expect(await one(place(5))).toBe(5);
  });

  it('is no promise: await gives it', async () => {
    expect('then' in api).toBe(false);
    expect(await Promise.resolve(api)).toBe(api);
    expect(await (async () => api)()).toBe(api);
  });

  it.each<[string, () => unknown, unknown]>([
    ['JSON.stringify', () => JSON.stringify({ api }), '{"api":{}}'],
    ['join', () => ([api] as unknown[]).join(), '[object Object]'],
    ['inspect', () => inspect(api), inspect(new Proxy({}, {}))],
    ['Object.keys', () => Object.keys(api), []],
    ['in', () => 'place' in api, false],
    ['typeof', () => typeof api, 'object'],
    ['Symbol.iterator', () => (api as Partial<Iterable<unknown>>)[Symbol.iterator], undefined],
  ])('is an empty object to %s', (_, look, expected) => {
    expect(look()).toEqual(expected);
  });

  it('is no plain object, of which stores make proxies that have no methods', () => {
    expect([Object.prototype, null]).not.toContain(Object.getPrototypeOf(api));
  });

  it('is no matcher to Jest, which would take anything for it', () => {
    const called = jest.fn();
    called({ something: 'else' });
    expect(called).not.toHaveBeenCalledWith(api);
    called(api);
    expect(called).toHaveBeenCalledWith(api);
  });

  it('cannot be changed', () => {
    expect(() => {
      (api as { place?: unknown }).place = 5;
    }).toThrow(TypeError);
    expect(typeof api.place).toBe('function');
  });

  it('returns Observables that are no promises, either', () => {
    expect('then' in api.place(1)).toBe(false);
  });
});

describe('remote', () => {
  it.each<[string, () => unknown, string]>([
    ['no mux', () => remote(null as never), 'remote takes a Mux or an Observable of such, got null'],
    [
      'something else',
      () => remote({} as never),
      'remote takes a Mux or an Observable of such, got an object',
    ],
    [
      'no codec',
      () => remote(of(), { codec: 5 as never }),
      'options.codec.encode must be a function, got undefined',
    ],
    [
      'no deadline',
      () => remote(of(), { deadline: 0 }),
      'options.deadline must be a whole number 1 … 2147483647 or false, got 0',
    ],
    [
      'no function for metadata',
      () => remote(of(), { metadata: 5 as never }),
      'options.metadata must be a function, got 5',
    ],
    [
      'no answer to resubscribe',
      () => remote(of(), { resubscribe: 5 as never }),
      'options.resubscribe must be a function, got 5',
    ],
    [
      'no scheduler',
      () => remote(of(), { scheduler: {} as never }),
      'options.scheduler must be an RxJS scheduler, got an object',
    ],
    [
      'an unknown option',
      () => remote(muxPair().near, { dedline: 5 } as never),
      'options.dedline is not an option (did you mean deadline?)',
    ],
  ])('refuses %s', (_, wrong, message) => {
    expect(wrong).toThrow(message);
  });
});
