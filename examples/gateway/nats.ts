import { connect, type NatsConnection } from '@nats-io/transport-node';

/** ms of silence after which a far end over NATS is taken for dead: less than the 10 s that are the default, to see it sooner. */
export const DEAD_AFTER = 3000;

/** A connection to `nats-server` that comes back whenever that does. */
export async function connectToNats(address: string): Promise<NatsConnection> {
  try {
    return await connect({ servers: address, maxReconnectAttempts: -1, reconnectTimeWait: 100 });
  } catch (cause) {
    throw new Error(`no connection to nats-server at ${address}: ${(cause as Error).message}`, { cause });
  }
}
