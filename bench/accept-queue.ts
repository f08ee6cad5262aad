/** Brings together those who opened a channel with what the far side got, in the order of opening. */
export class AcceptQueue<T> {
  readonly #waiting: ((accepted: T) => void)[] = [];

  /** The far side has got a channel. */
  readonly accept = (accepted: T): void => {
    this.#waiting.shift()?.(accepted);
  };

  /** The far end of the channel that has just been opened. */
  next(): Promise<T> {
    return new Promise((resolve) => this.#waiting.push(resolve));
  }
}
