import { EventEmitter } from 'node:events';
import type { Http2Stream } from 'node:http2';
import { MuxSide } from '../../src/carrier/mux-side.js';
import { MuxBytes } from '../../src/http2/mux-bytes.js';
import { PeerBytes } from '../../src/http2/peer-bytes.js';
import { MessageType } from '../../src/protocol/message.js';

/** Much, in one piece, which is passed by reference. */
const PIECE = Buffer.alloc(2 ** 26);
const PIECES = 2 ** 32 / PIECE.length;

/** A stream that takes all at once, and has one piece after the other. */
class FakeStream extends EventEmitter {
  readonly writable = true;
  readonly readableLength = PIECE.length;

  write(_bytes: Buffer, taken: () => void): void {
    taken();
  }

  read(): Buffer {
    return PIECE;
  }
}

/** A stream, and a side of the mux's that is told of it. */
function parts() {
  const stream = new FakeStream() as unknown as Http2Stream;
  const mux = new MuxSide(0, () => undefined);
  const tell = jest.spyOn(mux, 'tell').mockReturnValue();
  const tellData = jest.spyOn(mux, 'tellData').mockReturnValue();
  return { stream, mux, tell, tellData };
}

describe('after 2^32 bytes of a channel over HTTP/2', () => {
  it('the peer’s have begun, so that the answer of the mux is no credit', () => {
    const { stream, mux, tellData } = parts();
    const bytes = new PeerBytes(0, stream, mux);
    expect(bytes.hasBegun).toBe(false);
    bytes.open();
    for (let piece = 0; piece < PIECES; piece += 1) {
      bytes.grant(PIECE.length, piece * PIECE.length);
    }
    expect(tellData).toHaveBeenLastCalledWith(0, 0, PIECE);
    expect(bytes.hasBegun).toBe(true);
  });

  it('a stream that is reset before its answer is no refusal', () => {
    const { stream, mux, tell } = parts();
    const bytes = new MuxBytes(0, stream, mux, { isEndSaid: false });
    bytes.sayWindow();
    for (let piece = 0; piece < PIECES; piece += 1) {
      bytes.write(PIECE);
    }
    tell.mockClear();
    bytes.sayFailure();
    expect(tell.mock.calls.map(([{ type }]) => type)).toEqual([MessageType.handshake, MessageType.errorEnd]);
  });
});
