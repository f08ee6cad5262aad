import type { Reason } from './reason.js';

// Why a mux refuses channels by itself, for peers that can be told.

/** It is closing. */
export const GOING_AWAY: Reason = { code: 'GOING_AWAY', message: 'no more channels are accepted' };

/** There are `maxOpen` channels, or as many as HTTP/2 takes, or there is no memory for the handshake data. */
export const FULL: Reason = { code: 'FULL', message: 'there are as many channels as there may be' };

/** There are `acceptBacklog` channels that nobody has taken. */
export const BACKLOG_FULL: Reason = {
  code: 'BACKLOG_FULL',
  message: 'too many channels wait to be accepted',
};

/** The handshake data is more than HTTP/2 takes in headers. Said to the one who opens, at its own side. */
export const HANDSHAKE_TOO_LONG: Reason = {
  code: 'HANDSHAKE_TOO_LONG',
  message: 'HTTP/2 takes no headers with so much handshake data',
};
