import { PassThrough, Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import { toDuplex } from '../../src/index.js';
import type { End } from './end.js';
import { bytesNamed, connectMuxes, connectSides, disconnect, openChannel, roles, sha256 } from './support.js';

const MEBIBYTE = 2 ** 20;

/** Sends `data`, in pieces, and the end. Returns the hash of what comes the other way. */
async function exchange(end: End, data: Buffer, pieceSize = 50_000): Promise<string> {
  const received = end.receive();
  for (let start = 0; start < data.length; start += pieceSize) {
    end.write(data.subarray(start, start + pieceSize));
  }
  end.end();
  const { bytes, error } = await received;
  expect(error).toBeUndefined();
  return sha256(bytes);
}

afterEach(async () => {
  expect(await disconnect()).toEqual([]);
});

describe.each(roles)('transfers with bpmux where $opener opens (rxmux: $face)', (role) => {
  it('carry a mebibyte each way on ten channels at once', async () => {
    const { opener, acceptor } = await connectSides(role);
    const names = Array.from({ length: 10 }, (_, i) => String(i));
    const opened = names.map(async (name) => {
      const near = opener.open(name);
      const received = await exchange(near, bytesNamed(`there ${name}`, MEBIBYTE));
      expect(received).toBe(sha256(bytesNamed(`back ${name}`, MEBIBYTE)));
      await near.removed;
    });
    const accepted = names.map(async () => {
      const far = await acceptor.accept();
      const name = await far.handshake();
      const received = await exchange(far, bytesNamed(`back ${name}`, MEBIBYTE));
      expect(received).toBe(sha256(bytesNamed(`there ${name}`, MEBIBYTE)));
      await far.removed;
    });
    await Promise.all([...opened, ...accepted]);
    expect([opener.openCount, acceptor.openCount]).toEqual([0, 0]);
  });

  it.each([
    { window: 1, bytes: 300 },
    { window: 100, bytes: 20_000 },
  ])('carry $bytes bytes each way through windows of $window', async ({ window, bytes }) => {
    const [near, far] = await openChannel(await connectSides(role, { window }));
    const [there, back] = [bytesNamed('there', bytes), bytesNamed('back', bytes)];
    const received = await Promise.all([exchange(near, there, 77), exchange(far, back, 77)]);
    expect(received).toEqual([sha256(back), sha256(there)]);
    await Promise.all([near.removed, far.removed]);
  });

  it.each(['opener', 'acceptor'])('go on after the %s has ended', async (first) => {
    const { opener, acceptor } = await connectSides(role);
    const answer = bytesNamed('answer', MEBIBYTE);
    const [near, far] = await openChannel({ opener, acceptor });
    const [early, late] = first === 'opener' ? [near, far] : [far, near];
    early.write('the question');
    early.end();
    expect(await late.receive()).toEqual({ bytes: Buffer.from('the question'), error: undefined });
    expect([opener.openCount, acceptor.openCount]).toEqual([1, 1]);

    const received = early.receive();
    late.write(answer);
    late.end();
    expect(sha256((await received).bytes)).toBe(sha256(answer));
    await Promise.all([near.removed, far.removed]);
    expect([opener.openCount, acceptor.openCount]).toEqual([0, 0]);
  });

  it.each(['opener', 'acceptor'])('run beside one that the %s does not read', async (reader) => {
    const { opener, acceptor } = await connectSides(role);
    const data = bytesNamed('data', MEBIBYTE);
    const start = async (): Promise<{ from: End; to: End }> => {
      const [near, far] = await openChannel({ opener, acceptor });
      const [from, to] = reader === 'opener' ? [far, near] : [near, far];
      from.write(data);
      from.end();
      return { from, to };
    };
    const paused = await start();
    const running = await start();
    expect(sha256((await running.to.receive()).bytes)).toBe(sha256(data));
    expect(paused.from.unsent).toBeGreaterThan(0);
    expect(sha256((await paused.to.receive()).bytes)).toBe(sha256(data));
  });
});

describe('pipes between toDuplex and bpmux', () => {
  const data = bytesNamed('data', 4 * MEBIBYTE);

  /** In pieces, as a file is read. */
  function* pieces(): Generator<Buffer> {
    for (let start = 0; start < data.length; start += 65_536) {
      yield data.subarray(start, start + 65_536);
    }
  }

  it('echo what bpmux pipes in', async () => {
    const { rxmux, bpmux } = await connectMuxes('Duplex');
    const echoed = new Promise<void>((resolve, reject) => {
      rxmux.mux.channels$.subscribe((channel) => {
        const duplex = toDuplex(channel);
        pipeline(duplex, new PassThrough(), duplex).then(resolve, reject);
      });
    });
    const duplex = bpmux.mux.multiplex();
    const [received] = await Promise.all([buffer(duplex), pipeline(Readable.from(pieces()), duplex)]);
    expect(sha256(received)).toBe(sha256(data));
    await echoed;
  });

  it('go to bpmux, which echoes, and come back', async () => {
    const { rxmux, bpmux } = await connectMuxes('Duplex');
    const echoed = new Promise<void>((resolve, reject) => {
      bpmux.mux.on('handshake', (duplex) => {
        pipeline(duplex, new PassThrough(), duplex).then(resolve, reject);
      });
    });
    const duplex = toDuplex(rxmux.mux.open());
    const [received] = await Promise.all([buffer(duplex), pipeline(Readable.from(pieces()), duplex)]);
    expect(sha256(received)).toBe(sha256(data));
    await echoed;
  });
});
