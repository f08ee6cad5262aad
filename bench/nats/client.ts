import type { NatsConnection } from '@nats-io/transport-node';
import type { ChannelEnd } from '../peer.js';
import { connections } from './connections.js';
import type { NatsPeer } from './nats-peer.js';

/** As much as the carrier of rxmux has under way, and how often it says what it has taken. */
const UNDER_WAY = 1_048_576;
const TELL_AFTER = 262_144;

/** The client of NATS by itself, with no more back-pressure than keeps the server from cutting it off. */
export const client: NatsPeer = {
  connect: async (address) => {
    const { near, far } = await connections(address);
    const ends = { near: new ClientEnd(near, 'there', 'back'), far: new ClientEnd(far, 'back', 'there') };
    await Promise.all([near.flush(), far.flush()]);
    return ends;
  },
};

class ClientEnd implements ChannelEnd {
  readonly #nats: NatsConnection;
  readonly #to: string;
  readonly #from: string;
  readonly #onBytes = new Set<(bytes: number) => void>();
  readonly #onWritable = new Set<() => void>();
  #sent = 0;
  #taken = 0;
  #received = 0;
  #told = 0;

  constructor(nats: NatsConnection, to: string, from: string) {
    this.#nats = nats;
    this.#to = to;
    this.#from = from;
    nats.subscribe(from, {
      callback: (_error, { data }) => {
        this.#receive(data.length);
      },
    });
    nats.subscribe(`${to}.taken`, {
      callback: (_error, message) => {
        this.#acknowledge(Number(message.string()));
      },
    });
  }

  write(chunk: Buffer): boolean {
    this.#nats.publish(this.#to, chunk);
    this.#sent += chunk.length;
    return this.#underWay < UNDER_WAY;
  }

  onWritable(listener: () => void): void {
    this.#onWritable.add(listener);
  }

  onBytes(listener: (bytes: number) => void): void {
    this.#onBytes.add(listener);
  }

  end(): void {
    throw new Error('NATS knows no end');
  }

  onClosed(): void {
    throw new Error('NATS knows no end');
  }

  get #underWay(): number {
    return this.#sent - this.#taken;
  }

  #receive(bytes: number): void {
    this.#received += bytes;
    if (this.#received - this.#told >= TELL_AFTER) {
      this.#told = this.#received;
      this.#nats.publish(`${this.#from}.taken`, String(this.#received));
    }
    for (const listener of this.#onBytes) {
      listener(bytes);
    }
  }

  #acknowledge(taken: number): void {
    const wasFull = this.#underWay >= UNDER_WAY;
    this.#taken = taken;
    if (wasFull && this.#underWay < UNDER_WAY) {
      for (const listener of this.#onWritable) {
        listener();
      }
    }
  }
}
