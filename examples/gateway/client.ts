import { type Carrier, type Channel, Mux } from 'rxmux';
import { ResumableCarrier } from 'rxmux/resume';
import { formatRequest, type Request } from './request.js';

/** How often a client tries to come back to its gateway before it goes to the next one. */
const ATTEMPTS = 4;

/** A connection to a gateway. */
export interface Connection {
  readonly carrier: Carrier;
  /** Cuts it, as a network does that goes away. */
  cut(): void;
}

/** A client, in a browser or elsewhere: a session with one of the gateways, and a new one where that is lost. */
export class Client {
  readonly #gateways: readonly string[];
  readonly #connect: (url: string) => Connection;
  #connection: Connection | undefined;
  /** Where new channels are opened. */
  #mux: Mux;
  #isClosing = false;

  /**
   * @param gateways - their URLs
   * @param first - the number of the one that it begins with
   * @param connect - makes a connection to one of them
   */
  constructor(gateways: readonly string[], first: number, connect: (url: string) => Connection) {
    this.#gateways = gateways;
    this.#connect = connect;
    this.#mux = this.#begin(first);
  }

  open(request: Request): Channel {
    return this.#mux.open(formatRequest(request), { priority: request.priority });
  }

  /** Cuts the connection. The session goes on over the next one. */
  cut(): void {
    this.#connection?.cut();
  }

  async close(): Promise<void> {
    this.#isClosing = true;
    await this.#mux.close();
  }

  #begin(first: number): Mux {
    let gateway = first;
    const mux = new Mux(
      new ResumableCarrier((attempt) => {
        if (attempt > 1 && attempt % ATTEMPTS === 1) {
          gateway += 1; // it does not know the session, and says so: then the session is lost, and the next one begins there
        }
        this.#connection = this.#connect(this.#gateways[gateway % this.#gateways.length] ?? '');
        return this.#connection.carrier;
      }),
    );
    const replace = (next: number): void => {
      if (this.#mux === mux && !this.#isClosing) {
        this.#mux = this.#begin(next);
      }
    };
    mux.channels$.subscribe({ error: () => undefined }); // each channel hears of it, too
    mux.goingAway$.subscribe(() => {
      replace(gateway + 1); // what is open there may finish
    });
    mux.closed$.subscribe(() => {
      replace(gateway);
    });
    return mux;
  }
}
