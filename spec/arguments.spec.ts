import { runInNewContext } from 'node:vm';
import { asyncScheduler, type SchedulerLike, VirtualTimeScheduler } from 'rxjs';
import {
  callable,
  delay,
  flag,
  isError,
  object,
  oneOf,
  schedulerLike,
  show,
  toBytes,
  whole,
} from '../src/arguments.js';

// What these checks say of each option: options.spec.ts

describe('object', () => {
  interface Options {
    maxOpen?: number | undefined;
    keepAlive?: number | false | undefined;
    channel?: number | undefined;
  }
  const defaults = { maxOpen: 1, keepAlive: 2, channel: undefined };

  it('has what was given, and the defaults of the rest', () => {
    expect(object<Options, typeof defaults>('it', { maxOpen: 5, keepAlive: false }, defaults)).toEqual({
      maxOpen: 5,
      keepAlive: false,
      channel: undefined,
    });
    expect(defaults.maxOpen).toBe(1);
  });

  it('takes undefined for what is not given', () => {
    expect(object('it', undefined, defaults)).toEqual(defaults);
    expect(object<Options, typeof defaults>('it', { maxOpen: undefined }, defaults)).toEqual(defaults);
  });

  it('finds what an object has inherited, and does not mind other things that are', () => {
    const given = Object.create({ maxOpen: 5, other: 6 }) as Options;
    expect(object<Options, typeof defaults>('it', given, defaults)).toEqual({ ...defaults, maxOpen: 5 });
  });

  it('takes nothing from what every object has, but an own option of that name', () => {
    const everyObject = Object.prototype as Options;
    everyObject.maxOpen = 5;
    everyObject.channel = 6;
    try {
      expect(object<Options, typeof defaults>('it', {}, defaults)).toEqual(defaults);
      const own = object<Options, typeof defaults>('it', { maxOpen: 7 }, defaults);
      expect(own).toEqual({ ...defaults, maxOpen: 7 });
    } finally {
      delete everyObject.maxOpen;
      delete everyObject.channel;
    }
  });

  it.each([
    ['maxOpn', ' (did you mean maxOpen?)'],
    ['maxopen', ' (did you mean maxOpen?)'],
    ['max_open', ' (did you mean maxOpen?)'],
    ['maxOpenn', ' (did you mean maxOpen?)'],
    ['naxOpem', ' (did you mean maxOpen?)'],
    ['keepalive', ' (did you mean keepAlive?)'],
    ['chanel', ' (did you mean channel?)'],
    ['chan', ''],
    ['keepAliveTimeout', ''],
    ['toString', ''],
    ['', ''],
  ])('refuses an option that does not exist, by its name, be it undefined: %p', (name, suggestion) => {
    for (const value of [1, undefined]) {
      expect(() => object<Options, typeof defaults>('it', { maxOpen: 1, [name]: value }, defaults)).toThrow(
        new TypeError(`it.${name} is not an option${suggestion}`),
      );
    }
  });

  it.each([[null], ['text'], [1], [true], [[[]]]])('refuses %p', (given) => {
    expect(() => object('it', given as unknown as Options, defaults)).toThrow(TypeError);
    expect(() => object('it', given as unknown as Options, defaults)).toThrow(/^it must be an object, got /);
  });
});

describe('whole', () => {
  it.each([1, 2, 10])('gives back %i out of 1 … 10', (given) => {
    expect(whole('it', given, 1, 10)).toBe(given);
  });

  it('takes any whole number from its least on, unless it is told the greatest', () => {
    expect(whole('it', Number.MAX_SAFE_INTEGER, 1)).toBe(Number.MAX_SAFE_INTEGER);
  });

  it.each([0, 11, 1.5, NaN, Infinity, -Infinity])('refuses %p where 1 … 10 is wanted', (given) => {
    expect(() => whole('it', given, 1, 10)).toThrow(
      new RangeError(`it must be a whole number 1 … 10, got ${given}`),
    );
  });

  it.each([0, 2 ** 53, 1.5, NaN, Infinity])('refuses %p where 1 or more is wanted', (given) => {
    expect(() => whole('it', given, 1)).toThrow(
      new RangeError(`it must be a whole number from 1, got ${given}`),
    );
  });

  it('throws RangeError for a number, and TypeError for anything else', () => {
    expect(() => whole('it', 0, 1)).toThrow(RangeError);
    expect(() => whole('it', '1' as unknown as number, 1)).toThrow(TypeError);
    expect(() => whole('it', '1' as unknown as number, 1)).toThrow("it must be a number, got '1'");
  });
});

describe('delay', () => {
  it.each([1, 30_000, 0x7fff_ffff, false] as const)('gives back %p', (given) => {
    expect(delay('it', given)).toBe(given);
  });

  it.each([0, -1, 0x8000_0000, 1.5, NaN, Infinity])('refuses %p', (given) => {
    expect(() => delay('it', given)).toThrow(RangeError);
  });

  it.each([[true], ['1'], [null], [{}]])('refuses %p for its type', (given) => {
    expect(() => delay('it', given as unknown as number)).toThrow(TypeError);
  });
});

describe('flag', () => {
  it.each([true, false])('gives back %p', (given) => {
    expect(flag('it', given)).toBe(given);
  });

  it.each([[0], [1], ['true'], [null], [{}]])('refuses %p', (given) => {
    expect(() => flag('it', given as unknown as boolean)).toThrow(TypeError);
  });
});

describe('scheduler', () => {
  it.each([asyncScheduler, new VirtualTimeScheduler()])('gives back %p', (given) => {
    expect(schedulerLike('it', given)).toBe(given);
  });

  it.each([[undefined], [null], ['text'], [{}], [{ now: Date.now }], [{ schedule: Date.now }]])(
    'refuses %p',
    (given) => {
      expect(() => schedulerLike('it', given as unknown as SchedulerLike)).toThrow(TypeError);
      expect(() => schedulerLike('it', given as unknown as SchedulerLike)).toThrow(
        /^it must be an RxJS scheduler, got /,
      );
    },
  );
});

describe('callable', () => {
  it('gives back a function', () => {
    const given = (): void => undefined;
    expect(callable('it', given)).toBe(given);
  });

  it.each([[undefined], [null], ['text'], [{}], [1]])('refuses %p', (given) => {
    expect(() => callable('it', given)).toThrow(TypeError);
    expect(() => callable('it', given)).toThrow(/^it must be a function, got /);
  });
});

describe('show', () => {
  it.each<[unknown, string]>([
    ['text', "'text'"],
    [() => 'text', 'a function'],
    ['', "''"],
    [1, '1'],
    [NaN, 'NaN'],
    [true, 'true'],
    [undefined, 'undefined'],
    [null, 'null'],
    [Symbol('s'), 'Symbol(s)'],
    [{}, 'an object'],
    [[1, 2], 'an array'],
    [Object.create(null), 'an object'],
  ])('names %p', (value, name) => {
    expect(show(value)).toBe(name);
  });
});

describe('toBytes', () => {
  it('gives back a Buffer itself', () => {
    const given = Buffer.from('bytes');
    expect(toBytes('it', given)).toBe(given);
  });

  it('gives a Buffer on the memory of a Uint8Array, of that part of it alone', () => {
    const given = new Uint8Array([0, 1, 2, 3]).subarray(1, 3);
    const bytes = toBytes('it', given);
    expect(Buffer.isBuffer(bytes)).toBe(true);
    expect(bytes).toEqual(Buffer.of(1, 2));
    expect(bytes.buffer).toBe(given.buffer);
  });

  const memory = Uint8Array.of(0, 1, 2, 3).buffer;
  const shared = new SharedArrayBuffer(4);
  new Uint8Array(shared).set([0, 1, 2, 3]);

  it.each([
    ['a view of larger numbers', new Uint16Array(memory, 2, 1), memory, [2, 3]],
    ['a DataView', new DataView(memory, 1, 2), memory, [1, 2]],
    ['an ArrayBuffer', memory, memory, [0, 1, 2, 3]],
    ['a SharedArrayBuffer', shared, shared, [0, 1, 2, 3]],
    ['a view of a SharedArrayBuffer', new Uint8Array(shared, 1), shared, [1, 2, 3]],
  ])('gives a Buffer on the memory of %s', (_name, given, on, expected) => {
    const bytes = toBytes('it', given as Uint8Array);
    expect(Buffer.isBuffer(bytes)).toBe(true);
    expect([...bytes]).toEqual(expected);
    expect(bytes.buffer).toBe(on);
  });

  it.each([
    ['Uint8Array.of(0, 1, 2).subarray(1)', [1, 2]],
    ['Uint8Array.of(1, 2).buffer', [1, 2]],
    ['new DataView(Uint8Array.of(0, 1, 2).buffer, 1)', [1, 2]],
    ['new SharedArrayBuffer(2)', [0, 0]],
  ])('gives a Buffer on the memory of what another realm has made: %s', (code, expected) => {
    const given = runInNewContext(code) as Uint8Array;
    expect(given).not.toBeInstanceOf(Object);
    const bytes = toBytes('it', given);
    expect([...bytes]).toEqual(expected);
    expect(bytes.buffer).toBe(ArrayBuffer.isView(given) ? given.buffer : given);
  });

  it('encodes a string as UTF-8', () => {
    expect(toBytes('it', 'ä€😀')).toEqual(Buffer.from('c3a4e282acf09f9880', 'hex'));
    expect(toBytes('it', '')).toHaveLength(0);
  });

  it.each([
    [undefined, 'undefined'],
    [null, 'null'],
    [1, '1'],
    [[1, 2], 'an array'],
    [new Blob(['a']), 'an object'],
    [() => new Uint8Array(1), 'a function'],
  ])('refuses %p', (given, shown) => {
    expect(() => toBytes('it', given as unknown as Uint8Array)).toThrow(
      new TypeError(`it must be a Uint8Array or a string, got ${shown}`),
    );
  });
});

describe('oneOf', () => {
  const words = ['red', 'green', 'blue'] as const;

  it('gives back a word that there is', () => {
    expect(oneOf('it', 'green', words)).toBe('green');
  });

  it.each([
    ['yellow', "'yellow'"],
    ['Red', "'Red'"],
    [undefined, 'undefined'],
    [['red'], 'an array'],
  ])('refuses %p', (given, shown) => {
    expect(() => oneOf('it', given as 'red', words)).toThrow(
      new TypeError(`it must be 'red', 'green' or 'blue', got ${shown}`),
    );
  });
});

describe('isError', () => {
  it.each<unknown>([
    new Error('this realm'),
    new RangeError('a kind of it'),
    new DOMException('one of the web', 'AbortError'),
    runInNewContext('new TypeError("another realm")'),
  ])('knows %p', (given) => {
    expect(isError(given)).toBe(true);
  });

  it.each<unknown>([undefined, null, 'error', { message: 'error', name: 'Error' }])(
    'does not take %p',
    (given) => {
      expect(isError(given)).toBe(false);
    },
  );
});
