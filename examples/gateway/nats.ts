import { connect, type NatsConnection } from '@nats-io/transport-node';

/** ms of silence after which a far end over NATS is taken for dead: less than the 10 s that are the default, to see it sooner. */
export const DEAD_AFTER = 3000;

/** A connection to `nats-server` that comes back whenever that does. */
export const connectToNats = (address: string): Promise<NatsConnection> =>
  connect({ servers: address, maxReconnectAttempts: -1, reconnectTimeWait: 100 });
