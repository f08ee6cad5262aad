import { filter, mergeMap, VirtualTimeScheduler } from 'rxjs';
import { type Channel, Mux, type MuxOptions } from '../../../src/index.js';
import { turn } from '../../support/test-carrier.js';
import * as peer from '../../support/wire.js';
import { QuietCarrier } from './quiet-carrier.js';

/** The number of the channel that has nothing to do with any attack. */
const BYSTANDER = 4_000_000_000;

/** A mux under attack, and on it a channel that must not notice. */
export class Victim {
  readonly carrier = new QuietCarrier();
  readonly mux: Mux;
  /** How often each error has been on `errors$`. */
  readonly reports: Record<string, number> = {};
  /** The mux's clock stands still, unless it waits for its peer, which answers no probe. */
  readonly #scheduler = new VirtualTimeScheduler();
  readonly #bystander: Channel;
  readonly #received: string[] = [];
  #seq = 0;
  #sent = 0;

  /**
   * @param application - what is done with each channel of the peer's; nothing given: nobody subscribes
   * @param saysHello - whether the peer says HELLO where the mux has `extensions`
   */
  constructor(options?: MuxOptions, application?: (channel: Channel) => void, saysHello = true) {
    this.mux = new Mux(this.carrier, { keepAlive: false, scheduler: this.#scheduler, ...options });
    this.mux.errors$.subscribe(({ message }) => {
      this.reports[message] = (this.reports[message] ?? 0) + 1;
    });
    this.#bystander = this.mux.open('', { channel: BYSTANDER });
    this.#bystander.inbound$.subscribe((chunk) => this.#received.push(chunk.toString()));
    if (options?.extensions === true && saysHello) {
      this.carrier.receive(peer.hello(2048));
    }
    this.carrier.receive(peer.handshake(BYSTANDER, 2 ** 31 - 1), peer.status(BYSTANDER, 2 ** 31 - 1, 0));
    if (application !== undefined) {
      this.mux.channels$.subscribe(application);
    }
  }

  /** Lets the peer say `count` things, with turns of the mux between. */
  async flood(count: number, say: (n: number) => Buffer): Promise<void> {
    for (let n = 0; n < count; n += 200) {
      const some = Math.min(200, count - n);
      this.carrier.receive(...Array.from({ length: some }, (_, i) => say(n + i)));
      await turn();
    }
  }

  /** The bystander carries bytes both ways. It waits for these to arrive. */
  async transfers(): Promise<void> {
    await turn();
    this.#seq += 2;
    this.carrier.receive(peer.data(BYSTANDER, this.#seq, 'in'));
    expect(this.#received.splice(0)).toEqual(['in']);

    this.#sent += 3;
    const reader = new peer.WireReader();
    const left: string[] = [];
    const leaving = this.carrier.written$
      .pipe(
        mergeMap((bytes) => reader.read(bytes)),
        filter((message) => message === `DATA ${BYSTANDER} seq=${this.#sent} "out"`),
      )
      .subscribe((message) => left.push(message));
    this.#bystander.outbound$.next('out');
    this.carrier.capacity$.next(65_536);
    await turn();
    while (left.length === 0 && this.#scheduler.actions.length > 0) {
      this.#scheduler.flush(); // what waits for answers does not do so for ever
      await turn();
    }
    leaving.unsubscribe();
    expect(left).toHaveLength(1);
  }
}
