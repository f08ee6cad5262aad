import { BehaviorSubject, EMPTY, firstValueFrom, Subject } from 'rxjs';
import type { Carrier } from '../../src/index.js';
import type { Framing } from '../../src/framing/framing.js';
import { MessageWriter } from '../../src/framing/message-writer.js';
import { type Message, MessageType } from '../../src/protocol/message.js';

/** A carrier that remembers what it was told. */
class FakeCarrier implements Carrier {
  readonly inbound$ = EMPTY;
  readonly capacity$ = new BehaviorSubject(1000);
  readonly writes: (readonly Buffer[])[] = [];
  /** Names of the calls, in order. */
  readonly calls: string[] = [];

  write(chunks: readonly Buffer[]): void {
    this.calls.push('write');
    this.writes.push(chunks);
  }

  end(): void {
    this.calls.push('end');
  }

  destroy(): void {
    this.calls.push('destroy');
  }

  /** All that was written, as hexadecimal digits. */
  get hex(): string {
    return Buffer.concat(this.writes.flat()).toString('hex');
  }
}

const KEEP_ALIVE: Message = { type: MessageType.keepAlive };
const KEEP_ALIVE_HEX = '0000000107';
const END: Message = { type: MessageType.end, channel: 5 };
const END_HEX = '000000050000000005';

function setUp(coalesceWrites = true, framing: Framing = { lengthSize: 4 }) {
  const carrier = new FakeCarrier();
  const flushed$ = new Subject<void>();
  const errors: unknown[] = [];
  let flushes = 0;
  flushed$.subscribe(() => {
    flushes += 1;
  });
  const writer = new MessageWriter(carrier, {
    framing,
    coalesceWrites,
    onFlushed: () => {
      flushed$.next();
    },
    onError: (error) => errors.push(error),
  });
  return { carrier, writer, errors, flushed$, flushes: () => flushes };
}

describe('MessageWriter', () => {
  it('writes control messages as frames', () => {
    const { carrier, writer } = setUp();
    writer.write(KEEP_ALIVE);
    writer.write(END);
    writer.flush();
    expect(carrier.hex).toBe(KEEP_ALIVE_HEX + END_HEX);
  });

  it('writes DATA and its payload as two frames', () => {
    const { carrier, writer } = setUp();
    writer.writeData(5, 0x0102, Buffer.from('ab'));
    writer.flush();
    expect(carrier.hex).toBe('00000009' + '040000000500000102' + '00000002' + '6162');
  });

  it.each<[number, string]>([
    [1, '0107'],
    [2, '000107'],
  ])('writes lengths of %i bytes where that is set', (lengthSize, hex) => {
    const { carrier, writer } = setUp(true, { lengthSize });
    writer.write(KEEP_ALIVE);
    writer.flush();
    expect(carrier.hex).toBe(hex);
  });

  it('writes the lengths of the application’s own kind', () => {
    const { carrier, writer } = setUp(true, {
      lengthSize: 3,
      getLength: (bytes) => bytes.readUIntLE(0, 3),
      setLength: (bytes, length) => bytes.writeUIntLE(length, 0, 3),
    });
    writer.write(END);
    writer.flush();
    expect(carrier.hex).toBe('050000' + '0000000005');
  });

  it('gives the carrier nothing, and tells nobody, where nothing was written', () => {
    const { carrier, writer, flushes } = setUp();
    writer.flush();
    expect(carrier.calls).toEqual([]);
    expect(flushes()).toBe(0);
  });

  describe('with coalesced writes', () => {
    it('gives the carrier at the end of a turn what was written in it, in one write', async () => {
      const { carrier, writer, flushed$ } = setUp();
      const flushed = firstValueFrom(flushed$);
      writer.write(KEEP_ALIVE);
      writer.writeData(5, 2, Buffer.from('ab'));
      writer.write(END);
      expect(carrier.writes).toEqual([]);
      await flushed;
      expect(carrier.writes).toHaveLength(1);
      expect(carrier.hex).toBe(KEEP_ALIVE_HEX + '00000009040000000500000002' + '000000026162' + END_HEX);
    });

    it('joins small frames into one chunk', () => {
      const { carrier, writer } = setUp();
      for (let i = 1; i <= 10; i += 1) {
        writer.writeData(5, 100 * i, Buffer.alloc(100));
      }
      writer.flush();
      expect(carrier.writes.map((chunks) => chunks.length)).toEqual([1]);
    });

    it('writes again in the next turn', async () => {
      const { carrier, writer, flushed$ } = setUp();
      for (const message of [KEEP_ALIVE, END]) {
        const flushed = firstValueFrom(flushed$);
        writer.write(message);
        await flushed;
      }
      expect(carrier.writes).toHaveLength(2);
      expect(carrier.hex).toBe(KEEP_ALIVE_HEX + END_HEX);
    });

    it('does not write twice what was flushed before the end of the turn', async () => {
      const { carrier, writer, flushed$, flushes } = setUp();
      writer.write(KEEP_ALIVE);
      writer.flush();
      expect(carrier.writes).toHaveLength(1);
      expect(flushes()).toBe(1);
      const flushed = firstValueFrom(flushed$);
      writer.write(END);
      await flushed;
      expect(carrier.hex).toBe(KEEP_ALIVE_HEX + END_HEX);
      expect(flushes()).toBe(2);
    });

    it('tells when the carrier has been given what was written', () => {
      const { carrier, writer, flushed$ } = setUp();
      const written: number[] = [];
      flushed$.subscribe(() => written.push(carrier.writes.length));
      writer.write(KEEP_ALIVE);
      writer.flush();
      expect(written).toEqual([1]);
    });
  });

  describe('without coalesced writes', () => {
    it('gives the carrier each control message at once', () => {
      const { carrier, writer, flushes } = setUp(false);
      writer.write(KEEP_ALIVE);
      expect(carrier.writes).toHaveLength(1);
      writer.write(END);
      expect(carrier.writes).toHaveLength(2);
      expect(carrier.hex).toBe(KEEP_ALIVE_HEX + END_HEX);
      expect(flushes()).toBe(2);
    });

    it('keeps DATA and its payload together', () => {
      const { carrier, writer } = setUp(false);
      writer.writeData(5, 2, Buffer.from('ab'));
      expect(carrier.writes).toHaveLength(1);
      expect(carrier.hex).toBe('00000009040000000500000002' + '000000026162');
    });
  });

  it.each([true, false])('does not copy large payloads (coalesceWrites: %s)', (coalesceWrites) => {
    const { carrier, writer } = setUp(coalesceWrites);
    const payload = Buffer.alloc(10_000, 'x');
    writer.writeData(5, payload.length, payload);
    writer.flush();
    const [chunks = []] = carrier.writes;
    expect(chunks).toHaveLength(2);
    expect(chunks[0]?.toString('hex')).toBe('00000009040000000500002710' + '00002710');
    expect(chunks[1]?.buffer).toBe(payload.buffer);
    expect(chunks[1]?.byteOffset).toBe(payload.byteOffset);
    expect(chunks[1]).toHaveLength(payload.length);
  });

  it('writes an empty payload as an empty frame', () => {
    const { carrier, writer } = setUp();
    writer.writeData(5, 2, Buffer.alloc(0));
    writer.flush();
    expect(carrier.hex).toBe('00000009040000000500000002' + '00000000');
  });

  it('has room for what the carrier takes besides what waits for the end of the turn', () => {
    const { carrier, writer } = setUp();
    expect(writer.room).toBe(1000);
    writer.write(KEEP_ALIVE);
    expect(writer.room).toBe(995);
    writer.writeData(5, 2000, Buffer.alloc(2000));
    expect(writer.room).toBe(995 - 13 - 2004);
    carrier.capacity$.next(500);
    writer.flush();
    expect(writer.room).toBe(500);
  });

  describe('at its end', () => {
    it('gives the carrier what waits, and then ends it', () => {
      const { carrier, writer } = setUp();
      writer.write(KEEP_ALIVE);
      writer.end();
      expect(carrier.calls).toEqual(['write', 'end']);
      expect(carrier.hex).toBe(KEEP_ALIVE_HEX);
    });

    it('ends the carrier where nothing waits', () => {
      const { carrier, writer } = setUp();
      writer.end();
      expect(carrier.calls).toEqual(['end']);
    });

    it('ends the carrier once', () => {
      const { carrier, writer } = setUp();
      writer.end();
      writer.end();
      expect(carrier.calls).toEqual(['end']);
    });

    it('drops what is written later', () => {
      const { carrier, writer } = setUp();
      writer.end();
      writer.write(KEEP_ALIVE);
      writer.writeData(5, 2, Buffer.from('ab'));
      writer.flush();
      expect(carrier.calls).toEqual(['end']);
      expect(writer.room).toBe(1000);
    });
  });

  it('drops what waits and what is written later when it is told to discard it', () => {
    const { carrier, writer, flushes } = setUp();
    writer.write(KEEP_ALIVE);
    writer.discard();
    writer.write(END);
    writer.flush();
    writer.end();
    expect(carrier.calls).toEqual([]);
    expect(writer.room).toBe(1000);
    expect(flushes()).toBe(0);
  });

  describe.each([true, false])('when setLength throws (coalesceWrites: %s)', (coalesceWrites) => {
    const reason = new Error('of setLength');
    const framing: Framing = {
      lengthSize: 1,
      setLength: (bytes, length) => {
        if (length > 100) {
          throw reason;
        }
        bytes.writeUInt8(length);
      },
    };

    it('tells once, and writes nothing more', () => {
      const { carrier, writer, errors } = setUp(coalesceWrites, framing);
      writer.writeData(5, 101, Buffer.alloc(101));
      expect(errors).toEqual([reason]);
      writer.writeData(5, 202, Buffer.alloc(101));
      writer.write(KEEP_ALIVE);
      writer.flush();
      writer.end();
      expect(errors).toEqual([reason]);
      expect(carrier.calls).toEqual([]); // not even the header of the payload
    });
  });

  it('tells of a length that does not fit into its bytes', () => {
    const { carrier, writer, errors } = setUp(true, { lengthSize: 1 });
    writer.writeData(5, 256, Buffer.alloc(256));
    writer.flush();
    expect(errors).toMatchObject([{ name: 'RangeError', code: 'ERR_OUT_OF_RANGE' }]);
    expect(carrier.calls).toEqual([]);
  });
});
