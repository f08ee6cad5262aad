export {
  DataChannelCarrier,
  type DataChannelCarrierOptions,
  type DataChannelLike,
} from './carrier/data-channel-carrier.js';
