export {
  type ByteStreamPair,
  WebStreamCarrier,
  type WebStreamCarrierOptions,
} from './carrier/web-stream-carrier.js';
