import type { NatsConnectionLike } from '../../src/nats.js';

/** What becomes of what is published. */
export type Fate = (subject: string, payload: Uint8Array) => 'lost' | 'twice' | 'passed';

/** The connection, where messages are lost or come twice, as `fate` says. */
export function faulty(nats: NatsConnectionLike, fate: Fate): NatsConnectionLike {
  return {
    get info() {
      return nats.info;
    },
    publish: (subject, payload, options) => {
      const what = fate(subject, payload);
      for (let copies = { lost: 0, passed: 1, twice: 2 }[what]; copies > 0; copies -= 1) {
        nats.publish(subject, payload, options);
      }
    },
    subscribe: (subject, options) => nats.subscribe(subject, options),
    status: () => nats.status(),
    closed: () => nats.closed(),
  };
}
