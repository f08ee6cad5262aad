import { channel } from 'node:diagnostics_channel';

/**
 * What is told on Node's diagnostics channels, for tools that watch a program without a change to it. Where nobody listens nothing
 * is built (`hasSubscribers`); in browsers nobody does.
 */
export const DIAGNOSTICS = {
  muxOpen: channel('rxmux:mux:open'),
  channelOpen: channel('rxmux:channel:open'),
  channelClosed: channel('rxmux:channel:closed'),
  error: channel('rxmux:error'),
};
