import type { InteropObservable, Observable, ObservableInput, ReadableStreamLike } from 'rxjs';
import type { StreamOf } from '../send/stream-of.js';
import type { RemoteObservable } from './remote-observable.js';

/**
 * What both sides know: an interface of methods that return an `ObservableInput` (an Observable, a promise, an async
 * iterable …) of what goes over the wire. A type that has anything else does not compile where `Api` is its bound.
 *
 * @typeParam T - the interface
 */
export type Api<T> = {
  // A string would be one of single letters: nobody means that.
  readonly [K in keyof T]: T[K] extends (...args: never) => OneByOne<unknown> & object ? T[K] : Wrong;
};

/** What the compiler says of any other member. */
type Wrong =
  'a method must return an Observable, a promise, an iterable or a stream of what goes over the wire';

/** Not bytes: to the compiler they are numbers, one by one, but they go over the wire as one value. */
type OneByOne<V> = (ObservableInput<V> | StreamOf<V>) & { readonly BYTES_PER_ELEMENT?: never };

/**
 * An {@link Api} as its caller has it: each method returns a {@link RemoteObservable}.
 *
 * @typeParam T - the interface
 */
export type Remote<T> = {
  readonly [K in keyof T]: T[K] extends (...args: infer A) => infer R
    ? (...args: Given<A>) => RemoteObservable<ValuesOf<R>>
    : never;
};

/** What a result gives, one by one. */
type ValuesOf<R> = R extends StreamOf<infer V, unknown> ? V : R extends ObservableInput<infer V> ? V : never;

/** Arguments as the caller gives them: for an Observable, anything whose values come one by one. */
type Given<A extends unknown[]> = {
  [I in keyof A]: GivenOne<A[I]>;
};

/** Of a union each: the argument may be an optional one. */
type GivenOne<T> = T extends Observable<infer V> ? ValueSource<V> : T;

/**
 * What can be given where a method takes an Observable as its last argument. All but an Observable are read only as fast as
 * the peer takes the values.
 *
 * @typeParam V - the values
 */
export type ValueSource<V> =
  Observable<V> | InteropObservable<V> | AsyncIterable<V> | ReadableStreamLike<V> | StreamOf<V>;

/**
 * An {@link Api} as its server has it. A handler may return an `ObservableInput` of the values, or a value.
 *
 * @typeParam T - the interface
 */
export type Handlers<T> = {
  readonly [K in keyof T]: T[K] extends (...args: infer A) => infer R
    ? (...args: Taken<A>) => Handled<ValuesOf<R>>
    : never;
};

type Handled<V> = OneByOne<V> | Plain<V>;

/** Arguments as a handler gets them: whatever gives values one by one has become an Observable on its way. */
type Taken<A extends unknown[]> = {
  [I in keyof A]: TakenOne<A[I]>;
};

type TakenOne<T> =
  T extends Observable<infer V>
    ? RemoteObservable<V>
    : T extends StreamOf<infer V, unknown> | AsyncIterable<infer V>
      ? RemoteObservable<V>
      : T;

/** A value that a handler may return as it is. Not one that would be taken for an `ObservableInput` of other values. */
type Plain<V> = V extends string | ArrayBufferView ? V : V extends ObservableInput<unknown> ? never : V;
