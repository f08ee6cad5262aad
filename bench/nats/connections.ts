import { connect, type NatsConnection } from '@nats-io/transport-node';

/** Two connections to the server: one for each end. */
export async function connections(address: string): Promise<{ near: NatsConnection; far: NatsConnection }> {
  const [near, far] = await Promise.all([connect({ servers: address }), connect({ servers: address })]);
  return { near, far };
}
