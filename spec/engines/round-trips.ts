import { createHash, randomBytes } from 'node:crypto';
import { buffer } from 'node:stream/consumers';
import { filter, firstValueFrom, lastValueFrom, map, toArray } from 'rxjs';
import { type Channel, type Mux, send, toDuplex, toWebStream } from '../../src/index.js';
import { json, toMessages } from '../../src/messages.js';

const CHANNELS = 100;

/** Bytes of a transfer: more than a window, and no multiple of a frame. */
const BYTES = 300_007;

interface Order {
  readonly id: number;
  readonly symbol: string;
}

/** What the far end does with a channel, by its handshake. */
const services: Readonly<Record<string, (channel: Channel, mux: Mux) => void>> = {
  hash: ({ inbound$, outbound$ }) => {
    inbound$
      .pipe(
        toArray(),
        map((chunks) => sha256(Buffer.concat(chunks))),
      )
      .subscribe(outbound$);
  },
  duplex: (channel) => {
    const duplex = toDuplex(channel);
    duplex.on('error', ignore).pipe(duplex);
  },
  'web stream': (channel) => {
    const { readable, writable } = toWebStream(channel);
    readable.pipeTo(writable).catch(ignore);
  },
  messages: (channel) => {
    const { inbound$, outbound$ } = toMessages<Order, Order>(channel, json());
    inbound$.pipe(map(({ id, symbol }) => ({ id: id + 1, symbol }))).subscribe(outbound$);
  },
  'call back': ({ inbound$, outbound$ }, mux) => {
    outbound$.complete();
    inbound$.subscribe(mux.open('called back').outbound$);
  },
  reject: (channel) => {
    channel.reject({ code: 'NO_THANKS', message: '' });
  },
  endless: (channel, mux) => {
    send(endless(), channel).subscribe({ error: ignore });
    channel.stopped$.subscribe(() => {
      mux.open('stopped').outbound$.complete();
    });
  },
};

/** The far end of {@link roundTrips}. */
export function serve(mux: Mux): void {
  mux.channels$.subscribe({
    next: (channel) => {
      services[String(channel.handshake)]?.(channel, mux);
    },
    error: ignore, // the near end tells of it
  });
}

function* endless(): Generator<Buffer> {
  for (;;) {
    yield Buffer.alloc(10_000);
  }
}

/** What is tried of a mux whose far end does {@link serve}, by name. */
export const roundTrips: Readonly<Record<string, (mux: Mux) => Promise<void>>> = {
  'ends one half, and gets an answer through the other': async (mux) => {
    const bytes = randomBytes(BYTES);
    const { inbound$, outbound$ } = mux.open('hash');
    outbound$.next(bytes);
    outbound$.complete();
    const answer = Buffer.concat(await lastValueFrom(inbound$.pipe(toArray()))).toString();
    equal(answer, sha256(bytes));
  },

  'sends through Duplexes, there and back': (mux) => throughDuplex(mux),

  'sends through WHATWG streams, there and back': async (mux) => {
    const bytes = randomBytes(BYTES);
    const { readable, writable } = toWebStream(mux.open('web stream'));
    const source = new Blob([bytes]).stream().pipeTo(writable);
    const received: Uint8Array[] = [];
    const reader = readable.getReader();
    for (let read = await reader.read(); !read.done; read = await reader.read()) {
      received.push(read.value);
    }
    await source;
    equal(sha256(Buffer.concat(received)), sha256(bytes));
  },

  'sends values, and gets values': async (mux) => {
    const { inbound$, outbound$ } = toMessages<Order, Order>(mux.open('messages'), json());
    const orders = Array.from({ length: 1000 }, (_, id) => ({ id, symbol: `symbol ${id}` }));
    orders.forEach((order) => {
      outbound$.next(order);
    });
    outbound$.complete();
    const answers = await lastValueFrom(inbound$.pipe(toArray()));
    equal(JSON.stringify(answers), JSON.stringify(orders.map(({ id, symbol }) => ({ id: id + 1, symbol }))));
  },

  'takes channels that the far end opens': async (mux) => {
    const bytes = randomBytes(BYTES);
    const called = firstValueFrom(mux.channels$.pipe(filter(isNamed('called back'))));
    const call = mux.open('call back');
    call.inbound$.subscribe();
    call.outbound$.next(bytes);
    call.outbound$.complete();
    const { inbound$, outbound$ } = await called;
    outbound$.complete();
    equal(sha256(Buffer.concat(await lastValueFrom(inbound$.pipe(toArray())))), sha256(bytes));
  },

  'makes the far end stop': async (mux) => {
    const stopped = firstValueFrom(mux.channels$.pipe(filter(isNamed('stopped'))));
    const channel = mux.open('endless');
    await firstValueFrom(channel.inbound$);
    channel.destroy();
    (await stopped).outbound$.complete();
  },

  'sends through a hundred channels at once, each with the right hash': async (mux) => {
    await Promise.all(Array.from({ length: CHANNELS }, () => throughDuplex(mux)));
  },

  'holds up the one channel that is not read, and no other': async (mux) => {
    const unread = mux.open('duplex');
    unread.outbound$.next(randomBytes(16 * BYTES)); // more than a port holds, which a window may have alone
    await throughDuplex(mux);
    const left = unread.bufferedAmount;
    if (left < 8 * BYTES) {
      throw new Error(`${left} bytes are left of ${16 * BYTES}, though nobody reads`);
    }
    unread.destroy();
  },
};

async function throughDuplex(mux: Mux): Promise<void> {
  const bytes = randomBytes(BYTES);
  equal(sha256(await buffer(toDuplex(mux.open('duplex')).end(bytes))), sha256(bytes));
}

const isNamed =
  (name: string) =>
  ({ handshake }: Channel): boolean =>
    String(handshake) === name;

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

function equal(actual: string, expected: string): void {
  if (actual !== expected) {
    throw new Error(`got ${actual.slice(0, 200)}, expected ${expected.slice(0, 200)}`);
  }
}

function ignore(): void {
  // the near end tells of it
}
