import { readFile } from 'node:fs/promises';
import { setImmediate, setTimeout } from 'node:timers/promises';
import { BehaviorSubject, Subject, type Subscription } from 'rxjs';
import { type Carrier, type Channel, Mux, type MuxOptions, toDuplex } from 'rxmux';

/**
 * A peer that has the mux keep as much as it can, in the way that the arguments say. Prints the memory of the process beyond
 * what it was before.
 *
 * - payloads: `tiny`, `huge`, or `sparse`, each with its chunk of the carrier a third larger, which is kept with it
 * - application: `absent`; or it takes channels and `ignores` them; `stops` to read when the windows have grown; has each
 *   as a `duplex` that nobody reads, or `iterates` over it, and waits after the first piece; or `opens` them itself
 * - options of the mux, as JSON. With `extensions` the peer knows more than bpmux: it sends bytes with each opening, and
 *   in the end reasons as long as they may be for each channel
 */
const [, , payloads = '', application = '', options = '{}'] = process.argv;

/** Numbers that are no small integers to the engine. */
const FIRST_NUMBER = 3_000_000_000;
const NUMBERS = 300_000;
/** More than there may be at once. */
const MANY = 70_000;
const CHUNK = 65_536;
const LENGTH = 4;
const CREDIT_HEADER = 9;
const [END, HANDSHAKE, STATUS, FINISHED_STATUS, DATA, KEEP_ALIVE] = [0, 1, 2, 3, 4, 7];
const [HELLO, STOP, REASON] = [0, 1, 3];
/** Bytes that may come with the opening of a channel. */
const PROMISED = 2048;
const LONGEST_REASON = Buffer.concat([
  Buffer.of(255),
  Buffer.alloc(255, 'c'),
  Buffer.of(4, 0),
  Buffer.alloc(1024, 'm'),
]);

/** A carrier with a peer that says what it likes. All that it keeps is a chunk, and two numbers for each channel. */
class Attacker implements Carrier {
  readonly inbound$ = new Subject<Uint8Array>();
  readonly capacity$ = new BehaviorSubject(CHUNK);
  /** How far it may send on each channel, and how far it has. */
  readonly #edges = new Uint32Array(NUMBERS);
  readonly #sent = new Uint32Array(NUMBERS);
  readonly #chunk = Buffer.alloc(2 * CHUNK);
  #length = 0;

  write(chunks: readonly Uint8Array[]): void {
    const bytes = Buffer.concat(chunks);
    for (let at = 0; at < bytes.length; at += LENGTH + bytes.readUInt32BE(at)) {
      const type = bytes.readUInt8(at + LENGTH);
      if (type === HANDSHAKE || type === STATUS || type === FINISHED_STATUS) {
        const [channel, free] = [bytes.readUInt32BE(at + 5), bytes.readUInt32BE(at + 9)];
        this.#edges[channel - FIRST_NUMBER] = free + (type === HANDSHAKE ? 0 : bytes.readUInt32BE(at + 13));
      }
    }
  }

  end(): void {
    this.capacity$.complete();
  }

  destroy(): void {
    this.inbound$.complete();
  }

  /** Gives the mux what there is of a chunk, in memory of its own, as sockets do. */
  flush(): void {
    if (this.#length > 0) {
      const chunk = Buffer.allocUnsafeSlow(this.#length);
      this.#chunk.copy(chunk);
      this.#length = 0;
      this.inbound$.next(chunk);
    }
  }

  sayHandshake(channel: number, data: number): void {
    this.#header(HANDSHAKE, channel, CREDIT_HEADER + data);
  }

  sayHello(): void {
    this.#extension(HELLO, Buffer.of(1, 0, 0, 8, 0));
  }

  /** Stops the channel, and gives a reason for an end that does not come. */
  sayReasons(channel: number): void {
    const body = Buffer.alloc(4 + LONGEST_REASON.length);
    body.writeUInt32BE(channel);
    LONGEST_REASON.copy(body, 4);
    this.#extension(STOP, body);
    this.#extension(REASON, body);
  }

  /** Bytes that come before the answer. */
  sayEarly(channel: number): void {
    this.#sayData(channel, PROMISED);
  }

  sayEnd(channel: number): void {
    this.#header(END, channel, 5);
  }

  /** Bytes that may be sent on a channel. */
  credit(channel: number): number {
    const at = channel - FIRST_NUMBER;
    return (this.#edges[at] ?? 0) - (this.#sent[at] ?? 0);
  }

  /**
   * Sends all that may be sent on a channel.
   *
   * @param size - bytes of each payload
   * @param isSparse - whether each payload is three quarters of a chunk
   */
  fill(channel: number, size: number, isSparse = false): void {
    let left = this.credit(channel);
    while (left > 0) {
      const bytes = Math.min(size, left);
      left -= bytes;
      if (isSparse) {
        this.flush();
      }
      this.#sayData(channel, bytes);
      const rest = Math.floor((4 * bytes) / 3) - this.#length;
      if (isSparse && rest > LENGTH) {
        this.#header(KEEP_ALIVE, 0, rest - LENGTH); // what is beyond the type is ignored
        this.flush();
      }
    }
  }

  /** Says all of a header but its last byte, each byte in a chunk of its own. */
  dribble(length: number): void {
    this.flush();
    for (const byte of [0, 0, length >> 8, length & 255]) {
      this.inbound$.next(Buffer.of(byte));
    }
    for (let n = 1; n < length; n += 1) {
      this.inbound$.next(Buffer.of(KEEP_ALIVE));
    }
  }

  #extension(kind: number, body: Uint8Array): void {
    if (this.#length + LENGTH + 2 + body.length > CHUNK) {
      this.flush();
    }
    this.#chunk.writeUInt32BE(2 + body.length, this.#length);
    this.#chunk.set([KEEP_ALIVE, kind], this.#length + LENGTH);
    this.#chunk.set(body, this.#length + LENGTH + 2);
    this.#length += LENGTH + 2 + body.length;
  }

  #sayData(channel: number, bytes: number): void {
    const sent = (this.#sent[channel - FIRST_NUMBER] ?? 0) + bytes;
    this.#sent[channel - FIRST_NUMBER] = sent;
    this.#header(DATA, channel, CREDIT_HEADER, sent, LENGTH + bytes);
    this.#chunk.writeUInt32BE(bytes, this.#length - LENGTH - bytes);
  }

  /** Writes a header frame, and leaves room for `more` bytes behind it. */
  #header(type: number, channel: number, length: number, second = 0, more = 0): void {
    if (this.#length + LENGTH + length + more > CHUNK) {
      this.flush();
    }
    const at = this.#length;
    this.#length += LENGTH + length + more;
    this.#chunk.writeUInt32BE(length, at);
    this.#chunk.writeUInt8(type, at + 4);
    this.#chunk.writeUInt32BE(channel, at + 5);
    this.#chunk.writeUInt32BE(second, at + 9);
  }
}

/**
 * Bytes of memory at the peak. Linux says it of this program alone; `maxRSS` begins with what the process had that has
 * started it.
 */
async function peakOfThisProgram(): Promise<number> {
  const status = await readFile('/proc/self/status', 'utf8').catch(() => '');
  const kibibytes = /^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1];
  return 1024 * (kibibytes === undefined ? process.resourceUsage().maxRSS : Number(kibibytes));
}

const attacker = new Attacker();
const before = process.memoryUsage.rss();
const mux = new Mux(attacker, JSON.parse(options) as MuxOptions);
const { maxOpen = Infinity, extensions = false } = JSON.parse(options) as MuxOptions;
if (extensions) {
  attacker.sayHello();
}
/** What the application has. */
const taken: unknown[] = [];
const reading: Subscription[] = [];

const uses: Record<string, (channel: Channel) => unknown> = {
  ignores: (channel) => channel,
  opens: (channel) => channel,
  stops: (channel) => {
    reading.push(channel.inbound$.subscribe());
    return channel;
  },
  duplex: (channel) => toDuplex(channel).on('error', () => undefined),
  iterates: (channel) => {
    const iterator = toDuplex(channel)[Symbol.asyncIterator]();
    iterator.next().catch(() => undefined);
    return iterator;
  },
};
const use = uses[application];
if (use !== undefined) {
  mux.channels$.subscribe((channel) => taken.push(use(channel)));
}

/** Does something for each of some numbers, with turns of the mux between. */
async function forNumbers(count: number, act: (channel: number) => void): Promise<void> {
  for (let n = 0; n < count; n += 1) {
    act(FIRST_NUMBER + n);
    if (n % 64 === 63) {
      attacker.flush();
      await setImmediate();
    }
  }
  attacker.flush();
  await setImmediate();
}

/** Has windows grow: two as far as they do, over a way of ten milliseconds, and others up to the usual size. */
async function grow(): Promise<void> {
  for (let round = 0; round < 14; round += 1) {
    for (const channel of [FIRST_NUMBER, FIRST_NUMBER + 1]) {
      await setTimeout(10);
      attacker.fill(channel, 32_768);
      attacker.flush();
      await setImmediate();
    }
  }
  for (let round = 0; round < 24; round += 1) {
    await forNumbers(1000, (channel) => {
      if (channel > FIRST_NUMBER + 1) {
        attacker.fill(channel, 32_768);
      }
    });
  }
}

if (application === 'opens') {
  for (let n = 0; n < Math.min(maxOpen, 16_384); n += 1) {
    taken.push(mux.open('', { channel: FIRST_NUMBER + n }));
  }
  await setImmediate();
}
// Handshake data: as much as there is room for, and then in each channel as much as it may have in any case.
await forNumbers(2000, (channel) => {
  attacker.sayHandshake(channel, CHUNK - LENGTH - CREDIT_HEADER);
});
await forNumbers(MANY, (channel) => {
  if (application === 'opens' || !mux.openChannels.has(channel)) {
    attacker.sayHandshake(channel, 256);
    if (extensions && application !== 'opens') {
      attacker.sayEarly(channel);
    }
  }
});
await grow();
for (const subscription of reading) {
  subscription.unsubscribe();
}
const channels = mux.openChannels.size;
const size = { tiny: 13, huge: 65_000 }[payloads] ?? 16_384;
await forNumbers(MANY, (channel) => {
  attacker.fill(channel, size, payloads === 'sparse');
});
attacker.capacity$.next(0); // from now on it does not read
if (extensions) {
  await forNumbers(MANY, (channel) => {
    attacker.sayReasons(channel);
  });
}
await forNumbers(MANY, (channel) => {
  attacker.sayHandshake(channel + 100_000, 256);
  attacker.sayEnd(channel + 200_000);
});
attacker.dribble(65_535);
await setTimeout(100);

const peak = await peakOfThisProgram();
console.log(JSON.stringify({ channels, kept: peak - before }));
process.exit();
