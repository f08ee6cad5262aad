/** A source that is being sent: one whose values are pulled, or one that pushes them. */
export interface Feed {
  /** Begins. */
  start(): void;
  /** Bytes have left: there may be room again. */
  resume(): void;
  /** Nobody wants more of the source. Does nothing where it has ended. */
  letGo(): void;
  /** Nobody wants anything of it: instead of {@link start}. What holds something already, such as a stream, is let go of. */
  skip(): void;
}

/**
 * Where the values of a source go. Of calls that come when all is over only `fail` does something.
 *
 * @typeParam T - the values
 */
export interface Intake<T> {
  /** Bytes that may be given until a value has to wait. It has to where this is not above 0. */
  readonly room: number;
  /**
   * The bytes that a value is sent as.
   *
   * @throws what is wrong with a value that cannot be sent
   */
  encode(value: T): Uint8Array;
  /** Sends such bytes. */
  give(bytes: Uint8Array): void;
  /** The source has ended. */
  complete(): void;
  /** The source has failed, or cannot be sent. The peer hears of it after what has been given. Lets go of the source. */
  fail(error: unknown): void;
  /** More than `limit` bytes would have to wait. What waits is dropped. Lets go of the source. */
  overflow(limit: number): void;
}
