/** What browsers' sockets, channels and ports have in common: listeners by type. */
export class EventSource {
  readonly #listeners = new Map<string, ((event: never) => void)[]>();

  addEventListener(type: string, listener: (event: never) => void): void {
    this.#listeners.set(type, [...(this.#listeners.get(type) ?? []), listener]);
  }

  dispatch(type: string, event: object = {}): void {
    this.#listeners.get(type)?.forEach((listener) => {
      listener(event as never);
    });
  }

  get types(): string[] {
    return [...this.#listeners.keys()].sort();
  }
}
