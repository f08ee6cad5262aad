import { noop, Subscription } from 'rxjs';
import { anyObject, callable, flag, object, show, whole } from '../arguments.js';
import { checkSchema, type StandardSchema } from '../messages/standard-schema.js';
import { CLAIM } from '../brands.js';
import type { AnyMux } from './any-mux.js';
import type { Api, Handlers } from './api.js';
import type { CallContext } from './call-context.js';
import { CALL_DEFAULTS, type CallOptions, callSettings } from './call-options.js';
import { dispatch } from './dispatcher.js';
import { Serving, type ServingSettings } from './serving.js';

/**
 * Settings of {@link serve}.
 *
 * @typeParam T - what is served
 */
export interface ServeOptions<T = object> extends CallOptions {
  /** Calls that may be under way at once, ≥ 1. The next one fails with the code `BUSY`. Default 1000. */
  maxConcurrent?: number | undefined;
  /**
   * Checks the arguments of methods, as an array, without the one that is a stream. What a schema makes of them is what the
   * handler gets; what it refuses fails the call with the code `BAD_ARGUMENTS` and the schema's words. Not one that checks
   * asynchronously: with that, as with one that throws, calls fail with the code `INTERNAL`. Default: nothing is checked.
   */
  schemas?: { readonly [K in keyof T]?: StandardSchema<readonly unknown[]> | undefined } | undefined;
  /** Whether callers hear the messages of errors that are no {@link RemoteError}. Default `false`. */
  exposeErrors?: boolean | undefined;
  /** Gets the errors of handlers, and of schemas, of which callers hear only `INTERNAL`, and the method. Default: nobody does. */
  onError?: ((error: unknown, method: string) => void) | undefined;
}

const DEFAULTS = {
  ...CALL_DEFAULTS,
  maxConcurrent: 1000,
  schemas: {},
  exposeErrors: false,
  onError: noop,
};

/**
 * Serves methods to the far side of a mux, which calls them by {@link remote}.
 *
 * A handler returns an `ObservableInput`, whose values it sends, or a value; it, its source, and what it waits for are let go
 * of when the caller unsubscribes. What can be pulled (iterables, synchronous or not; WHATWG streams) is pulled only as
 * fast as the caller takes it; for Observables there is `overflow`.
 *
 * It takes the channels that are calls. All others go to `channels$` as always, whether somebody subscribes to that or not.
 * Both sides may serve, and each more than once: a call is for the first that has the method. Serve all in one turn: a call
 * of a method that nobody has at its end is refused with the code `UNKNOWN_METHOD`.
 *
 * @typeParam T - what is served: an interface of methods, see {@link Api}. Name it: from handlers alone the compiler does not
 *   know what their arguments are
 * @param mux - over which the calls come
 * @param handlers - an object whose own members are called, so not the methods of a class; or a function that gives one for
 *   each call. What that throws refuses the call
 * @param options - see {@link ServeOptions}
 * @returns what ends it: `unsubscribe()` fails the calls that are under way, with the code `UNAVAILABLE`
 * @throws TypeError where `mux` is none, or `handlers` is neither; TypeError or RangeError that names the option which it
 *   cannot take
 */
export function serve<T extends Api<T>>(
  mux: AnyMux,
  handlers: Handlers<T> | ((context: CallContext) => Handlers<T>),
  options?: ServeOptions<T>,
): Subscription {
  if (Object(handlers) !== handlers) {
    throw new TypeError(`handlers must be an object or a function, got ${show(handlers)}`);
  }
  if (typeof (mux as Partial<AnyMux> | null | undefined)?.[CLAIM] !== 'function') {
    throw new TypeError(`serve takes a Mux, got ${show(mux)}`);
  }
  const given = object<ServeOptions, typeof DEFAULTS>('options', options, DEFAULTS);
  const schemas = anyObject('options.schemas', given.schemas) as ServingSettings['schemas'];
  for (const [method, schema] of Object.entries(schemas)) {
    if (schema !== undefined) {
      checkSchema(`options.schemas.${method}`, schema);
    }
  }
  const serving = new Serving(handlers, {
    ...callSettings(given),
    maxConcurrent: whole('options.maxConcurrent', given.maxConcurrent, 1),
    schemas,
    exposeErrors: flag('options.exposeErrors', given.exposeErrors),
    onError: callable('options.onError', given.onError),
  });
  const release = dispatch(mux, serving);
  return new Subscription(() => {
    release();
    serving.stop();
  });
}
