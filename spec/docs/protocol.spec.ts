import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Duplex } from 'node:stream';
import { filter, firstValueFrom, lastValueFrom, reduce, take, VirtualTimeScheduler } from 'rxjs';
import { type Channel, Mux } from '../../src/index.js';
import { decodeHeader } from '../../src/protocol/codec.js';
import type { Extension } from '../../src/protocol/extension.js';
import { type Message, MessageType } from '../../src/protocol/message.js';
import { blocks } from '../support/markdown.js';

const protocolPage = readFileSync(join(__dirname, '..', '..', 'docs', 'protocol.md'), 'utf8');

/** One end of a pair of streams that hand each other what they are given. */
class End extends Duplex {
  peer!: End;

  /** @param onWrite - sees what this end sends */
  constructor(private readonly onWrite: (bytes: Buffer) => void) {
    super();
  }

  override _read(): void {
    // Bytes are pushed as the peer writes them.
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, callback: () => void): void {
    this.onWrite(chunk);
    this.peer.push(chunk);
    callback();
  }

  override _final(callback: () => void): void {
    this.peer.push(null);
    callback();
  }
}

/** The bytes of one side, drawn frame by frame: who sends, the length, the fields, and what they mean. */
class Transcript {
  readonly #lines: string[] = [];
  readonly #rest = new Map<string, Buffer>();
  readonly #payloadDue = new Set<string>();

  add(who: string, bytes: Buffer): void {
    let rest = Buffer.concat([this.#rest.get(who) ?? Buffer.alloc(0), bytes]);
    while (rest.length >= 4 && rest.length >= 4 + rest.readUInt32BE(0)) {
      const end = 4 + rest.readUInt32BE(0);
      this.#lines.push(`${who}  ${this.#frame(who, rest.subarray(4, end))}`);
      rest = rest.subarray(end);
    }
    this.#rest.set(who, rest);
  }

  take(): string {
    return this.#lines.splice(0).join('\n') + '\n';
  }

  #frame(who: string, frame: Buffer): string {
    const hex = (start: number, end?: number): string => frame.toString('hex', start, end);
    const length = frame.length.toString(16).padStart(8, '0');
    const line = (fields: readonly string[], meaning: string): string =>
      [length, ...fields].join(' ').trim().padEnd(43) + meaning;
    if (this.#payloadDue.delete(who)) {
      return line([hex(0)], `payload "${frame.toString()}"`);
    }
    const message = decodeHeader(frame) as Exclude<Message, Extension>; // neither side says HELLO
    if (message.type === MessageType.data) {
      this.#payloadDue.add(who);
    }
    return line([hex(0, 1), hex(1, 5), hex(5, 9), hex(9)], describeMessage(message, frame.length));
  }
}

function describeMessage(message: Exclude<Message, Extension>, length: number): string {
  switch (message.type) {
    case MessageType.keepAlive:
      return 'KEEP_ALIVE';
    case MessageType.end:
      return `END ${message.channel}`;
    case MessageType.errorEnd:
      return `ERROR_END ${message.channel}`;
    case MessageType.data:
      return `DATA ${message.channel}, seq ${message.seq}`;
    case MessageType.handshake:
      return `HANDSHAKE ${message.channel}, free ${message.free}, data "${Buffer.from(message.data).toString()}"`;
    default: {
      const name = { 2: 'STATUS', 3: 'FINISHED_STATUS', 5: 'PRE_HANDSHAKE' }[message.type];
      const seq = length === 13 ? `, seq ${message.seq}` : '';
      return `${name} ${message.channel}, free ${message.free}${seq}`;
    }
  }
}

/** Holds the conversation that the page shows, and returns its scenes as the page writes them. */
async function converse(): Promise<string[]> {
  const transcript = new Transcript();
  const [near, far] = ['A', 'B'].map(
    (who) =>
      new End((bytes) => {
        transcript.add(who, bytes);
      }),
  ) as [End, End];
  near.peer = far;
  far.peer = near;
  const scheduler = new VirtualTimeScheduler();
  scheduler.maxFrames = 30_000;
  const plain = { extensions: false, highChannels: false };
  const a = new Mux(near, { ...plain, scheduler });
  const b = new Mux(far, { ...plain, keepAlive: false, peerChannelOptions: { highWaterMark: 8 } });
  const scenes: string[] = [];

  /** A opens a channel. How B answers is told by `answer`, while `channels$` emits. */
  const open = async <T>(data: string, answer: (channel: Channel) => T): Promise<[Channel, Channel, T]> => {
    const arrival = new Promise<[Channel, T]>((resolve) => {
      b.channels$.pipe(take(1)).subscribe((channel) => {
        resolve([channel, answer(channel)]);
      });
    });
    const channel = a.open(data, { highWaterMark: 16 });
    return [channel, ...(await arrival)];
  };
  const total = ({ inbound$ }: Channel): Promise<number> =>
    lastValueFrom(inbound$.pipe(reduce((sum, chunk) => sum + chunk.length, 0)));
  const isGone = (channel: Channel): Promise<void> => firstValueFrom(channel.closed$);
  const credit = (channel: Channel, bytes: number): Promise<number> =>
    firstValueFrom(channel.sendWindow$.pipe(filter((value) => value === bytes)));

  {
    const [ours, theirs] = await open('hi', (channel) => {
      channel.accept('ok');
    });
    ours.outbound$.next('hello world');
    ours.outbound$.complete();
    void total(ours);
    await total(theirs);
    theirs.outbound$.next('goodbye!');
    await credit(theirs, 8);
    await credit(theirs, 16);
    theirs.outbound$.complete();
    await isGone(ours);
    scenes.push(transcript.take());
  }
  {
    const [ours, theirs, answer] = await open('wait', (channel) => channel.delayHandshake());
    ours.outbound$.next('impatient');
    ours.outbound$.complete();
    await total(theirs);
    answer('here');
    await firstValueFrom(ours.handshake$);
    theirs.outbound$.complete();
    await isGone(ours);
    scenes.push(transcript.take());
  }
  {
    const [ours] = await open('knock', (channel) => {
      channel.reject();
    });
    await isGone(ours).catch(() => undefined);
    scenes.push(transcript.take());
  }
  {
    const arrival = firstValueFrom(b.keepAlive$);
    scheduler.flush();
    await arrival;
    scenes.push(transcript.take());
  }
  await a.close();
  return scenes;
}

describe('docs/protocol.md', () => {
  it('shows what the code sends, byte for byte', async () => {
    const scenes = blocks(protocolPage)
      .filter(({ language }) => language === 'hex')
      .map(({ code }) => code);
    expect(scenes).toEqual(await converse());
  });

  it('gives every type its number', () => {
    const numbers = [...protocolPage.matchAll(/^\| (\d) +\| ([A-Z_]+) /gm)].map(([, type, name]) => [
      name,
      Number(type),
    ]);
    const expected = Object.entries(MessageType).map(([name, type]) => [
      name.replaceAll(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase(),
      type,
    ]);
    expect(Object.fromEntries(numbers)).toEqual(Object.fromEntries(expected));
  });
});
