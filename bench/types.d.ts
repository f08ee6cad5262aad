/** What the benchmark uses of packages that bring no types. */

declare module 'multiplex' {
  import type { Duplex } from 'node:stream';

  interface MultiplexOptions {
    /** Deliver parts of a message as they arrive, instead of copying them together. */
    chunked?: boolean;
  }

  interface Multiplex extends Duplex {
    createStream(id?: string, options?: MultiplexOptions): Duplex;
  }

  function multiplex(options: MultiplexOptions, onStream?: (stream: Duplex, id: string) => void): Multiplex;
  export default multiplex;
}

declare module 'bpmux' {
  import type { EventEmitter } from 'node:events';
  import type { Duplex, DuplexOptions } from 'node:stream';

  interface BPMuxOptions {
    coalesce_writes?: boolean;
    peer_multiplex_options?: DuplexOptions;
  }

  export class BPMux extends EventEmitter {
    constructor(carrier: Duplex, options?: BPMuxOptions);
    multiplex(options?: DuplexOptions): Duplex;
    on(event: 'handshake', listener: (duplex: Duplex) => void): this;
  }
}
