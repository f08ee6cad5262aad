/** What calls carry there and back, and streams are made of: about 60 bytes of JSON. */
export interface Order {
  readonly id: number;
  readonly symbol: string;
  readonly amount: number;
  readonly price: number;
}

/** An order like all others, but for its number. */
export const order = (id: number): Order => ({ id, symbol: 'ACME', amount: 100, price: 12.5 });

/** So many orders, of which the first has the number 0. */
export function* orders(count: number): Generator<Order, void> {
  for (let id = 0; id < count; id += 1) {
    yield order(id);
  }
}

/** The same, each after the one before has been asked for: for those who take async iterables only. */
export async function* ordersAsync(count: number): AsyncGenerator<Order, void> {
  // eslint-disable-next-line @typescript-eslint/await-thenable -- for the generator to be an asynchronous one
  for await (const each of orders(count)) {
    yield each;
  }
}

/** Both ends of a connection over which methods are called: the far one serves, the near one calls. */
export interface Calls {
  /** Answered by the far end with the same order. */
  echo(given: Order): PromiseLike<Order>;
  /** `orders` of the far end. Resolves when the stream has ended. */
  values(count: number, onValue: (value: Order) => void): Promise<void>;
}

/** One of those who are compared in calls. */
export interface Caller {
  connect(): Promise<Calls>;
}
