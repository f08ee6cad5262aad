import { Buffer } from 'node:buffer';
import type { SchedulerLike } from 'rxjs';
import type { Bytes } from './bytes.js';

/** Timers of more milliseconds than this fire at once. */
export const MAX_DELAY = 0x7fff_ffff;

/** A default for each option of `T`; `undefined` for those that have none. Its keys are the names of all options. */
export type Defaults<T> = { readonly [K in keyof Required<T>]: T[K] | undefined };

/** Options as they are used: what was given, or the default. */
export type Chosen<T, D extends Defaults<T>> = {
  readonly [K in keyof Required<T>]: Exclude<T[K], undefined> | D[K];
};

/**
 * The options in `given`, with `defaults` for those that are not given, or given as `undefined`. They may be inherited, but
 * not from `Object.prototype`. Like all checks here it throws an error that names `path`.
 *
 * @throws TypeError where `given` is no object, or has an option that does not exist
 */
export function object<T extends object, D extends Defaults<T>>(
  path: string,
  given: T | undefined,
  defaults: D & Defaults<T>,
): Chosen<T, D> {
  if (given === undefined) {
    return defaults;
  }
  anyObject(path, given);
  const known = Object.keys(defaults);
  for (const name of Object.keys(given)) {
    if (!known.includes(name)) {
      throw new TypeError(`${path}.${name} is not an option${suggestion(name, known)}`);
    }
  }
  const chosen = { ...defaults } as Record<string, unknown>;
  for (const name of known) {
    const value = (given as Record<string, unknown>)[name];
    if (value !== undefined && !isOfEveryObject(name, given)) {
      chosen[name] = value;
    }
  }
  return chosen as Chosen<T, D>;
}

/** Whether it has a member only since every object has: somebody has changed `Object.prototype`, and may mean harm. */
const isOfEveryObject = (name: string, given: object): boolean =>
  name in Object.prototype && !Object.hasOwn(given, name);

/** An object, whatever is in it. */
export function anyObject<T>(path: string, given: T): T {
  if (typeof given !== 'object' || given === null || Array.isArray(given)) {
    throw new TypeError(`${path} must be an object, got ${show(given)}`);
  }
  return given;
}

/** What has certain methods, so that it can be what is wanted: `what` names that. */
export function having<T>(path: string, given: T, what: string, methods: readonly string[]): T {
  const has = Object(given) as Record<string, unknown>;
  if (!methods.every((name) => typeof has[name] === 'function')) {
    throw new TypeError(`${path} must be ${what}, got ${show(given)}`);
  }
  return given;
}

/** The option that may have been meant. */
function suggestion(name: string, known: readonly string[]): string {
  const meant = known.find((other) => isClose(name.toLowerCase(), other.toLowerCase(), 2));
  return meant === undefined ? '' : ` (did you mean ${meant}?)`;
}

/** Whether `a` becomes `b` with so many letters added, left out or changed at most. */
function isClose(a: string, b: string, changes: number): boolean {
  if (changes < 0) {
    return false;
  }
  if (a === '' || b === '') {
    return a.length + b.length <= changes;
  }
  const [restOfA, restOfB] = [a.slice(1), b.slice(1)];
  return a.startsWith(b.charAt(0))
    ? isClose(restOfA, restOfB, changes)
    : isClose(restOfA, restOfB, changes - 1) ||
        isClose(restOfA, b, changes - 1) ||
        isClose(a, restOfB, changes - 1);
}

/** A whole number in a range. `or` tells, for the error, what else is taken. */
export function whole(
  path: string,
  given: number,
  min: number,
  max = Number.MAX_SAFE_INTEGER,
  or = '',
): number {
  if (typeof given !== 'number') {
    throw new TypeError(`${path} must be a number, got ${show(given)}`);
  }
  if (!Number.isInteger(given) || given < min || given > max) {
    const range = max === Number.MAX_SAFE_INTEGER ? `from ${min}` : `${min} … ${max}`;
    throw new RangeError(`${path} must be a whole number ${range}${or}, got ${given}`);
  }
  return given;
}

/** A timer's milliseconds, or `false`. */
export function delay(path: string, given: number | false): number | false {
  if (given !== false && typeof given !== 'number') {
    throw new TypeError(`${path} must be a number of milliseconds or false, got ${show(given)}`);
  }
  return given === false ? false : whole(path, given, 1, MAX_DELAY, ' or false');
}

/** `true` or `false`. */
export function flag(path: string, given: boolean): boolean {
  if (typeof given !== 'boolean') {
    throw new TypeError(`${path} must be true or false, got ${show(given)}`);
  }
  return given;
}

/** A string. */
export function text(path: string, given: string): string {
  if (typeof given !== 'string') {
    throw new TypeError(`${path} must be a string, got ${show(given)}`);
  }
  return given;
}

/** One of some words. */
export function oneOf<T extends string>(path: string, given: T, words: readonly T[]): T {
  if (!words.includes(given)) {
    const named = words.map((word) => show(word));
    throw new TypeError(
      `${path} must be ${named.slice(0, -1).join(', ')} or ${named.at(-1)}, got ${show(given)}`,
    );
  }
  return given;
}

/** A function. */
export function callable<T>(path: string, given: T): T {
  if (typeof given !== 'function') {
    throw new TypeError(`${path} must be a function, got ${show(given)}`);
  }
  return given;
}

/** A scheduler of RxJS, its own or a test's. */
export const schedulerLike = (path: string, given: SchedulerLike): SchedulerLike =>
  having(path, given, 'an RxJS scheduler', ['schedule', 'now']);

/** How a value of the wrong type is named in an error. */
export function show(value: unknown): string {
  if (typeof value === 'string') {
    return `'${value}'`;
  }
  if (typeof value === 'function') {
    return 'a function';
  }
  if (Array.isArray(value)) {
    return 'an array';
  }
  return value !== null && typeof value === 'object' ? 'an object' : String(value);
}

/**
 * Bytes given by the application, as a Buffer on the same memory; a string as UTF-8. Any view is taken, and any
 * ArrayBuffer, shared ones too.
 *
 * @throws TypeError that names `what`, where it is something else; TypeError where its memory was transferred
 */
export function toBytes(what: string, given: Uint8Array | string): Bytes {
  const bytes = typeof given === 'string' ? Buffer.from(given) : bytesOf(given);
  if (bytes === undefined) {
    throw new TypeError(`${what} must be a Uint8Array or a string, got ${show(given)}`);
  }
  // A view whose memory was transferred seems to be empty, and throws here.
  return bytes.length > 0 ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, 0);
}

/** A Buffer on the memory of a view or an ArrayBuffer; `undefined` for anything else. */
export function bytesOf(given: unknown): Bytes | undefined {
  if (ArrayBuffer.isView(given)) {
    return bufferOn(given);
  }
  return isArrayBuffer(given) ? Buffer.from(given) : undefined;
}

/** A Buffer on the memory of a view: the view itself, where it is one. */
export const bufferOn = (view: ArrayBufferView): Bytes =>
  Buffer.isBuffer(view) ? view : Buffer.from(view.buffer, view.byteOffset, view.byteLength);

/** Whether it is an Error, of another realm too: Node's own errors are, to what runs in a `vm` context or in Jest. */
export function isError(given: unknown): given is Error {
  return (
    given instanceof Error || /^\[object (Error|DOMException)\]$/.test(Object.prototype.toString.call(given))
  );
}

/**
 * Whether it is an ArrayBuffer, or a shared one. Not by `instanceof` alone: each frame of a page, each `vm` context and Jest's
 * tests have a class of their own.
 */
export function isArrayBuffer(given: unknown): given is ArrayBuffer {
  return (
    given instanceof ArrayBuffer ||
    /^\[object (Shared)?ArrayBuffer\]$/.test(Object.prototype.toString.call(given))
  );
}
