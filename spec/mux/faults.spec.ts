import { map } from 'rxjs';
import { type MuxError, ProtocolError } from '../../src/index.js';
import { listen } from '../support/listen.js';
import { turn } from '../support/test-carrier.js';
import * as peer from '../support/wire.js';
import { start } from './start.js';

describe('Mux', () => {
  describe('what the peer does against the protocol', () => {
    const handshakes = [peer.handshake(0, 100)];
    it.each<[string, Buffer[], string[]]>([
      ['unknown types', [peer.frame(9, 0, 0, 0, 0)], ['unknown type: 9']],
      ['empty headers', [peer.frame()], ['short buffer length 0 < 5']],
      ['short headers', [peer.frame(1, 0, 0, 0, 0, 0)], ['short buffer length 6 < 9']],
      ['a second HANDSHAKE', [...handshakes, ...handshakes], ['second handshake']],
      ['a second END', [...handshakes, peer.end(0), peer.errorEnd(0)], ['second end']],
      ['DATA after END', [...handshakes, peer.end(0), peer.data(0, 1, 'x')], ['data after end']],
      ['DATA before HANDSHAKE', [peer.data(0, 1, 'x')], ['data before handshake']],
      ['STATUS before HANDSHAKE', [peer.status(0, 1, 0)], ['status before handshake']],
      [
        'PRE_HANDSHAKE after HANDSHAKE',
        [...handshakes, peer.preHandshake(0, 1)],
        ['pre-handshake after handshake'],
      ],
    ])('is reported, and the rest carries on: %s', (_what, frames, expected) => {
      const { carrier, mux } = start();
      const faults = listen(mux.errors$.pipe(map((error: MuxError) => error.message)));
      const keepAlives = listen(mux.keepAlive$);
      mux.open();
      carrier.receive(...frames, peer.keepAlive());
      expect(faults).toEqual(expected);
      expect(keepAlives).toStrictEqual([undefined]);
    });

    it.each([
      ['DATA after END', [...handshakes, peer.end(0)], 'data after end'],
      ['DATA before HANDSHAKE', [], 'data before handshake'],
    ])('is reported once where it comes in parts: %s', (_what, before, expected) => {
      const { carrier, mux } = start();
      const faults = listen(mux.errors$.pipe(map((error: MuxError) => error.message)));
      mux.open();
      carrier.receive(...before, peer.data(0, 2, 'xy').subarray(0, -1));
      carrier.receive(Buffer.from('y'));
      expect(faults).toEqual([expected]);
    });

    it('a second HANDSHAKE for a refused number is reported', () => {
      const { carrier, mux } = start({ acceptBacklog: 0 });
      const faults = listen(mux.errors$.pipe(map((error: MuxError) => error.message)));
      carrier.receive(peer.handshake(0, 0), peer.handshake(0, 0));
      expect(faults).toEqual(['second handshake']);
    });

    it('a flood of channels to refuse is answered, and reported where they are too many to be remembered', async () => {
      const { carrier, mux } = start({ acceptBacklog: 0 });
      let faults = 0;
      mux.errors$.subscribe(() => (faults += 1));
      for (let number = 0; number < 65_540; number += 1) {
        carrier.receive(peer.handshake(number, 0));
      }
      expect(faults).toBe(4);
      expect(await carrier.hears()).toHaveLength(2 * 65_540);
    });

    it('DATA before HANDSHAKE breaks that channel: its bytes are lost', async () => {
      const { carrier, mux } = start();
      const channel = mux.open();
      const inbound = listen(channel.inbound$);
      await turn();
      carrier.receive(peer.data(0, 1, 'x'));
      expect(inbound).toEqual([new ProtocolError('data before handshake')]);
    });

    it('a hello tells who the peer is, and only to a mux with extensions', () => {
      const [knowing, plain] = [start({ extensions: true }), start()];
      for (const { carrier } of [knowing, plain]) {
        carrier.receive(peer.hello(100));
      }
      expect(knowing.mux.peer$.value).toEqual({ version: 1, window: 100 });
      expect(plain.mux.peer$.value).toBeUndefined();
    });

    it('an extension that it does not know is passed over: it is no fault and no keep-alive', () => {
      const { carrier, mux } = start({ extensions: true });
      const [errors, keepAlives] = [listen(mux.errors$), listen(mux.keepAlive$)];
      carrier.receive(peer.hello(100), peer.frame(7, 99, 1), peer.handshake(8, 0));
      expect([errors, keepAlives]).toStrictEqual([[], []]);
      expect([...mux.openChannels.keys()]).toEqual([8]);
    });

    it('a message of a type that there is not is reported, and the mux carries on', () => {
      const { carrier, mux } = start();
      const errors = listen(mux.errors$);
      carrier.receive(peer.frame(99, 0, 0, 0, 1), peer.handshake(8, 0));
      expect(errors).toEqual([expect.any(ProtocolError)]);
      expect([...mux.openChannels.keys()]).toEqual([8]);
    });

    it('a peer that speaks something else ends the mux, which says what came', async () => {
      const { carrier, mux } = start();
      const channels = listen(mux.channels$);
      const inbound = listen(mux.open().inbound$);
      const errors = listen(mux.errors$);
      carrier.receive(Buffer.from('SSH-2.0-OpenSSH_9.2\r\n'));
      await turn();
      expect(channels).toEqual([
        new ProtocolError('the peer does not speak this protocol: it began with "SSH-2.0-OpenSSH_"'),
      ]);
      expect(channels[0]).toBeInstanceOf(ProtocolError);
      expect(inbound).toEqual(channels);
      expect(carrier.destroyedWith?.error).toBe(channels[0]);
      expect(errors).toEqual(['complete']);
    });

    it('a first HANDSHAKE that is too big is refused, and the mux carries on', async () => {
      const { carrier, mux } = start({ maxHeaderSize: 20 });
      const errors = listen(mux.errors$);
      const tooBig = peer.handshake(7, 0, 'x'.repeat(12));
      carrier.receive(tooBig.subarray(0, 4 + 9));
      expect(errors).toEqual([expect.objectContaining({ code: 'ERR_RXMUX_HEADER_TOO_BIG', channelId: 7 })]);
      expect(await carrier.hears()).toEqual(['HANDSHAKE 7 free=0 ""', 'ERROR_END 7']);
      carrier.receive(tooBig.subarray(4 + 9), peer.handshake(8, 0));
      expect([...mux.openChannels.keys()]).toEqual([8]);
      expect(errors).toHaveLength(1);
    });

    it('a length that the framing refuses ends the mux: the stream is out of step', async () => {
      const { carrier, mux } = start({
        framing: {
          getLength: (bytes) => {
            if (bytes.readUInt32BE(0) > 100) {
              throw new RangeError('too long');
            }
            return bytes.readUInt32BE(0);
          },
        },
      });
      const channels = listen(mux.channels$);
      const inbound = listen(mux.open().inbound$);
      const closed = listen(mux.closed$);
      carrier.receive(Buffer.of(1, 2, 3, 4));
      await turn();
      expect(channels).toEqual([expect.any(ProtocolError)]);
      expect(channels[0]).toMatchObject({ cause: new RangeError('too long') });
      expect(inbound).toEqual(channels);
      expect(carrier.destroyedWith?.error).toBe(channels[0]);
      expect(closed).toEqual([undefined, 'complete']);
    });
  });
});
