/**
 * A WHATWG stream, known by what it can be piped to. RxJS knows one by its `getReader()`, which has several overloads: those of
 * a page's types do not fit, and the compiler finds the type of the chunks in none.
 *
 * @typeParam V - the chunks
 */
export interface StreamOf<V> {
  pipeTo(destination: { getWriter(): { write(chunk?: V): unknown } }): unknown;
}
