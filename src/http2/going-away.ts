import type { IncomingHttpHeaders, ServerHttp2Session } from 'node:http2';
import { hasVersion } from './headers.js';
import type { MuxSide } from '../carrier/mux-side.js';

/** Who accepts no more channels: tells the peer of the mux, and the mux of the peer, once each. */
export class GoingAway {
  readonly #server: ServerHttp2Session;
  readonly #mux: MuxSide;
  /** Whether the peer is an rxmux that knows what bpmux does not. */
  #isPeerExtended = false;
  /** GOAWAY: due when the mux accepts no more channels, and the peer can be told; sent. */
  #goAway: 'none' | 'due' | 'sent' = 'none';
  #isPeerGoingAway = false;

  /** @param server - where the peer opens its channels */
  constructor(server: ServerHttp2Session, mux: MuxSide) {
    this.#server = server;
    this.#mux = mux;
  }

  /** The peer has opened or accepted a channel. */
  heard(headers: IncomingHttpHeaders): void {
    this.#isPeerExtended ||= hasVersion(headers);
    this.#say();
  }

  /** The mux accepts no more channels. */
  muxIsGoing(): void {
    this.#goAway = 'due';
    this.#say();
  }

  /** The peer accepts no more channels. */
  peerIsGoing(): void {
    if (!this.#isPeerGoingAway) {
      this.#isPeerGoingAway = true;
      this.#mux.tell({ type: 'goAway', reason: undefined });
    }
  }

  /** Has the peer open no more channels. bpmux is left alone until the end. */
  #say(): void {
    if (this.#goAway === 'due' && this.#isPeerExtended) {
      this.#goAway = 'sent';
      if (!this.#server.destroyed) {
        this.#server.goaway();
      }
    }
  }
}
