import type { NatsPeer } from './nats-peer.js';

/** Somebody who can be compared. */
export interface NatsCandidate {
  /** Loads its code, so that a process runs that of one alone. */
  load(): Promise<NatsPeer>;
}

/** All who carry bytes over NATS, and the bare socket, by the name that the command line and the report use. */
export const natsPeers: ReadonlyMap<string, NatsCandidate> = new Map(
  Object.entries<NatsCandidate>({
    'nats-raw': { load: async () => (await import('./raw.js')).raw },
    'nats-client': { load: async () => (await import('./client.js')).client },
    'nats-carrier': { load: async () => (await import('./carrier.js')).carrier },
    'nats-mux': { load: async () => (await import('./mux.js')).mux },
  }),
);
