export {
  WebSocketCarrier,
  type WebSocketCarrierOptions,
  type WebSocketLike,
} from './carrier/web-socket-carrier.js';
export { WebSocketClosedError } from './carrier/web-socket-closed-error.js';
