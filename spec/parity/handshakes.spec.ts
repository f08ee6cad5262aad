import { BPMux } from 'bpmux';
import { once } from 'node:events';
import { filter, firstValueFrom, map, take, toArray } from 'rxjs';
import { Mux } from '../../src/index.js';
import { connectSides, disconnect, roles } from '../interop/support.js';
import { duplexPair } from '../support/connected.js';
import { connectPair, streamOf } from './pair.js';

afterEach(async () => {
  expect(await disconnect()).toEqual([]);
});

describe('a control channel', () => {
  it('asks bpmux for new channels, which come in the order of its numbers', async () => {
    const { rxmux, bpmux, faults } = await connectPair({ rxmux: { highChannels: false } });
    bpmux.once('handshake', (control) => {
      control.on('data', (names: Buffer) => {
        for (const name of names.toString()) {
          bpmux.multiplex({ handshake_data: Buffer.from(name) }).on('error', () => undefined);
        }
      });
    });
    const given = firstValueFrom(
      rxmux.channels$.pipe(
        map(({ id, handshake }) => `${id}: ${String(handshake)}`),
        take(5),
        toArray(),
      ),
    );
    rxmux.open('control').outbound$.next('abcde');
    expect(await given).toEqual(['1: a', '2: b', '3: c', '4: d', '5: e']);
    expect(faults).toEqual([]);
  });

  it('asks rxmux for new channels, which come in the order of its numbers', async () => {
    const { rxmux, bpmux, multiplex, faults } = await connectPair({ rxmux: { highChannels: false } });
    rxmux.channels$.subscribe((control) => {
      control.inbound$.subscribe({
        next: (names) => {
          for (const name of names.toString()) {
            rxmux.open(name);
          }
        },
        error: () => undefined, // the end of the test
      });
    });
    const given: string[] = [];
    const all = new Promise<void>((resolve) => {
      bpmux.on('handshake', (duplex, name, delay) => {
        if (delay !== null && given.push(`${duplex.get_channel()}: ${name.toString()}`) === 5) {
          resolve();
        }
      });
    });
    multiplex({ handshake_data: Buffer.from('control') }).write('abcde');
    await all;
    expect(given).toEqual(['1: a', '2: b', '3: c', '4: d', '5: e']);
    expect(faults).toEqual([]);
  });
});

describe.each(roles)('a delayed handshake of a channel that $opener has opened (rxmux: $face)', (role) => {
  it.each(['', 'with data'])('may be sent when both sides have ended already: "%s"', async (data) => {
    const { opener, acceptor } = await connectSides(role);
    const near = opener.open();
    if (data !== '') {
      near.write(data);
    }
    near.end();
    const { far, answer } = await acceptor.acceptWith((far) => {
      far.end();
      return { far, answer: far.delay() };
    });
    expect((await far.receive()).bytes.toString()).toBe(data);
    expect(opener.openCount).toBe(1); // it has not been answered
    answer('at last');
    expect(await near.handshake()).toBe('at last');
    expect(await near.receive()).toEqual({ bytes: Buffer.alloc(0), error: undefined });
    await Promise.all([near.removed, far.removed]);
    expect([opener.openCount, acceptor.openCount]).toEqual([0, 0]);
  });
});

describe('handshakes on a carrier that is full', () => {
  it('wait for room: whoever opens sees it by complete, and goes on at drain$', async () => {
    const [near, far] = duplexPair(1000);
    const [mux, bpmux] = [new Mux(near, { keepAlive: false }), new BPMux(far, { keep_alive: false })];
    const arrived: number[] = [];
    bpmux.on('peer_multiplex', (duplex) => arrived.push(duplex.get_channel()));
    const opened: number[] = [];
    const completes = { true: 0, false: 0 };
    for (let i = 0; i < 60; i += 1) {
      // Every third is more than the carrier takes at once.
      const channel = mux.open(Buffer.alloc(i % 3 === 0 ? 2000 : 10));
      const sent$ = mux.handshakeSent$.pipe(filter((sent) => sent.channel === channel));
      const { complete } = await firstValueFrom(sent$);
      completes[`${complete}`] += 1;
      if (!complete) {
        await firstValueFrom(mux.drain$);
      }
      opened.push(channel.id);
    }
    expect(completes).toEqual({ true: 40, false: 20 });
    while (arrived.length < opened.length) {
      await once(bpmux, 'peer_multiplex');
    }
    expect(arrived).toEqual(opened);
  });
});

describe('a channel that bpmux opens', () => {
  it('may be written to, and ended, before it is answered', async () => {
    const { rxmux, multiplex, faults } = await connectPair();
    rxmux.channels$.subscribe((channel) => {
      const answer = channel.delayHandshake();
      streamOf(channel).end('y');
      answer();
    });
    const near = multiplex();
    near.end('x');
    await once(near, 'readable');
    expect(String(near.read())).toBe('y');
    expect(faults).toEqual([]);
  });
});
