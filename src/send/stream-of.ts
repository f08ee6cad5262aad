/**
 * A WHATWG stream, known by what it can be piped to. RxJS knows one by its `getReader()`, which has several overloads: those of
 * a page's types do not fit, and the compiler finds the type of the chunks in none.
 *
 * @typeParam V - the chunks
 * @typeParam R - what they are checked to be: whatever can be piped to takes more. Where the compiler is to find V, `unknown`
 */
export interface StreamOf<V, R = V> {
  pipeTo(destination: { getWriter(): { write(chunk?: V): unknown } }): unknown;
  getReader(): { read(): PromiseLike<{ readonly value?: R | undefined }> };
}
