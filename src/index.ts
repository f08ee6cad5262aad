export { splice } from './adapters/splice.js';
export { toDuplex, type ChannelDuplex, type DuplexOptions } from './adapters/to-duplex.js';
export { type ChannelWebStream, toWebStream } from './adapters/to-web-stream.js';
export type { Bytes } from './bytes.js';
export type { Carrier, SocketAddresses } from './carrier/carrier.js';
export type { Channel, Delivery } from './channel/channel.js';
export type { BlockedBy, ChannelStates, ChannelStats } from './channel/channel-stats.js';
export {
  CarrierEndedError,
  CarrierFinishedError,
  ChannelError,
  type EndErrorOptions,
  HeaderTooBigError,
  KeepAliveTimeoutError,
  MuxClosedError,
  MuxError,
  type MuxErrorCode,
  type MuxErrorOptions,
  MuxFullError,
  OverflowError,
  PeerError,
  ProtocolError,
  ReadOverflowError,
  type ReasonedErrorOptions,
  StoppedError,
} from './errors.js';
export { send, type SendOptions, sendTo } from './send/send.js';
export { type Flow, type Grant, shareCapacity, type ShareCapacityOptions } from './sender/share-capacity.js';
export type { TurnScheduler } from './reactive/turn-task.js';
export type { Framing } from './framing/framing.js';
export { Mux } from './mux/mux.js';
export type { MuxStats } from './mux/mux-stats.js';
export type { PeerInfo } from './mux/peer-info.js';
export type { Reason } from './protocol/reason.js';
export type {
  ChannelOptions,
  CloseOptions,
  FramingOptions,
  MuxOptions,
  ParsingMuxOptions,
} from './options.js';
export type { NodeDuplex } from './node-duplex.js';
export type { HandshakeSent } from './channel/handshake-sent.js';
export type { StateObservable } from './reactive/state-observable.js';
