/** A message of NATS, as far as it is used here. */
export interface NatsMessageLike {
  readonly data: Uint8Array;
  /** Where an answer is to go. */
  readonly reply?: string | undefined;
}

/** A subscription of NATS, as far as it is used here. */
export interface NatsSubscriptionLike {
  unsubscribe(): void;
}

/**
 * What is used of a connection of NATS: the `NatsConnection` of `@nats-io/nats-core` has it, whatever transport it comes from
 * (`@nats-io/transport-node`, `@nats-io/transport-deno`, the `wsconnect` of browsers).
 */
export interface NatsConnectionLike {
  /** What the server says of itself; `undefined` while there is none. */
  readonly info?: { readonly max_payload: number } | undefined;
  publish(subject: string, payload: Uint8Array, options?: { reply?: string }): void;
  subscribe(
    subject: string,
    options: { queue?: string; callback: (error: Error | null, message: NatsMessageLike) => void },
  ): NatsSubscriptionLike;
  /** What happens to the connection: `disconnect`, `reconnecting`, `reconnect`, `error` and others. */
  status(): AsyncIterable<{ readonly type: string; readonly error?: Error }>;
  /** Fulfilled when it is closed for good, with the reason where there is one. */
  closed(): Promise<unknown>;
}
