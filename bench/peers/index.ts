import type { Peer } from '../peer.js';

/** Somebody who can be compared. */
export interface Candidate {
  /** Whether it has channels; without them it can do only what takes one. */
  readonly hasChannels: boolean;
  /** Whether its channels survive what they run over. */
  readonly survives?: true;
  /** Loads its code, so that a process runs that of one alone. */
  load(): Promise<Peer>;
}

/** All of them, by the name that the command line and the report use. */
export const peers: ReadonlyMap<string, Candidate> = new Map(
  Object.entries<Candidate>({
    raw: { hasChannels: false, load: async () => (await import('./raw.js')).raw },
    'frame-stream': { hasChannels: false, load: async () => (await import('./frame-stream.js')).frameStream },
    http2: { hasChannels: true, load: async () => (await import('./http2.js')).http2 },
    multiplex: { hasChannels: true, load: async () => (await import('./multiplex.js')).multiplex },
    bpmux: { hasChannels: true, load: async () => (await import('./bpmux.js')).bpmux },
    yamux: { hasChannels: true, load: async () => (await import('./yamux.js')).yamux },
    'nerdbank-streams': {
      hasChannels: true,
      load: async () => (await import('./nerdbank-streams.js')).nerdbankStreams,
    },
    qmux: { hasChannels: true, load: async () => (await import('./qmux.js')).qmux },
    rxmux: { hasChannels: true, load: async () => (await import('./rxmux.js')).rxmux },
    'rxmux-messages': {
      hasChannels: true,
      load: async () => (await import('./rxmux-messages.js')).rxmuxMessages,
    },
    'rxmux-resume': {
      hasChannels: true,
      survives: true,
      load: async () => (await import('./rxmux-resume.js')).rxmuxResume,
    },
    'rxmux-duplex': { hasChannels: true, load: async () => (await import('./rxmux-duplex.js')).rxmuxDuplex },
    'rxmux-ws': { hasChannels: true, load: async () => (await import('./rxmux-ws.js')).rxmuxWs },
    'rxmux-bpmux': { hasChannels: true, load: async () => (await import('./rxmux-bpmux.js')).rxmuxBpmux },
  }),
);
