import { BehaviorSubject, EMPTY } from 'rxjs';
import type { Carrier } from '../../src/index.js';
import type { Framing } from '../../src/framing/framing.js';
import { MessageWriter } from '../../src/framing/message-writer.js';
import { type Message, MessageType } from '../../src/protocol/message.js';
import { framings } from './framings.js';

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
  const onWaiting = jest.fn();
  const onFlushed = jest.fn();
  const onError = jest.fn<undefined, [unknown]>();
  const writer = new MessageWriter(carrier, { framing, coalesceWrites, onWaiting, onFlushed, onError });
  return { carrier, writer, onWaiting, onFlushed, onError };
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

  it('writes one frame for a payload in several pieces: small ones are joined, large ones passed on as they are', () => {
    const { carrier, writer } = setUp();
    const pieces = [4, 5000, 1, 2, 4096, 4097].map((size, i) => Buffer.alloc(size, i + 1));
    const [first = Buffer.alloc(0), ...more] = pieces;
    writer.writeData(5, 2, first, more);
    expect(writer.frames).toBe(2);
    writer.flush();
    expect(carrier.hex).toBe(
      '00000009' + '040000000500000002' + '00003390' + Buffer.concat(pieces).toString('hex'),
    );
    const chunks = carrier.writes.flat();
    expect(chunks).toHaveLength(4);
    expect([chunks[1], chunks[3]].map((chunk) => pieces.findIndex((piece) => piece === chunk))).toEqual([
      1, 5,
    ]);
  });

  it.each(framings)('writes lengths of $name where that is set', ({ framing, length }) => {
    const { carrier, writer } = setUp(true, framing);
    writer.write(END);
    writer.writeData(5, 2, Buffer.from('ab'));
    writer.flush();
    const [five, nine, two] = [5, 9, 2].map((bytes) => length(bytes).toString('hex'));
    expect(carrier.hex).toBe(`${five}0000000005` + `${nine}040000000500000002` + `${two}6162`);
  });

  it('gives the carrier nothing, and tells nobody, where nothing was written', () => {
    const { carrier, writer, onFlushed } = setUp();
    writer.flush();
    expect(carrier.calls).toEqual([]);
    expect(onFlushed).not.toHaveBeenCalled();
  });

  describe('with coalesced writes', () => {
    it('gives the carrier what was written when it is flushed, in one write', () => {
      const { carrier, writer } = setUp();
      writer.write(KEEP_ALIVE);
      writer.writeData(5, 2, Buffer.from('ab'));
      writer.write(END);
      expect(carrier.writes).toEqual([]);
      writer.flush();
      expect(carrier.writes).toHaveLength(1);
      expect(carrier.hex).toBe(KEEP_ALIVE_HEX + '00000009040000000500000002' + '000000026162' + END_HEX);
    });

    it('gives the carrier nothing twice', () => {
      const { carrier, writer } = setUp();
      writer.write(KEEP_ALIVE);
      writer.flush();
      writer.flush();
      writer.write(END);
      writer.flush();
      expect(carrier.writes).toHaveLength(2);
      expect(carrier.hex).toBe(KEEP_ALIVE_HEX + END_HEX);
    });

    it('tells when something begins to wait, once until it is flushed', () => {
      const { writer, onWaiting } = setUp();
      expect(onWaiting).not.toHaveBeenCalled();
      writer.write(KEEP_ALIVE);
      expect(onWaiting).toHaveBeenCalledTimes(1);
      writer.write(END);
      writer.writeData(5, 2, Buffer.from('ab'));
      expect(onWaiting).toHaveBeenCalledTimes(1);
      writer.flush();
      expect(onWaiting).toHaveBeenCalledTimes(1);
      writer.writeData(5, 4, Buffer.from('cd'));
      expect(onWaiting).toHaveBeenCalledTimes(2);
    });

    it('may be flushed by whom it tells that something waits', () => {
      const { carrier, writer, onWaiting } = setUp();
      onWaiting.mockImplementation(() => {
        writer.flush();
      });
      writer.write(KEEP_ALIVE);
      writer.write(END);
      expect(carrier.writes).toHaveLength(2);
      expect(carrier.hex).toBe(KEEP_ALIVE_HEX + END_HEX);
    });

    it('keeps for the next flush what is written while the carrier is given something', () => {
      const { carrier, writer, onFlushed } = setUp();
      jest.spyOn(carrier, 'write').mockImplementationOnce((chunks) => {
        writer.write(END);
        carrier.writes.push(chunks);
      });
      onFlushed.mockImplementationOnce(() => {
        writer.writeData(5, 2, Buffer.from('ab'));
      });
      writer.write(KEEP_ALIVE);
      writer.flush();
      expect(carrier.hex).toBe(KEEP_ALIVE_HEX);
      writer.flush();
      expect(carrier.hex).toBe(KEEP_ALIVE_HEX + END_HEX + '00000009040000000500000002' + '000000026162');
    });

    it('joins small frames into one chunk', () => {
      const { carrier, writer } = setUp();
      for (let i = 1; i <= 10; i += 1) {
        writer.writeData(5, 100 * i, Buffer.alloc(100));
      }
      writer.flush();
      expect(carrier.writes.map((chunks) => chunks.length)).toEqual([1]);
    });

    it('tells when the carrier has been given what was written', () => {
      const { carrier, writer, onFlushed } = setUp();
      onFlushed.mockImplementation(() => {
        expect(carrier.hex).toBe(KEEP_ALIVE_HEX);
      });
      writer.write(KEEP_ALIVE);
      expect(onFlushed).not.toHaveBeenCalled();
      writer.flush();
      expect(onFlushed).toHaveBeenCalledTimes(1);
    });
  });

  describe('without coalesced writes', () => {
    it('gives the carrier each control message at once, so that nothing waits', () => {
      const { carrier, writer, onWaiting, onFlushed } = setUp(false);
      writer.write(KEEP_ALIVE);
      expect(carrier.writes).toHaveLength(1);
      writer.write(END);
      expect(carrier.writes).toHaveLength(2);
      expect(carrier.hex).toBe(KEEP_ALIVE_HEX + END_HEX);
      expect(onFlushed).toHaveBeenCalledTimes(2);
      expect(onWaiting).not.toHaveBeenCalled();
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

  it('writes a HANDSHAKE with any amount of data', () => {
    const { carrier, writer } = setUp();
    const data = Buffer.alloc(100_000, 'x');
    writer.write(KEEP_ALIVE);
    writer.write({ type: MessageType.handshake, channel: 5, free: 1, data });
    writer.write(END);
    writer.flush();
    expect(carrier.hex).toBe(
      KEEP_ALIVE_HEX + '000186a9' + '010000000500000001' + data.toString('hex') + END_HEX,
    );
  });

  it('has room for what the carrier takes besides what waits to be flushed', () => {
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
      expect(writer.room).toBe(0);
    });
  });

  it('drops what waits and what is written later when it is told to discard it', () => {
    const { carrier, writer, onFlushed } = setUp();
    writer.write(KEEP_ALIVE);
    writer.discard();
    writer.write(END);
    writer.flush();
    writer.end();
    expect(carrier.calls).toEqual([]);
    expect(writer.room).toBe(0);
    expect(onFlushed).not.toHaveBeenCalled();
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
      const { carrier, writer, onWaiting, onError } = setUp(coalesceWrites, framing);
      writer.writeData(5, 101, Buffer.alloc(101));
      expect(onError.mock.calls).toEqual([[reason]]);
      writer.writeData(5, 202, Buffer.alloc(101));
      writer.write(KEEP_ALIVE);
      writer.flush();
      writer.end();
      expect(onError).toHaveBeenCalledTimes(1);
      expect(onWaiting).not.toHaveBeenCalled();
      expect(carrier.calls).toEqual([]); // not even the header of the payload
    });
  });

  describe.each([true, false])('when setLength has it discarded (coalesceWrites: %s)', (coalesceWrites) => {
    it.each([10, 10_000])('writes nothing more, nor the payload of %i bytes that was to come', (size) => {
      const { carrier, writer } = setUp(coalesceWrites, {
        lengthSize: 4,
        setLength: (bytes, length) => {
          bytes.writeUInt32BE(length);
          writer.discard();
        },
      });
      writer.writeData(5, size, Buffer.alloc(size));
      writer.flush();
      expect(carrier.calls).toEqual([]);
    });
  });

  it('tells of a length that does not fit into its bytes', () => {
    const { carrier, writer, onError } = setUp(true, { lengthSize: 1 });
    writer.writeData(5, 256, Buffer.alloc(256));
    writer.flush();
    expect(onError.mock.calls).toMatchObject([[{ name: 'RangeError', code: 'ERR_OUT_OF_RANGE' }]]);
    expect(carrier.calls).toEqual([]);
  });
});
