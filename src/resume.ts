export { SessionLostError } from './errors.js';
export type { Connect, Connected } from './resume/connect.js';
export { connectionLost } from './resume/connection-lost.js';
export { reconnecting, type ReconnectingOptions } from './resume/reconnecting.js';
export {
  type ConnectionAttempt,
  ResumableCarrier,
  type ResumableCarrierOptions,
  type ResumeOptions,
} from './resume/resumable-carrier.js';
export { ResumableSessions, type ResumableSessionsOptions } from './resume/resumable-sessions.js';
export type { RetryOptions } from './resume/retry.js';
export type { SessionCarrier } from './resume/session-carrier.js';
export type { SessionState } from './resume/session-state.js';
