import { distinctUntilChanged, filter, map, skip } from 'rxjs';
import type { Carrier } from 'rxmux';
import { connectOver, listenOver } from 'rxmux/nats';
import type { ChannelEnd } from '../peer.js';
import { connections } from './connections.js';
import type { NatsPeer } from './nats-peer.js';

/** Both ends of a session of `rxmux/nats`, when bytes can be sent. */
export async function session(address: string): Promise<{ near: Carrier; far: Carrier }> {
  const nats = await connections(address);
  const accepted = new Promise<Carrier>((resolve) => {
    listenOver(nats.far, 'bench').subscribe(resolve);
  });
  await nats.far.flush();
  const near = connectOver(nats.near, 'bench');
  const far = await accepted;
  await Promise.all([near, far].map(isOpen));
  return { near, far };
}

const isOpen = ({ capacity$ }: Carrier): Promise<unknown> =>
  new Promise((resolve) => {
    capacity$.pipe(filter((room) => room > 0)).subscribe(resolve);
  });

/** The carrier of `rxmux/nats` by itself. */
export const carrier: NatsPeer = {
  connect: async (address) => {
    const { near, far } = await session(address);
    return { near: new CarrierEnd(near), far: new CarrierEnd(far) };
  },
};

class CarrierEnd implements ChannelEnd {
  readonly #carrier: Carrier;

  constructor(given: Carrier) {
    this.#carrier = given;
  }

  write(chunk: Buffer): boolean {
    this.#carrier.write([chunk]);
    return this.#carrier.capacity$.value > 0;
  }

  onWritable(listener: () => void): void {
    const hasRoom$ = this.#carrier.capacity$.pipe(
      map((room) => room > 0),
      distinctUntilChanged(),
    );
    hasRoom$.pipe(skip(1), filter(Boolean)).subscribe(listener);
  }

  onBytes(listener: (bytes: number) => void): void {
    this.#carrier.inbound$.subscribe((chunk) => {
      listener(chunk.length);
    });
  }

  end(): void {
    this.#carrier.end();
  }

  onClosed(listener: () => void): void {
    this.#carrier.inbound$.subscribe({ complete: listener });
  }
}
