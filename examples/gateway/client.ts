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
  /** The gateway that has the session. */
  #gateway: number;
  #socket: WebSocket | undefined;
  #mux: Mux;
  #isClosing = false;

  /**
   * @param gateways - their URLs
   * @param first - the number of the one that it begins with
   */
  constructor(gateways: readonly string[], first: number) {
    this.#gateways = gateways;
    this.#gateway = first;
    this.#mux = this.#begin();
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

  #begin(): Mux {
    const mux = new Mux(
      new ResumableCarrier((attempt) => {
        if (attempt > 1 && attempt % ATTEMPTS === 1) {
          // Another gateway does not know the session, and says so: then it is lost, and the next one begins there.
          this.#gateway = (this.#gateway + 1) % this.#gateways.length;
        }
        this.#socket = new WebSocket(this.#gateways[this.#gateway] ?? '', { perMessageDeflate: false });
        return new WebSocketCarrier(this.#socket);
      }),
    );
    mux.channels$.subscribe({ error: () => undefined }); // each channel hears of it, too
    mux.closed$.subscribe(() => {
      if (!this.#isClosing) {
        this.#mux = this.#begin();
      }
    });
    return mux;
  }
}
