import { Subscription, VirtualTimeScheduler } from 'rxjs';
import { type Channel, Mux } from '../../src/index.js';
import { turn } from '../support/test-carrier.js';
import * as peer from '../support/wire.js';
import { bytesInUse } from './support/heap.js';
import { QuietCarrier } from './support/quiet-carrier.js';

const MIB = 1024 * 1024;
const FIRST_SIZE = 1000;
const ROUND_TRIP = 20;

/** A mux whose peer keeps to its credit, but chooses when to use it; and an application that reads until it stops. */
class Siege {
  readonly #carrier = new QuietCarrier();
  readonly #scheduler = new VirtualTimeScheduler();
  readonly #mux: Mux;
  readonly #reading = new Map<number, Subscription>();
  readonly #sent = new Map<number, number>();
  /** How far the peer may send on each channel. */
  readonly #edges = new Map<number, number>();
  readonly errors: unknown[] = [];
  /** Bytes that wait for an application that does not read. */
  unread = 0;

  constructor(maxBufferedBytes: number) {
    const reader = new peer.WireReader();
    this.#carrier.written$.subscribe((bytes) => {
      for (const message of reader.read(bytes)) {
        const [, id = '', free, seq = 0] = /^\S+ (\d+) free=(\d+)(?: seq=(\d+))?/.exec(message) ?? [];
        this.#edges.set(Number(id), Number(free) + Number(seq));
      }
    });
    this.#mux = new Mux(this.#carrier, {
      keepAlive: false,
      scheduler: this.#scheduler,
      maxBufferedBytes,
      peerChannelOptions: { highWaterMark: FIRST_SIZE },
    });
    this.#mux.errors$.subscribe((error) => this.errors.push(error));
    this.#mux.channels$.subscribe((channel) => {
      this.#read(channel);
    });
  }

  async open(id: number): Promise<void> {
    this.#sent.set(id, 0);
    this.#carrier.receive(peer.handshake(id, 0));
    await turn();
  }

  /** The peer ends the channel, as the application has. */
  async end(id: number): Promise<void> {
    this.#mux.openChannels.get(id)?.outbound$.complete();
    this.#carrier.receive(peer.end(id));
    await turn();
  }

  /** The application reads no more on any channel. */
  stopReading(): void {
    for (const reading of this.#reading.values()) {
      reading.unsubscribe();
    }
    this.#reading.clear();
  }

  /** The peer waits, and then sends: all that it may, where it is not told how much. Returns the credit that it has then. */
  async send(id: number, wait: number, bytes = this.#credit(id)): Promise<number> {
    this.#scheduler.frame += wait;
    const seq = (this.#sent.get(id) ?? 0) + bytes;
    this.#sent.set(id, seq);
    if (!this.#reading.has(id)) {
      this.unread += bytes;
    }
    this.#carrier.receive(peer.data(id, seq, Buffer.alloc(bytes)));
    await turn();
    return this.#credit(id);
  }

  #credit(id: number): number {
    return (this.#edges.get(id) ?? 0) - (this.#sent.get(id) ?? 0);
  }

  #read(channel: Channel): void {
    this.#reading.set(channel.id, channel.inbound$.subscribe());
  }
}

/** The peer has the window grow as far as it does. Returns its size. */
async function grow(siege: Siege, id: number): Promise<number> {
  await siege.send(id, ROUND_TRIP); // the way is known now
  let before = 0;
  let credit = await siege.send(id, ROUND_TRIP);
  while (credit > before) {
    before = credit;
    credit = await siege.send(id, ROUND_TRIP);
  }
  return credit;
}

describe('a hostile peer that makes windows grow', () => {
  it('fills no more than their first sizes and maxBufferedBytes when nobody reads any more', async () => {
    const siege = new Siege(MIB);
    const ids = Array.from({ length: 8 }, (_, id) => id);
    for (const id of ids) {
      await siege.open(id);
    }
    const before = await bytesInUse();
    let sum = 0;
    for (const id of ids) {
      sum += await grow(siege, id);
    }
    siege.stopReading();
    for (const id of ids) {
      await siege.send(id, ROUND_TRIP);
    }
    expect(sum).toBeGreaterThan(8 * FIRST_SIZE + 0.99 * MIB);
    expect(sum).toBeLessThanOrEqual(8 * FIRST_SIZE + MIB);
    expect(siege.unread).toBe(sum);
    expect((await bytesInUse()) - before).toBeLessThan(2 * MIB);
    expect(siege.errors).toEqual([]);
  });

  it('fills no more where it has them shrink, with credit in its hands, before others grow', async () => {
    const siege = new Siege(MIB);
    const ids = Array.from({ length: 8 }, (_, id) => id);
    for (const id of ids) {
      await siege.open(id);
      await grow(siege, id);
      await siege.send(id, 4 * ROUND_TRIP, 1); // as if it had been held up
    }
    siege.stopReading();
    for (const id of ids) {
      await siege.send(id, ROUND_TRIP);
    }
    expect(siege.unread).toBeGreaterThan(MIB / 2);
    expect(siege.unread).toBeLessThanOrEqual(8 * FIRST_SIZE + MIB);
    expect(siege.errors).toEqual([]);
  });

  it('gives back what they grew by with each channel that ends', async () => {
    const siege = new Siege(MIB);
    for (let id = 0; id < 20; id += 1) {
      await siege.open(id);
      expect(await grow(siege, id)).toBe(FIRST_SIZE + MIB / 2);
      await siege.end(id);
    }
    expect(siege.errors).toEqual([]);
  });

  it('leaves something for others, however many it makes grow one after the other', async () => {
    const siege = new Siege(MIB);
    let left = MIB;
    for (let id = 0; id < 8; id += 1) {
      await siege.open(id);
      const grown = (await grow(siege, id)) - FIRST_SIZE;
      expect(grown).toBe(left / 2);
      left -= grown;
    }
    expect(siege.errors).toEqual([]);
  });

  it('gets nowhere with maxBufferedBytes: 0', async () => {
    const siege = new Siege(0);
    await siege.open(0);
    expect(await grow(siege, 0)).toBe(FIRST_SIZE);
  });
});
