import { asyncScheduler, VirtualTimeScheduler } from 'rxjs';
import { callable, delay, flag, object, schedulerLike, show, toBytes, whole } from '../src/arguments.js';

// What these checks say of each option: options.spec.ts

describe('object', () => {
  it('gives back what it got', () => {
    const given = { a: 1 };
    expect(object('it', given)).toBe(given);
  });

  it('is empty where nothing is given', () => {
    expect(object('it', undefined)).toEqual({});
  });

  it.each([[null], ['text'], [1], [true]])('refuses %p', (given) => {
    expect(() => object('it', given as unknown as object)).toThrow(TypeError);
    expect(() => object('it', given as unknown as object)).toThrow(/^it must be an object, got /);
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

describe('schedulerLike', () => {
  it.each([asyncScheduler, new VirtualTimeScheduler()])('gives back a scheduler', (given) => {
    expect(schedulerLike('it', given)).toBe(given);
  });

  it.each([[null], ['text'], [{}], [{ schedule: () => undefined }]])('refuses %p', (given) => {
    expect(() => schedulerLike('it', given as never)).toThrow(TypeError);
    expect(() => schedulerLike('it', given as never)).toThrow(/^it must be an RxJS scheduler, got /);
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
    [[1, 2], 'an object'],
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

  it('encodes a string as UTF-8', () => {
    expect(toBytes('it', 'ä€😀')).toEqual(Buffer.from('c3a4e282acf09f9880', 'hex'));
    expect(toBytes('it', '')).toHaveLength(0);
  });

  it.each([
    [undefined, 'undefined'],
    [null, 'null'],
    [1, '1'],
    [[1, 2], 'an object'],
    [new Uint16Array(1), 'an object'],
    [new ArrayBuffer(1), 'an object'],
    [new DataView(new ArrayBuffer(1)), 'an object'],
  ])('refuses %p', (given, shown) => {
    expect(() => toBytes('it', given as unknown as Uint8Array)).toThrow(
      new TypeError(`it must be a Uint8Array or a string, got ${shown}`),
    );
  });
});
