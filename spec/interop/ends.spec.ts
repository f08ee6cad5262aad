import { once } from 'node:events';
import { bytesNamed, connectMuxes, connectSides, disconnect, openChannel, roles, sha256 } from './support.js';

afterEach(async () => {
  expect(await disconnect()).toEqual([]);
});

describe.each(roles)('ends with bpmux where $opener opens (rxmux: $face)', (role) => {
  it.each(['opener', 'acceptor'])(
    'tell of an error of the %s, after all that came before it',
    async (failing) => {
      const { opener, acceptor } = await connectSides(role);
      const data = bytesNamed('data', 500_000);
      const [near, far] = await openChannel({ opener, acceptor });
      const [sender, receiver] = failing === 'opener' ? [near, far] : [far, near];
      sender.write(data);
      sender.endWithError();
      const received = await receiver.receive();
      expect(sha256(received.bytes)).toBe(sha256(data));
      expect(received.error).toBe('peer error');

      receiver.end();
      await Promise.all([sender.receive(), near.removed, far.removed]);
      expect([opener.openCount, acceptor.openCount]).toEqual([0, 0]);
    },
  );

  it.each(['opener', 'acceptor'])('let go of a channel that the %s destroys', async (destroyer) => {
    const { opener, acceptor } = await connectSides(role);
    const [near, far] = await openChannel({ opener, acceptor });
    const [destroyed, other] = destroyer === 'opener' ? [near, far] : [far, near];
    destroyed.destroy();
    expect(await other.receive()).toEqual({ bytes: Buffer.alloc(0), error: undefined });
    other.end();
    await Promise.all([near.removed, far.removed]);
    expect([opener.openCount, acceptor.openCount]).toEqual([0, 0]);
  });
});

describe.each(['Subjects', 'Duplex'] as const)('bpmux as peer of rxmux (%s)', (face) => {
  it('finishes what it writes to a channel that rxmux has destroyed', async () => {
    const { rxmux, bpmux } = await connectMuxes(face);
    const near = bpmux.open();
    near.write(bytesNamed('data', 4_000_000));
    near.end();
    const far = await rxmux.accept();
    far.destroy();
    await Promise.all([near.receive(), near.removed, far.removed]);
    expect(near.unsent).toBe(0);
    expect([rxmux.openCount, bpmux.openCount]).toEqual([0, 0]);
  });

  it('is refused a channel beyond maxOpen, and keeps the others', async () => {
    const { rxmux, bpmux } = await connectMuxes(face, {}, { maxOpen: 1 });
    const first = bpmux.open('first', 0);
    const far = await rxmux.accept();

    const refused = bpmux.open('refused', 1);
    refused.write('nobody takes it');
    expect(await refused.receive()).toEqual({ bytes: Buffer.alloc(0), error: 'peer error' });
    refused.destroy();
    await refused.removed;

    first.write('still there');
    first.end();
    expect((await far.receive()).bytes.toString()).toBe('still there');
    far.end();
    await Promise.all([first.receive(), first.removed, far.removed]);

    const again = bpmux.open('again', 1); // the number of the one that was refused: its end is not this one's
    again.write('somebody takes it');
    again.end();
    expect((await (await rxmux.accept()).receive()).bytes.toString()).toBe('somebody takes it');
  });
});

describe('keep-alive messages', () => {
  it('are heard of from bpmux', async () => {
    const { rxmux } = await connectMuxes('Subjects', { keepAlive: 1 });
    await new Promise<void>((resolve) => {
      rxmux.mux.keepAlive$.subscribe(resolve);
    });
  });

  it('reach bpmux', async () => {
    const { bpmux } = await connectMuxes('Subjects', { keepAlive: 1 });
    await once(bpmux.mux, 'keep_alive');
  });
});
