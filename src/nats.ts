export { connectOver } from './nats/connect-over.js';
export { listenOver } from './nats/listen-over.js';
export type {
  NatsConnectionLike,
  NatsMessageLike,
  NatsSubscriptionLike,
} from './nats/nats-connection-like.js';
export type { NatsCarrierOptions, NatsListenOptions } from './nats/nats-options.js';
export { NatsSessionError, type NatsSessionErrorCode } from './nats/nats-session-error.js';
