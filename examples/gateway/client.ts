import { type Channel, Mux } from 'rxmux';
import { ResumableCarrier } from 'rxmux/resume';
import { WebSocketCarrier } from 'rxmux/websocket';
import { WebSocket } from 'ws';
import { formatRequest, type Request } from './request.js';

/** How often a client tries to come back to its gateway before it goes to the next one. */
const ATTEMPTS = 4;

/** A client, as a browser would be one: a session with one of the gateways, and a new one where that is lost. */
export class Client {
  readonly #gateways: readonly string[];
  #socket: WebSocket | undefined;
  /** Where new channels are opened. */
  #mux: Mux;
  #isClosing = false;

  /**
   * @param gateways - their URLs
   * @param first - the number of the one that it begins with
   */
  constructor(gateways: readonly string[], first: number) {
    this.#gateways = gateways;
    this.#mux = this.#begin(first);
  }

  open(request: Request): Channel {
    return this.#mux.open(formatRequest(request), { priority: request.priority });
  }

  /** Cuts the connection, as a network does that goes away. The session goes on over the next one. */
  cut(): void {
    this.#socket?.terminate();
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
        const url = this.#gateways[gateway % this.#gateways.length] ?? '';
        this.#socket = new WebSocket(url, { perMessageDeflate: false });
        return new WebSocketCarrier(this.#socket);
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
