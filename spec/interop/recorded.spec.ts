import type { BPDuplex, DelayHandshake } from 'bpmux';
import { once } from 'node:events';
import { firstValueFrom } from 'rxjs';
import { type Channel, ChannelError, type MuxOptions } from '../../src/index.js';
import { overhear, type Overheard, settled } from './overhear.js';

/** Bytes, so few that rxmux grants some. */
const WINDOW = 8;

const HELLO = '00000007 07 00 01 00000008 # a keep-alive to bpmux; version 1, window 8\n';

const collect = async (duplex: BPDuplex): Promise<string> => {
  const chunks: Buffer[] = [];
  duplex.on('data', (chunk: Buffer) => chunks.push(chunk));
  await once(duplex, 'end');
  return Buffer.concat(chunks).toString();
};

/** rxmux opens channels: one that carries bytes both ways, one whose answer is delayed, one that it breaks, one it has enough of. */
async function rxmuxOpens({ mux, bpmux }: Overheard): Promise<void> {
  const answered = once(bpmux, 'handshake') as Promise<[BPDuplex, Buffer, DelayHandshake]>;
  const talk = mux.open('hi', { highWaterMark: WINDOW, priority: 0, weight: 1 });
  const [duplex] = await answered;
  await firstValueFrom(talk.handshake$);
  talk.outbound$.next('hello ');
  talk.outbound$.next('bpmux');
  talk.outbound$.complete();
  expect(await collect(duplex)).toBe('hello bpmux');
  talk.inbound$.subscribe();
  duplex.end('hello rxmux');
  await firstValueFrom(talk.closed$);

  let answer: ((data?: Buffer) => void) | undefined;
  bpmux.once('handshake', (_duplex, _data, delay) => {
    answer = delay?.();
  });
  const waits = mux.open('wait');
  waits.outbound$.next('impatient');
  await settled();
  answer?.(Buffer.from('here'));
  await firstValueFrom(waits.handshake$);
  waits.destroy(new ChannelError('ENOUGH', 'of this'));
  await settled();

  const enough = mux.open();
  await firstValueFrom(enough.handshake$);
  enough.cancel();
  enough.outbound$.complete();
  [...bpmux.duplexes.values()].at(-1)?.end('nobody reads this');
  await firstValueFrom(enough.closed$);
}

/** bpmux opens channels: one that carries bytes both ways, one that is put off, one that is rejected, one too many. */
async function bpmuxOpens({ mux, bpmux }: Overheard): Promise<void> {
  const channels: Channel[] = [];
  mux.channels$.subscribe((channel) => {
    channels.push(channel);
    switch (channel.handshake?.toString()) {
      case 'hi':
        channel.accept('ok');
        break;
      case 'wait':
        setImmediate(channel.delayHandshake(), 'here');
        break;
      default:
        channel.reject({ code: 'ENOUGH', message: 'of these' });
    }
  });
  const open = (data: string): BPDuplex =>
    bpmux.multiplex({ handshake_data: Buffer.from(data) }).on('error', () => undefined);
  for (const data of ['hi', 'wait']) {
    const duplex = open(data);
    await once(duplex, 'handshake');
    const [channel] = channels.splice(0);
    let received = '';
    channel?.inbound$.subscribe((chunk) => (received += chunk.toString()));
    duplex.end('hello rxmux');
    await settled();
    expect(received).toBe('hello rxmux');
    channel?.outbound$.next('hello bpmux');
    channel?.outbound$.complete();
    expect(await collect(duplex)).toBe('hello bpmux');
  }
  await once(open('rejected').resume(), 'error');
  void mux.close();
  await once(open('too many').resume(), 'error');
}

/** What rxmux sends in a conversation with bpmux, in hexadecimal. Whatever it could say more is asked for. */
async function bytesOf(
  converse: (overheard: Overheard) => Promise<void>,
  options?: MuxOptions,
): Promise<string> {
  const overheard = overhear({ peerChannelOptions: { highWaterMark: WINDOW }, ...options });
  const { mux, bpmux, bytes, faults } = overheard;
  let keepAlives = 0;
  bpmux.on('keep_alive', () => (keepAlives += 1));
  mux.ping().catch(() => undefined);
  await settled();
  await converse(overheard);
  mux.ping().catch(() => undefined);
  void mux.close();
  await settled();
  expect(faults).toEqual([]);
  expect(keepAlives).toBe(options?.extensions === false ? 0 : 1);
  mux.destroy();
  return bytes().toString('hex');
}

const hex = (text: string): string => text.replaceAll(/\s+#.*|\s/g, '');

const RXMUX_OPENS = `
0000000b 01 00000000 00000008 6869           # HANDSHAKE 0, free 8, "hi"
00000009 04 00000000 0000000b                # DATA 0, seq 11
0000000b 68656c6c6f2062706d7578              # payload "hello bpmux"
00000005 00 00000000                         # END 0
0000000d 03 00000000 00000008 00000008       # FINISHED_STATUS 0, free 8, seq 8
0000000d 01 00000001 00010000 77616974       # HANDSHAKE 1, free 65536, "wait"
00000009 04 00000001 00000009                # DATA 1, seq 9
00000009 696d70617469656e74                  # payload "impatient"
00000005 06 00000001                         # ERROR_END 1
00000009 01 00000002 00010000                # HANDSHAKE 2, free 65536, ""
00000005 00 00000002                         # END 2
`;

const BPMUX_OPENS = `
0000000b 01 00000000 00000008 6f6b           # HANDSHAKE 0, free 8, "ok"
0000000d 02 00000000 00000008 00000008       # STATUS 0, free 8, seq 8
00000009 04 00000000 0000000b                # DATA 0, seq 11
0000000b 68656c6c6f2062706d7578              # payload "hello bpmux"
00000005 00 00000000                         # END 0
00000009 05 00000001 00000008                # PRE_HANDSHAKE 1, free 8
0000000d 01 00000001 00000008 68657265       # HANDSHAKE 1, free 8, "here"
0000000d 02 00000001 00000008 00000008       # STATUS 1, free 8, seq 8
00000009 04 00000001 0000000b                # DATA 1, seq 11
0000000b 68656c6c6f2062706d7578              # payload "hello bpmux"
00000005 00 00000001                         # END 1
00000009 01 00000002 00000000                # HANDSHAKE 2, free 0, ""
00000005 06 00000002                         # ERROR_END 2
00000009 01 00000003 00000000                # HANDSHAKE 3, free 0, ""
00000005 06 00000003                         # ERROR_END 3
`;

describe.each([
  ['rxmux opens', rxmuxOpens, RXMUX_OPENS],
  ['bpmux opens', bpmuxOpens, BPMUX_OPENS],
])('what bpmux is sent where %s', (_, converse, recorded) => {
  it('is the plain wire with extensions: false', async () => {
    expect(await bytesOf(converse, { extensions: false })).toBe(hex(recorded));
  });

  it('is the same by default, with HELLO in front', async () => {
    expect(await bytesOf(converse)).toBe(hex(HELLO + recorded));
  });
});
