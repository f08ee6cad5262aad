import { show } from '../arguments.js';
import type { Codec } from './codec.js';
import { checkSchema, type StandardSchema, validated } from './standard-schema.js';
import { textCodec } from './text-codec.js';

/**
 * Messages that are JSON, in UTF-8.
 *
 * Without a schema nothing is checked but that it is JSON: the types are what the peer has promised. What comes from
 * strangers wants a schema.
 *
 * @param schema - a [Standard Schema](https://standardschema.dev), as those of zod, valibot and arktype are, which checks
 *   what comes, and may change it. Not one that checks asynchronously. What is sent is not checked
 * @returns a codec. Its `encode` throws TypeError for what JSON does not have: `undefined`, functions, a BigInt, circles
 * @throws TypeError where `schema` is none
 *
 * @example
 * ```ts
 * import type { Mux } from 'rxmux';
 * import { json, toMessages } from 'rxmux/messages';
 *
 * interface Tick {
 *   readonly symbol: string;
 *   readonly price: number;
 * }
 * type Command = 'pause' | 'go on';
 *
 * const feed = (mux: Mux) => {
 *   const { inbound$, outbound$ } = toMessages<Tick, Command>(mux.open('prices'), json());
 *   inbound$.subscribe({ next: ({ symbol, price }) => console.log(symbol, price), error: console.error });
 *   return () => outbound$.next('pause');
 * };
 * ```
 */
export function json<In, Out = In>(schema?: StandardSchema<In>): Codec<In, Out> {
  if (schema === undefined) {
    return textCodec<In, Out>(toText, (text) => JSON.parse(text) as In);
  }
  checkSchema('schema', schema);
  return textCodec<In, Out>(toText, (text) => validated(schema, JSON.parse(text)));
}

function toText(value: unknown): string {
  const text = JSON.stringify(value) as string | undefined;
  if (text === undefined) {
    throw new TypeError(`a message must be something that JSON has, got ${show(value)}`);
  }
  return text;
}
