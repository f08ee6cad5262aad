export {
  WebTransportSessions,
  type WebTransportSessionsOptions,
} from './transport/web-transport-sessions.js';
export { WebTransportClosedError } from './transport/web-transport-closed-error.js';
export type { WebTransportLike } from './transport/web-transport-like.js';
