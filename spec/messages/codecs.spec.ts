import * as v from 'valibot';
import { z } from 'zod';
import { bytes, json, SchemaError, type StandardSchema, text } from '../../src/messages.js';

const utf8 = (value: string): Buffer => Buffer.from(value);

describe('json()', () => {
  it.each([1, 'é', null, [], { a: [{ b: false }] }])('takes %j there and back', (value) => {
    const codec = json<unknown>();
    expect(Buffer.from(codec.encode(value)).toString()).toBe(JSON.stringify(value));
    expect(codec.decode(codec.encode(value))).toEqual(value);
  });

  it.each([
    [undefined, 'undefined'],
    [() => 1, 'a function'],
  ])('refuses what JSON does not have: %p', (value, shown) => {
    expect(() => json<unknown>().encode(value)).toThrow(
      new TypeError(`a message must be something that JSON has, got ${shown}`),
    );
  });

  it.each([['a BigInt', 1n] as const])('passes on what JSON.stringify throws at %s', (_, value) => {
    expect(() => json<unknown>().encode(value)).toThrow(TypeError);
  });

  it.each([['no JSON', utf8('{')] as const, ['no UTF-8', Buffer.from([0x22, 0xff, 0x22])] as const])(
    'refuses what is %s',
    (_, value) => {
      expect(() => json().decode(value)).toThrow();
    },
  );
});

describe('text()', () => {
  it.each(['', 'plain', 'größer 🐘', '\ufeffwith a mark'])('takes %j there and back', (value) => {
    expect(text().decode(text().encode(value))).toBe(value);
  });

  it('refuses what is no string, and what is no UTF-8', () => {
    expect(() => text().encode(5 as unknown as string)).toThrow(
      new TypeError('a message must be a string, got 5'),
    );
    expect(() => text().decode(Buffer.from([0xc3]))).toThrow('utf-8');
  });
});

describe('where the engine has no TextDecoder', () => {
  const decoder = globalThis.TextDecoder;
  let own: typeof import('../../src/messages.js');

  beforeAll(async () => {
    Object.assign(globalThis, { TextDecoder: undefined });
    await jest.isolateModulesAsync(async () => {
      own = await import('../../src/messages.js');
    });
  });

  afterAll(() => {
    Object.assign(globalThis, { TextDecoder: decoder });
  });

  it.each(['', 'plain', 'größer 🐘', '\ufeffwith a mark', 'what \ufffd is'])(
    '%j goes there and back',
    (value) => {
      expect(own.text().decode(own.text().encode(value))).toBe(value);
      expect(own.json().decode(own.json().encode(value))).toBe(value);
    },
  );

  it('bytes may be a part of what they lie in', () => {
    expect(own.text().decode(new Uint8Array([0xff, 0x61, 0x62, 0xff]).subarray(1, 3))).toBe('ab');
  });

  it.each([
    [[0xc3]],
    [[0x61, 0xff, 0x61]],
    [[0xed, 0xa0, 0x80]],
    [[0xc0, 0x80]],
    [[0xf4, 0x90, 0x80, 0x80]],
    [[0xef, 0xbf, 0xbd, 0x80]],
  ])('what is no UTF-8 is refused: %j', (given) => {
    expect(() => own.text().decode(Uint8Array.from(given))).toThrow(new TypeError('the bytes are no utf-8'));
  });
});

describe('bytes()', () => {
  it('passes on views, and refuses what is none', () => {
    const value = new Uint8Array([1, 2, 3]);
    expect(Buffer.from(bytes().encode(value))).toEqual(Buffer.from(value));
    expect(bytes().decode(value)).toBe(value);
    expect(() => bytes().encode(5 as unknown as Uint8Array)).toThrow(
      new TypeError('a message must be a Uint8Array or a string, got 5'),
    );
  });
});

describe.each([
  ['zod', z.object({ symbol: z.string(), price: z.number().transform((price) => price * 2) })] as const,
  [
    'valibot',
    v.object({
      symbol: v.string(),
      price: v.pipe(
        v.number(),
        v.transform((price) => price * 2),
      ),
    }),
  ] as const,
])('json(schema of %s)', (_, schema) => {
  const codec = json<{ symbol: string; price: number }>(schema);

  it('gives what the schema makes of what comes', () => {
    expect(codec.decode(utf8('{"symbol":"ACME","price":2,"more":1}'))).toEqual({ symbol: 'ACME', price: 4 });
  });

  it('does not check what is sent', () => {
    expect(String(codec.encode({ symbol: 'ACME', price: 2 }))).toBe('{"symbol":"ACME","price":2}');
  });

  it('refuses what the schema refuses, and says where', () => {
    const decode = (): unknown => codec.decode(utf8('{"symbol":5,"price":2}'));
    expect(decode).toThrow(SchemaError);
    expect(decode).toThrow(/^symbol: /);
  });
});

describe('json(schema)', () => {
  const schemaOf = (validate: (value: unknown) => unknown): StandardSchema<unknown> =>
    ({ '~standard': { version: 1, vendor: 'test', validate } }) as StandardSchema<unknown>;

  it('names all that is wrong, in words', () => {
    const issues = [
      { message: 'too small', path: ['list', { key: 0 }, Symbol('s')] },
      { message: 'unknown', path: [] },
      { message: 'odd' },
    ];
    const codec = json(schemaOf(() => ({ issues })));
    expect(() => codec.decode(utf8('1'))).toThrow(
      expect.objectContaining({
        name: 'SchemaError',
        message: 'list.0.Symbol(s): too small; unknown; odd',
        issues,
      }) as Error,
    );
  });

  it('refuses a schema that would tell later, even where that fails', async () => {
    for (const promise of [Promise.resolve({ value: 1 }), Promise.reject(new Error('later'))]) {
      const codec = json(schemaOf(() => promise));
      expect(() => codec.decode(utf8('1'))).toThrow(
        new TypeError(
          'schemas that check asynchronously cannot be used: messages would have to wait for them',
        ),
      );
    }
    await new Promise(setImmediate); // where nobody handled the rejection, the process would end here
  });

  it('takes schemas that are functions', () => {
    const schema = Object.assign(
      () => undefined,
      schemaOf(() => ({ value: 'checked' })),
    );
    expect(json(schema).decode(utf8('1'))).toBe('checked');
  });

  it.each([null, {}, 5, { '~standard': {} }])('takes nothing else for a schema: %p', (schema) => {
    expect(() => json(schema as unknown as StandardSchema<unknown>)).toThrow(
      /^schema must be a Standard Schema, got /,
    );
  });
});
