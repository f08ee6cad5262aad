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
