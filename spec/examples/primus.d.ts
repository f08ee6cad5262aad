/** The parts of `primus` and `primus-backpressure` that the tests use; they bring no types of their own. */
declare module 'primus' {
  import type { Server } from 'node:http';

  interface Connection {
    once(event: 'end', listener: () => void): this;
  }

  interface Spark extends Connection {
    readonly id: string;
  }

  export default class Primus {
    constructor(server: Server, options: { transformer: 'websockets' });
    /** The client library, for Node. */
    static createSocket(options: {
      transformer: 'websockets';
    }): new (url: string, options: { strategy: false }) => Connection;
    once(event: 'connection', listener: (spark: Spark) => void): this;
    on(event: 'connection', listener: (spark: Spark) => void): this;
    /** Also ends all connections. */
    destroy(options: { close: boolean }, done: () => void): void;
  }
}

declare module 'primus-backpressure' {
  import type { Duplex } from 'node:stream';

  export class PrimusDuplex extends Duplex {
    constructor(connection: object);
  }
}
