/** What browsers' sockets, channels and ports have in common: listeners by type. */
export class EventSource {
  readonly #listeners = new Map<string, ((event: never) => void)[]>();

  addEventListener(type: string, listener: (event: never) => void): void {
    this.#listeners.set(type, [...(this.#listeners.get(type) ?? []), listener]);
  }

  removeEventListener(type: string, listener: (event: never) => void): void {
    const left = this.#listeners.get(type)?.filter((other) => other !== listener) ?? [];
    if (left.length > 0) {
      this.#listeners.set(type, left);
    } else {
      this.#listeners.delete(type);
    }
  }

  dispatch(type: string, event: object = {}): void {
    this.#listeners.get(type)?.forEach((listener) => {
      listener(event as never);
    });
  }

  /** What is listened to. */
  get types(): string[] {
    return [...this.#listeners.keys()].sort();
  }
}
