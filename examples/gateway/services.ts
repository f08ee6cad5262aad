import type { NatsConnection } from '@nats-io/transport-node';
import { type Channel, Mux } from 'rxmux';
import { connectOver } from 'rxmux/nats';
import { DEAD_AFTER } from './nats.js';
import { formatRequest, type Request } from './request.js';

/** The services behind a gateway. Each has one mux, whose channels are those of all clients. */
export class Services {
  readonly #nats: NatsConnection;
  /** Where new channels are opened. */
  readonly #current = new Map<string, Mux>();
  readonly #all = new Set<Mux>();

  constructor(nats: NatsConnection) {
    this.#nats = nats;
  }

  /** @throws what `mux.open()` throws, as when there are too many channels, and the client of NATS when it is closed */
  open(request: Request): Channel {
    const mux = this.#current.get(request.service) ?? this.#connect(request.service);
    return mux.open(formatRequest(request), { priority: request.priority });
  }

  /** Resolves when all channels have come to their ends. */
  async close(timeout: number): Promise<void> {
    await Promise.allSettled([...this.#all].map((mux) => mux.close({ timeout })));
  }

  #connect(service: string): Mux {
    const mux = new Mux(connectOver(this.#nats, service, { deadAfter: DEAD_AFTER }));
    this.#current.set(service, mux);
    this.#all.add(mux);
    // Where an instance is lost, or takes no more, the next channel gets a new mux, and with it another instance.
    const replace = (): void => {
      if (this.#current.get(service) === mux) {
        this.#current.delete(service);
      }
    };
    mux.goingAway$.subscribe(replace);
    mux.closed$.subscribe(() => {
      replace();
      this.#all.delete(mux);
    });
    mux.channels$.subscribe({
      next: (channel) => {
        channel.reject(); // services open none
      },
      error: (error: unknown) => {
        console.log(`${service}: ${String(error)}`);
      },
    });
    return mux;
  }
}
