export {
  WebSocketCarrier,
  type WebSocketCarrierOptions,
  type WebSocketLike,
} from './carrier/web-socket-carrier.js';
