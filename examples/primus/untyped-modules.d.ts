// As much of the types of packages without types as is used here.

declare module 'primus' {
  import type { Server } from 'node:http';

  /** A connection, as the server has it. */
  interface Spark {
    end(): void;
  }

  export default class Primus {
    /** Also serves its client library, at `/primus/primus.js`. */
    constructor(server: Server, options: { transformer: 'websockets' });
    on(event: 'connection', listener: (spark: Spark) => void): this;
  }
}

declare module 'primus-backpressure' {
  import type { Duplex } from 'node:stream';

  /** Both ends of a Primus connection need one. */
  export class PrimusDuplex extends Duplex {
    /** @param connection - a Spark, or what the client library has made */
    constructor(connection: object);
  }
}
