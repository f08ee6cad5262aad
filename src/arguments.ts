import type { SchedulerLike } from 'rxjs';
import { Buffer } from 'node:buffer';

/** Timers of more milliseconds than this fire at once. */
const MAX_DELAY = 0x7fff_ffff;

/** `given` where it is an object, `{}` where it is not given. Like all checks here it throws an error that names `path`. */
export function object<T extends object>(path: string, given: T | undefined): Partial<T> {
  if (given !== undefined && (typeof given !== 'object' || (given as T | null) === null)) {
    throw new TypeError(`${path} must be an object, got ${show(given)}`);
  }
  return given ?? {};
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

/** A function. */
export function callable<T>(path: string, given: T): T {
  if (typeof given !== 'function') {
    throw new TypeError(`${path} must be a function, got ${show(given)}`);
  }
  return given;
}

/** A scheduler of RxJS, its own or a test's. */
export function schedulerLike(path: string, given: SchedulerLike): SchedulerLike {
  const scheduler = given as Partial<SchedulerLike> | null;
  if (typeof scheduler?.schedule !== 'function' || typeof scheduler.now !== 'function') {
    throw new TypeError(`${path} must be an RxJS scheduler, got ${show(given)}`);
  }
  return given;
}

/** How a value of the wrong type is named in an error. */
export function show(value: unknown): string {
  if (typeof value === 'string') {
    return `'${value}'`;
  }
  if (typeof value === 'function') {
    return 'a function';
  }
  return value !== null && typeof value === 'object' ? 'an object' : String(value);
}

/**
 * Bytes given by the application, as a Buffer on the same memory; a string as UTF-8.
 *
 * @throws TypeError that names `what`, where it is something else
 */
export function toBytes(what: string, given: Uint8Array | string): Buffer {
  if (typeof given === 'string') {
    return Buffer.from(given);
  }
  if (Buffer.isBuffer(given)) {
    return given;
  }
  if (given instanceof Uint8Array) {
    return Buffer.from(given.buffer, given.byteOffset, given.byteLength);
  }
  throw new TypeError(`${what} must be a Uint8Array or a string, got ${show(given)}`);
}
