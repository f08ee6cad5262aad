/**
 * How values become bytes, and bytes values. `@msgpack/msgpack` and many others have these two functions.
 *
 * @typeParam In - the values that come
 * @typeParam Out - the values that are sent
 */
export interface Codec<In, Out = In> {
  /**
   * The bytes that a value is sent as. They are copied at once, so that the memory can be used again.
   *
   * @throws what is wrong with a value that cannot be sent: the caller of `outbound$.next` gets it, and the channel goes on
   */
  encode(value: Out): Uint8Array;
  /**
   * The value that bytes of the peer's mean. They are a view of what the carrier delivered: to keep them is to keep the
   * whole of that.
   *
   * @throws what is wrong with bytes that mean nothing: the channel fails with {@link DecodeError}
   */
  decode(bytes: Uint8Array): In;
}
