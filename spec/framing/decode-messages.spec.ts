import { type Observable, of, Subject } from 'rxjs';
import { HeaderTooBigError, ProtocolError } from '../../src/index.js';
import { decodeMessages } from '../../src/framing/decode-messages.js';
import type { Framing } from '../../src/framing/framing.js';
import type { ReceivedMessage } from '../../src/framing/message-reader.js';
import { MessageType } from '../../src/protocol/message.js';
import * as peer from '../support/wire.js';

/** What has been emitted so far, and how it ended. */
interface Seen {
  readonly messages: ReceivedMessage[];
  readonly ends: unknown[];
}

function watch(
  chunks$: Observable<Uint8Array>,
  framing: Framing = { lengthSize: 4 },
  maxHeaderSize = 0,
): Seen {
  const seen: Seen = { messages: [], ends: [] };
  chunks$.pipe(decodeMessages(framing, maxHeaderSize)).subscribe({
    next: (message) => seen.messages.push(message),
    error: (error: unknown) => seen.ends.push(error),
    complete: () => seen.ends.push('complete'),
  });
  return seen;
}

const KEEP_ALIVE = { type: MessageType.keepAlive };
const end = (channel: number) => ({ type: MessageType.end, channel });

describe('decodeMessages', () => {
  it('emits what a chunk says while that is being delivered', () => {
    const chunks$ = new Subject<Uint8Array>();
    const { messages } = watch(chunks$);
    chunks$.next(Buffer.concat([peer.keepAlive(), peer.end(5)]));
    expect(messages).toEqual([KEEP_ALIVE, end(5)]);
    const wire = peer.data(7, 8, 'in parts');
    chunks$.next(wire.subarray(0, -6));
    expect(messages[2]).toMatchObject({ channel: 7, bytes: Buffer.from('in') });
    chunks$.next(wire.subarray(-6));
    expect(messages[3]).toMatchObject({ channel: 7, bytes: Buffer.from(' parts') });
  });

  it('takes chunks that are no Buffers, views included, without copying them', () => {
    const wire = peer.data(7, 2, 'ab');
    const memory = new Uint8Array([...wire, ...wire]);
    const { messages } = watch(of(memory.subarray(0, wire.length), memory.subarray(wire.length)));
    expect(messages).toMatchObject([{ bytes: Buffer.from('ab') }, { bytes: Buffer.from('ab') }]);
    for (const message of messages) {
      expect(message).toHaveProperty('bytes.buffer', memory.buffer);
    }
  });

  it('takes lengths as the framing says', () => {
    const { messages } = watch(of(Buffer.from('000107', 'hex')), { lengthSize: 2 });
    expect(messages).toEqual([KEEP_ALIVE]);
  });

  it('skips headers of more than maxHeaderSize bytes', () => {
    const chunk = Buffer.concat([peer.handshake(7, 0, 'too long'), peer.end(5)]);
    const { messages } = watch(of(chunk), { lengthSize: 4 }, 9);
    expect(messages).toMatchObject([{ error: expect.any(HeaderTooBigError) as HeaderTooBigError }, end(5)]);
  });

  it('keeps the bytes of different subscribers apart', () => {
    const chunks$ = new Subject<Uint8Array>();
    const decoded$ = chunks$.pipe(decodeMessages({ lengthSize: 4 }, 0));
    const [early, late]: ReceivedMessage[][] = [[], []];
    decoded$.subscribe((message) => early?.push(message));
    chunks$.next(peer.end(5).subarray(0, 6));
    decoded$.subscribe((message) => late?.push(message));
    chunks$.next(peer.end(5).subarray(6));
    expect(early).toEqual([end(5)]);
    expect(late).toEqual([]);
  });

  it('goes on with a chunk that comes while another is being worked through', () => {
    const chunks$ = new Subject<Uint8Array>();
    const messages: ReceivedMessage[] = [];
    chunks$.pipe(decodeMessages({ lengthSize: 4 }, 0)).subscribe((message) => {
      messages.push(message);
      if (messages.length === 1) {
        chunks$.next(peer.end(3));
      }
    });
    chunks$.next(Buffer.concat([peer.end(1), peer.end(2)]));
    expect(messages).toEqual([end(1), end(2), end(3)]);
  });

  describe('when the source ends in the middle of something', () => {
    const wire = peer.data(7, 5, 'hello');
    const places: readonly [place: string, bytes: number][] = [
      ['a length', 2],
      ['a header that has not begun', 4],
      ['a header', 8],
      ['a message, before its payload', 13],
      ['the length of a payload', 14],
      ['a message, before the bytes of its payload', 17],
      ['a payload', 20],
    ];

    it.each(places)('completes with it: %s', (_place, bytes) => {
      const { ends } = watch(of(wire.subarray(0, bytes)));
      expect(ends).toEqual(['complete']);
    });

    it.each(places)('errors with its error: %s', (_place, bytes) => {
      const chunks$ = new Subject<Uint8Array>();
      const { ends } = watch(chunks$);
      const broken = new Error('of the carrier');
      chunks$.next(wire.subarray(0, bytes));
      chunks$.error(broken);
      expect(ends).toEqual([broken]);
    });
  });

  describe('where the framing refuses a length', () => {
    const wire = Buffer.from('0107' + 'ff' + '0107', 'hex');

    it.each<[how: string, getLength: (bytes: Buffer) => number, cause: Error]>([
      [
        'throws',
        (bytes) => {
          if (bytes[0] === 255) {
            throw new Error('of getLength');
          }
          return bytes.readUInt8(0);
        },
        new Error('of getLength'),
      ],
      [
        'returns less than 0',
        (bytes) => bytes.readInt8(0),
        new RangeError('the length of a frame must be a whole number from 0, got -1'),
      ],
    ])('errors with ProtocolError when getLength %s, after what came before', (_how, getLength, cause) => {
      const chunks$ = new Subject<Uint8Array>();
      const { messages, ends } = watch(chunks$, { lengthSize: 1, getLength });
      chunks$.next(wire);
      expect(messages).toEqual([KEEP_ALIVE]);
      expect(ends).toEqual([expect.any(ProtocolError)]);
      expect(ends).toMatchObject([{ message: 'frame length refused', cause }]);
      expect(chunks$.observed).toBe(false);
    });
  });

  it.each([null, undefined, 5, {}])('errors where a chunk is %p', (chunk) => {
    const { ends } = watch(of(chunk as Uint8Array));
    expect(ends).toEqual([expect.any(ProtocolError)]);
  });

  it('says so where the memory of a chunk is transferred while its messages are emitted', () => {
    const chunk = new Uint8Array([...peer.data(7, 2, 'ab'), ...peer.data(9, 3, 'abc')]);
    const ends: unknown[] = [];
    const seen = jest.fn(() => structuredClone(chunk.buffer, { transfer: [chunk.buffer] }));
    of(chunk)
      .pipe(decodeMessages({ lengthSize: 4 }, 0))
      .subscribe({ next: seen, error: (error: unknown) => ends.push(error) });
    expect(seen).toHaveBeenCalledTimes(1);
    expect(ends).toEqual([
      new TypeError('bytes that were still to be read are gone: their memory was transferred'),
    ]);
  });

  it('errors where the first frame shows that the peer speaks something else, and lets go of the source', () => {
    const chunks$ = new Subject<Uint8Array>();
    const { messages, ends } = watch(chunks$, { lengthSize: 4 }, 65_536);
    chunks$.next(Buffer.from('SSH-2.0-OpenSSH_9.2p1\r\n'));
    expect(messages).toEqual([]);
    expect(ends).toEqual([
      new ProtocolError('the peer does not speak this protocol: it began with "SSH-2.0-OpenSSH_"'),
    ]);
    expect(chunks$.observed).toBe(false);
  });

  describe('when it is unsubscribed', () => {
    it('reads nothing more, be it in the middle of a chunk', () => {
      const chunks$ = new Subject<Uint8Array>();
      const getLength = jest.fn((bytes: Buffer) => bytes.readUInt32BE(0));
      const messages: ReceivedMessage[] = [];
      const subscription = chunks$
        .pipe(decodeMessages({ lengthSize: 4, getLength }, 0))
        .subscribe((message) => {
          messages.push(message);
          if (messages.length === 2) {
            subscription.unsubscribe();
          }
        });
      chunks$.next(Buffer.concat([1, 2, 3, 4].map((channel) => peer.end(channel))));
      expect(messages).toEqual([end(1), end(2)]);
      expect(getLength).toHaveBeenCalledTimes(2);
      expect(chunks$.observed).toBe(false);
    });

    it('lets go of the source in the middle of a frame', () => {
      const chunks$ = new Subject<Uint8Array>();
      const subscription = chunks$.pipe(decodeMessages({ lengthSize: 4 }, 0)).subscribe();
      chunks$.next(peer.end(1).subarray(0, 6));
      subscription.unsubscribe();
      expect(chunks$.observed).toBe(false);
    });
  });
});
