/** The part of npm `bpmux` that the tests use; it brings no types of its own. */
declare module 'bpmux' {
  import type { EventEmitter } from 'node:events';
  import type { ClientHttp2Session, ServerHttp2Session } from 'node:http2';
  import type { Duplex, DuplexOptions } from 'node:stream';

  export class Http2Sessions {
    constructor(client: ClientHttp2Session, server: ServerHttp2Session);
    readonly client: ClientHttp2Session;
    readonly server: ServerHttp2Session;
  }

  export interface BPDuplexOptions extends DuplexOptions {
    channel?: number;
    handshake_data?: Buffer;
    max_write_size?: number;
    check_read_overflow?: boolean;
  }

  export interface BPMuxOptions {
    peer_multiplex_options?: BPDuplexOptions;
    coalesce_writes?: boolean;
    high_channels?: boolean;
    max_open?: number;
    keep_alive?: number | false;
  }

  /** Emits `handshake` with the peer's data, and, where the answer is still to be given, a {@link DelayHandshake}. */
  export interface BPDuplex extends Duplex {
    get_channel(): number;
    peer_error_then_end(): this;
  }

  /** Puts the answer off; what it returns gives it. */
  export type DelayHandshake = () => (data?: Buffer) => void;

  export class BPMux extends EventEmitter<{
    peer_multiplex: [BPDuplex];
    handshake: [BPDuplex, Buffer, DelayHandshake | null];
    pre_handshake_sent: [BPDuplex, boolean];
    removed: [BPDuplex];
    keep_alive: [];
    error: [Error];
  }> {
    readonly duplexes: ReadonlyMap<number, BPDuplex>;
    readonly carrier: Duplex;
    constructor(carrier: Duplex | Http2Sessions, options?: BPMuxOptions);
    multiplex(options?: BPDuplexOptions): BPDuplex;
  }
}
