export { DecodeError, MessageTooBigError } from './errors.js';
export { bytes } from './messages/bytes.js';
export type { Codec } from './messages/codec.js';
export { json } from './messages/json.js';
export type { MessageDelivery, Messages } from './messages/messages.js';
export {
  SchemaError,
  type SchemaIssue,
  type SchemaResult,
  type StandardSchema,
} from './messages/standard-schema.js';
export { text } from './messages/text.js';
export { type MessagesOptions, toMessages } from './messages/to-messages.js';
