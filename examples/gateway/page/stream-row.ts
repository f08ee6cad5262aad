/// <reference lib="dom" />
import { auditTime, type Subscription } from 'rxjs';
import type { Client } from '../client.js';
import { reason } from '../reason.js';
import { Stream } from '../stream.js';

/** ms between two looks of the page at a stream. */
const LOOK = 100;

/** A stream to a service, as a row of the table. */
export class StreamRow {
  readonly element = document.createElement('tr');
  readonly #client: Client;
  readonly #service: string;
  readonly #number: number;
  readonly #bytes = document.createElement('td');
  readonly #state = document.createElement('td');
  #stream: Stream;
  #watching: Subscription;

  /**
   * @param clientNumber - of the client, for people
   * @param number - of the stream: what it sends
   */
  constructor(client: Client, clientNumber: number, service: string, number: number) {
    this.#client = client;
    this.#service = service;
    this.#number = number;
    this.element.setAttribute('aria-label', `${service} of client ${clientNumber}`);
    for (const text of [`client ${clientNumber}`, service]) {
      const cell = document.createElement('td');
      cell.textContent = text;
      this.element.append(cell);
    }
    this.element.append(this.#bytes, this.#state);
    this.#stream = this.#open();
    this.#watching = this.#watch();
  }

  /** Opens it anew, where it has failed. */
  reopen(): void {
    if (this.#stream.hasFailed) {
      this.#watching.unsubscribe();
      this.#stream = this.#open();
      this.#watching = this.#watch();
    }
  }

  #open(): Stream {
    const request = { service: this.#service, priority: 3 };
    return new Stream(this.#number, request, this.#client.open(request));
  }

  #watch(): Subscription {
    this.#show();
    return this.#stream.progress$.pipe(auditTime(LOOK)).subscribe(() => {
      this.#show();
    });
  }

  #show(): void {
    const { received, error, hasFailed } = this.#stream;
    this.element.dataset['state'] = hasFailed ? 'failed' : 'running';
    this.#bytes.textContent = received.toLocaleString('en');
    this.#state.textContent = hasFailed ? `failed: ${reason(error)}` : 'runs';
  }
}
