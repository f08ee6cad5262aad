/** What tells a Node stream from other async iterables. (A channel has a `destroy`, too.) */
export interface NodeStream {
  pipe(): unknown;
  destroy(): unknown;
  on(event: 'error', listener: (error: unknown) => void): unknown;
}

/** Whether something is a stream of Node's, of whatever package. */
export function isNodeStream<T>(source: T): source is T & NodeStream {
  const { pipe, destroy, on } = Object(source) as Partial<NodeStream>;
  return typeof pipe === 'function' && typeof destroy === 'function' && typeof on === 'function';
}

const failures = new WeakMap<NodeStream, Promise<never>>();

/**
 * Rejects with what a stream fails with from the first call on; where nobody waits for that, the process does not end. It is
 * one promise, and one listener, for each stream: a call that is tried again takes its stream again.
 */
export function failureOf(stream: NodeStream): Promise<never> {
  const known = failures.get(stream);
  if (known !== undefined) {
    return known;
  }
  const failure = new Promise<never>((_resolve, reject) => {
    stream.on('error', reject);
  });
  failure.catch(() => undefined);
  failures.set(stream, failure);
  return failure;
}
