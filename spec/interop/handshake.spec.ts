import { bytesNamed, connectMuxes, connectSides, disconnect, roles, sha256 } from './support.js';

afterEach(async () => {
  expect(await disconnect()).toEqual([]);
});

describe.each(roles)('handshakes with bpmux where $opener opens (rxmux: $face)', (role) => {
  it('carry data both ways', async () => {
    const { opener, acceptor } = await connectSides(role);
    const arrived = acceptor.acceptWith((far) => {
      far.delay()('pleased to meet you');
      return far.handshake();
    });
    const near = opener.open('who are you?');
    expect(await near.handshake()).toBe('pleased to meet you');
    expect(await arrived).toBe('who are you?');
  });

  it('can be delayed: data comes before the answer, and goes only after it', async () => {
    const { opener, acceptor } = await connectSides(role);
    // Several windows of either library: they are granted before the answer, too.
    const question = bytesNamed('question', 1_000_000);
    const arrived = acceptor.acceptWith((far) => ({ far, answer: far.delay() }));
    const near = opener.open();
    near.write(question);
    near.end();
    let isAnswered = false;
    const handshake = near.handshake().then((data) => ({ data, isAnswered }));

    const { far, answer } = await arrived;
    far.write('the answer');
    far.end();
    expect(sha256((await far.receive()).bytes)).toBe(sha256(question));
    expect(far.unsent).toBe('the answer'.length);

    isAnswered = true;
    answer('at last');
    expect(await handshake).toEqual({ data: 'at last', isAnswered: true });
    expect((await near.receive()).bytes.toString()).toBe('the answer');
    await Promise.all([near.removed, far.removed]);
  });

  it.each([0, 12_345, 2 ** 31 - 1, 2 ** 31, 2 ** 32 - 1])('open channel %d when told to', async (channel) => {
    const { opener, acceptor } = await connectSides(role);
    const near = opener.open('', channel);
    near.write('there');
    near.end();
    const far = await acceptor.accept();
    far.write('back');
    far.end();
    expect([near.id, far.id]).toEqual([channel, channel]);
    expect((await far.receive()).bytes.toString()).toBe('there');
    expect((await near.receive()).bytes.toString()).toBe('back');
  });

  it('open channels from 2^31 where high channels are asked for', async () => {
    const { opener, acceptor } = await connectSides(role, { highChannels: true });
    const opened = [opener.open().id, opener.open().id];
    expect(opened).toEqual([2 ** 31, 2 ** 31 + 1]);
    expect([(await acceptor.accept()).id, (await acceptor.accept()).id]).toEqual(opened);
  });

  it('may be followed, and from bpmux preceded, by an end without data', async () => {
    const { opener, acceptor } = await connectSides(role);
    const near = opener.open('bye');
    near.end(); // bpmux sends END before HANDSHAKE
    const far = await acceptor.accept();
    expect(await far.handshake()).toBe('bye');
    expect(await far.receive()).toEqual({ bytes: Buffer.alloc(0), error: undefined });
    far.write('so soon?');
    far.end();
    expect((await near.receive()).bytes.toString()).toBe('so soon?');
    await Promise.all([near.removed, far.removed]);
    expect([opener.openCount, acceptor.openCount]).toEqual([0, 0]);
  });
});

describe.each(['Subjects', 'Duplex'] as const)('handshakes that cross (rxmux: %s)', (face) => {
  it('make one channel of one number', async () => {
    const { rxmux, bpmux } = await connectMuxes(face);
    const left = rxmux.open('', 7);
    const right = bpmux.open('', 7);
    left.write('from rxmux');
    left.end();
    right.write('from bpmux');
    right.end();
    expect((await left.receive()).bytes.toString()).toBe('from bpmux');
    expect((await right.receive()).bytes.toString()).toBe('from rxmux');
    await Promise.all([left.removed, right.removed]);
    expect([rxmux.unaccepted, bpmux.unaccepted]).toEqual([0, 0]);
    expect([rxmux.openCount, bpmux.openCount]).toEqual([0, 0]);
  });
});
