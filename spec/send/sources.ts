import { Observable, observable as interopSymbol, type ObservableInput } from 'rxjs';

/** A source of a test's, and how often it has been let go. */
export interface Probe {
  readonly source$: ObservableInput<string>;
  /** How often it has been begun. */
  readonly begun: () => number;
  readonly letGo: () => number;
}

/** Gives `values`, and then nothing more for the time being. */
type ProbeOf = (values: readonly string[]) => Probe;

const never = (): Promise<never> => new Promise(() => undefined);

const observable: ProbeOf = (values) => {
  let [begun, letGo] = [0, 0];
  const source$ = new Observable<string>((subscriber) => {
    begun += 1;
    for (const value of values) {
      subscriber.next(value);
    }
    return () => {
      letGo += 1;
    };
  });
  return { source$, begun: () => begun, letGo: () => letGo };
};

/** An Observable of another library. */
const interop: ProbeOf = (values) => {
  const { source$, begun, letGo } = observable(values);
  const other$ = { [interopSymbol]: () => source$ } as unknown as ObservableInput<string>;
  return { source$: other$, begun, letGo };
};

/** Always has a value, beyond those that it is given: so it is never waited for. */
const iterable: ProbeOf = (values) => {
  let [begun, letGo] = [0, 0];
  const source: Iterable<string> = {
    [Symbol.iterator]: () => {
      begun += 1;
      const rest = values.values();
      return {
        next: () => ({ done: false, value: rest.next().value ?? 'x'.repeat(50) }),
        return: () => {
          letGo += 1;
          return { done: true, value: undefined };
        },
      };
    },
  };
  return { source$: source, begun: () => begun, letGo: () => letGo };
};

const asyncIterable: ProbeOf = (values) => {
  let [begun, letGo] = [0, 0];
  const source: AsyncIterable<string> = {
    [Symbol.asyncIterator]: () => {
      begun += 1;
      const rest = values.values();
      return {
        next: async () => {
          const { value } = rest.next();
          return value === undefined ? never() : { done: false, value };
        },
        return: async () => {
          letGo += 1;
          return { done: true, value: undefined };
        },
      };
    },
  };
  return { source$: source, begun: () => begun, letGo: () => letGo };
};

const stream: ProbeOf = (values) => {
  let [begun, letGo] = [0, 0];
  const rest = values.values();
  const source = new ReadableStream<string>(
    {
      pull: async (controller) => {
        const { value } = rest.next();
        controller.enqueue(value ?? (await never()));
      },
      cancel: () => {
        letGo += 1;
      },
    },
    { highWaterMark: 0 },
  );
  const getReader = source.getReader.bind(source) as () => ReadableStreamDefaultReader<string>;
  const counted = (): ReadableStreamDefaultReader<string> => {
    begun += 1;
    return getReader();
  };
  Object.defineProperty(source, 'getReader', { value: counted });
  return { source$: source, begun: () => begun, letGo: () => letGo };
};

export const kinds = { observable, interop, iterable, asyncIterable, stream };

/** Values as each kind of source, which ends after them. */
export const ending: Readonly<Record<string, (values: readonly string[]) => ObservableInput<string>>> = {
  'an Observable': (values) =>
    new Observable((subscriber) => {
      values.forEach((value) => {
        subscriber.next(value);
      });
      subscriber.complete();
    }),
  'an array': (values) => [...values],
  'an array-like': (values) => Object.assign({ length: values.length }, values) as ArrayLike<string>,
  'a generator': function* (values) {
    yield* values;
  },
  'an async generator': async function* (values) {
    yield* values;
  },
  'a stream': (values) =>
    new ReadableStream<string>({
      start(controller) {
        values.forEach((value) => {
          controller.enqueue(value);
        });
        controller.close();
      },
    }),
  'a promise': async (values) => values.join(''),
  'a thenable': (values) => {
    let isAsked = false;
    return {
      then: (resolve: (value: string) => unknown) => {
        resolve(isAsked ? 'asked twice' : values.join(''));
        isAsked = true;
      },
    } as unknown as PromiseLike<string>;
  },
};

/** A source that fails with `error` after `values`. */
export const failing: Readonly<
  Record<string, (values: readonly string[], error: unknown) => ObservableInput<string>>
> = {
  'an Observable': (values, error) =>
    new Observable((subscriber) => {
      values.forEach((value) => {
        subscriber.next(value);
      });
      subscriber.error(error);
    }),
  'a generator': function* (values, error) {
    yield* values;
    throw error;
  },
  'an async generator': async function* (values, error) {
    yield* values;
    throw error;
  },
  'a stream': (values, error) => {
    const rest = values.values();
    return new ReadableStream<string>({
      pull(controller) {
        const { value } = rest.next();
        if (value === undefined) {
          controller.error(error);
        } else {
          controller.enqueue(value);
        }
      },
    });
  },
};
