import type { Caller, Calls } from '../caller.js';

/** Somebody who can be compared. */
export interface CallerCandidate {
  /** What it cannot do. */
  readonly lacks?: keyof Calls;
  /** Loads its code, so that a process runs that of one alone. */
  load(): Promise<Caller>;
}

/** All that call methods, by the name that the command line and the report use. */
export const callers: ReadonlyMap<string, CallerCandidate> = new Map(
  Object.entries<CallerCandidate>({
    'remote-tcp': { load: async () => (await import('./rxmux-remote.js')).overTcp },
    'remote-ws': { load: async () => (await import('./rxmux-remote.js')).overWebSocket },
    'remote-port': { load: async () => (await import('./rxmux-remote.js')).overPort },
    'messages-json': { lacks: 'echo', load: async () => (await import('./messages-json.js')).messagesJson },
    capnweb: { load: async () => (await import('./capnweb.js')).capnweb },
    trpc: { load: async () => (await import('./trpc.js')).trpc },
    comlink: { load: async () => (await import('./comlink.js')).comlink },
    rsocket: { load: async () => (await import('./rsocket.js')).rsocket },
    connect: { load: async () => (await import('./connect.js')).connect },
  }),
);
