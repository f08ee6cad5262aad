import { show } from '../arguments.js';

/**
 * What is needed of a [Standard Schema](https://standardschema.dev), version 1: schemas of zod, valibot, arktype and others
 * are such.
 *
 * @typeParam Output - what it makes of what it has checked
 */
export interface StandardSchema<Output> {
  readonly '~standard': {
    readonly version: 1;
    readonly vendor: string;
    readonly validate: (value: unknown) => SchemaResult<Output> | Promise<SchemaResult<Output>>;
  };
}

/** What a {@link StandardSchema} says of a value: what it has made of it, or what is wrong. */
export type SchemaResult<Output> =
  { readonly value: Output; readonly issues?: undefined } | { readonly issues: readonly SchemaIssue[] };

/**
 * Checks that something is a schema.
 *
 * @throws TypeError, which names `path`, where it is none
 */
export function checkSchema(path: string, given: unknown): void {
  // It may be a function: those of arktype are.
  const standard = Object(given) as Partial<StandardSchema<unknown>>;
  if (typeof standard['~standard']?.validate !== 'function') {
    throw new TypeError(`${path} must be a Standard Schema, got ${show(given)}`);
  }
}

/** Something that is wrong with a value. */
export interface SchemaIssue {
  readonly message: string;
  /** Where in the value. */
  readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined;
}

/** A schema has refused a value: the `cause` of the {@link DecodeError} that it leads to. */
export class SchemaError extends Error {
  /** All that is wrong, in the schema's words. */
  readonly issues: readonly SchemaIssue[];

  constructor(issues: readonly SchemaIssue[]) {
    super(issues.map(described).join('; '));
    this.name = 'SchemaError';
    this.issues = issues;
  }
}

function described({ message, path = [] }: SchemaIssue): string {
  const keys = path.map((step) => String(typeof step === 'object' ? step.key : step));
  return keys.length === 0 ? message : `${keys.join('.')}: ${message}`;
}

/**
 * What `schema` makes of a value.
 *
 * @throws SchemaError where it refuses the value; TypeError where it would tell later
 */
export function validated<Output>(schema: StandardSchema<Output>, value: unknown): Output {
  const result = schema['~standard'].validate(value);
  if ('then' in result) {
    result.then(undefined, () => undefined); // nobody waits for it
    throw new TypeError(
      'schemas that check asynchronously cannot be used: messages would have to wait for them',
    );
  }
  if (result.issues !== undefined) {
    throw new SchemaError(result.issues);
  }
  return result.value;
}
