import type { ObservableInput, ReadableStreamLike } from 'rxjs';
import { failureOf, isNodeStream } from './node-stream.js';

/** An iteration over values, which come at once or later. */
export type Values<T> = Iterator<T, unknown> | AsyncIterator<T, unknown>;

/** All that a source can be which gives its values when they are asked for. */
type Pullable<T> = ReadableStreamLike<T> & PromiseLike<T> & AsyncIterable<T> & Iterable<T> & ArrayLike<T>;

/**
 * What begins an iteration over the values of `source`; `undefined` where its values cannot be asked for one by one.
 *
 * Streams come first: some are async iterables too, and only a reader can be cancelled while it reads.
 */
export function valuesOf<T>(source: ObservableInput<T>): (() => Values<T>) | undefined {
  const given = Object(source) as Partial<Pullable<T>>; // a string has its methods, too
  if (typeof given.getReader === 'function') {
    return () => readValues(given as ReadableStreamLike<T>);
  }
  if (typeof given.then === 'function') {
    return () => promisedValue(given as PromiseLike<T>);
  }
  if (typeof given[Symbol.asyncIterator] === 'function') {
    return () => iterated(given as AsyncIterable<T>);
  }
  if (typeof given[Symbol.iterator] === 'function') {
    return () => (given as Iterable<T>)[Symbol.iterator]();
  }
  if (typeof given.length === 'number' && typeof source !== 'function') {
    return () => Array.prototype.values.call(given) as Iterator<T>;
  }
  return undefined;
}

/** What a reader of a stream has besides what RxJS knows of it. */
interface CancelableReader {
  cancel?(): Promise<void>;
}

function readValues<T>(stream: ReadableStreamLike<T>): AsyncIterator<T, undefined> {
  const reader = stream.getReader();
  return {
    next: async () => {
      let isOver = true;
      try {
        const result = await reader.read();
        isOver = result.done;
        return result.done ? { done: true, value: undefined } : result;
      } finally {
        if (isOver) {
          reader.releaseLock();
        }
      }
    },
    return: async () => {
      const cancelled = (reader as CancelableReader).cancel?.(); // ends a read that waits
      reader.releaseLock();
      await cancelled;
      return { done: true, value: undefined };
    },
  };
}

/**
 * The iterator of a Node stream hears that it is let go of when what it waits for has come, the stream hears of it at once.
 * And the iterator listens for errors only once it has been asked for a value: one that nobody listens for would end the
 * process.
 */
function iterated<T>(source: AsyncIterable<T>): AsyncIterator<T, unknown> {
  const values = source[Symbol.asyncIterator]();
  if (!isNodeStream(source)) {
    return values;
  }
  const failure = failureOf(source); // the iterator tells of it, unless the stream is let go of
  return {
    next: () => values.next(),
    return: () => {
      source.destroy();
      return failure;
    },
  };
}

function promisedValue<T>(given: PromiseLike<T>): AsyncIterator<T, undefined> {
  const promise = Promise.resolve(given); // asked once: there are some that do their work each time
  promise.catch(() => undefined); // handled, however long there is no room for its value
  let isTaken = false;
  return {
    next: async () => {
      if (isTaken) {
        return { done: true, value: undefined };
      }
      isTaken = true;
      return { done: false, value: await promise };
    },
  };
}
