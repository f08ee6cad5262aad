export {
  type BrowserPortLike,
  MessagePortCarrier,
  type MessagePortCarrierOptions,
  type MessagePortLike,
  type NodePortLike,
} from './carrier/message-port-carrier.js';
