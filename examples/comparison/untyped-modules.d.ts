// As much of the types of packages without types as is used here.

declare module 'bpmux' {
  import type { EventEmitter } from 'node:events';
  import type { Duplex } from 'node:stream';

  export class BPMux extends EventEmitter {
    constructor(carrier: Duplex);
    multiplex(): Duplex;
    on(event: 'peer_multiplex', listener: (channel: Duplex & { get_channel(): number }) => void): this;
  }
}

declare module 'multiplex' {
  import type { Duplex } from 'node:stream';

  interface Multiplex extends Duplex {
    createStream(): Duplex;
  }
  export default function multiplex(onStream?: (channel: Duplex, name: string) => void): Multiplex;
}
