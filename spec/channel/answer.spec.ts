import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Answer } from '../../src/channel/answer.js';
import { Mux, type Channel, MuxError } from '../../src/index.js';
import { PLAIN_WIRE } from '../support/plain-wire.js';
import { TestCarrier, turn } from '../support/test-carrier.js';
import * as peer from '../support/wire.js';

const DATA = Buffer.from('data');

describe('Answer', () => {
  it('is undecided, and nothing is due, until somebody sees to it', () => {
    const answer = Answer.none;
    expect(answer).toMatchObject({ isUndecided: true, isAnswered: false, isWindowKnown: false });
    expect(answer.due).toBeUndefined();
  });

  it('is given without data when everybody has seen the channel', () => {
    let answer = Answer.none;
    answer = answer.offered();
    expect(answer).toMatchObject({ isAnswered: true, due: 'handshake', data: Buffer.alloc(0) });
  });

  it('is given once: what comes later changes nothing', () => {
    let answer = Answer.none;
    answer = answer.settle(DATA);
    answer = answer.settle(Buffer.from('other'));
    answer = answer.delay();
    answer = answer.offered();
    expect(answer).toMatchObject({ isAnswered: true, due: 'handshake', data: DATA });
    answer = answer.written();
    expect(answer).toMatchObject({ isHandshakeSent: true, isWindowKnown: true, isPreHandshakeSent: false });
    expect(answer.due).toBeUndefined();
  });

  it('is not refused any more once it has been given', () => {
    const answer = Answer.none.settle(DATA);
    expect(answer.refuse(false)).toBe(answer);
    expect(answer.written().refuse(true)).toMatchObject({ isHandshakeSent: true, isRefusal: false });
  });

  it('tells of a window first, where it is delayed', () => {
    let answer = Answer.none;
    answer = answer.delay();
    expect(answer.due).toBeUndefined(); // while the channel is being offered
    answer = answer.offered();
    expect(answer).toMatchObject({ isUndecided: false, isAnswered: false, due: 'pre-handshake' });
    answer = answer.written();
    expect(answer).toMatchObject({ isWindowKnown: true, isPreHandshakeSent: true, isHandshakeSent: false });
    answer = answer.settle(DATA);
    expect(answer).toMatchObject({ isAnswered: true, due: 'handshake', data: DATA });
  });

  it('tells of no window where it comes before that was written', () => {
    let answer = Answer.none;
    answer = answer.delay();
    answer = answer.offered();
    answer = answer.settle(DATA);
    answer = answer.written();
    expect(answer).toMatchObject({ isPreHandshakeSent: false, isHandshakeSent: true });
  });

  it('refuses, unless the peer has been told of a window and does not know what REFUSE is', () => {
    let refused = Answer.none;
    refused = refused.refuse(false);
    expect(refused).toMatchObject({ isAnswered: true, isRefusal: true, due: 'handshake' });
    let told = Answer.none;
    told = told.delay();
    told = told.offered();
    told = told.written();
    expect(told.refuse(false)).toMatchObject({ isAnswered: true, isRefusal: false, due: 'handshake' });
    expect(told.refuse(true)).toMatchObject({ isAnswered: true, isRefusal: true, due: 'handshake' });
  });
});

// The table "This side's handshake" of docs/lifecycle.md, cell by cell, on a real channel.

describe('Answer.decision', () => {
  const data = Buffer.from('data');
  const delayed = Answer.none.delay();

  it.each([
    ['waiting', Answer.none],
    ['offered', Answer.none.offering()],
    ['delayed', delayed],
    ['delayed', delayed.offering()], // it was delayed before anybody was offered it
    ['delayed', delayed.offered()],
    ['delayed', delayed.offered().written()],
    ['answered', Answer.none.settle(data)],
    ['answered', Answer.none.offering().offered()],
    ['answered', Answer.none.settle(data).offering()],
    ['answered', Answer.none.settle(data).written()],
    ['answered', Answer.none.refuse(true)],
    ['answered', Answer.none.refuse(true).written()],
    ['answered', delayed.offered().written().settle(data).written()],
  ])('is %s', (word, answer) => {
    expect(answer.decision).toBe(word);
  });

  it('can be changed while it is offered', () => {
    const offered = Answer.none.offering();
    expect(offered.isUndecided).toBe(true);
    expect(offered.delay().decision).toBe('delayed');
    expect(offered.refuse(true).isRefusal).toBe(true);
  });
});

type State = 'waiting' | 'offered' | 'delayed' | 'answered';

const page = readFileSync(join(__dirname, '../../docs/lifecycle.md'), 'utf8');
const section = page.split("## This side's handshake")[1]?.split('\n## ')[0] ?? '';
const table = section
  .split('\n')
  .filter((line) => line.startsWith('| ') && line.split('|').length === 7)
  .map((line) =>
    line
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim()),
  );
const [header = [], , ...rows] = table;
const states = header.slice(1) as State[];

/** The only channel of a mux. */
function only(mux: Mux): Channel {
  const [channel] = mux.openChannels.values();
  if (channel === undefined) {
    throw new Error('there is no channel');
  }
  return channel;
}

/** A channel of the peer's in a state, and what this side has said since. */
async function channelIn(state: State): Promise<{ channel: Channel; mux: Mux; carrier: TestCarrier }> {
  const carrier = new TestCarrier();
  const mux = new Mux(carrier, PLAIN_WIRE);
  mux.errors$.subscribe();
  const reached = new Promise<Channel>((resolve) => {
    if (state === 'waiting') {
      carrier.receive(peer.handshake(7, 100));
      resolve(only(mux));
      return;
    }
    mux.channels$.subscribe({
      next: (channel) => {
        if (state === 'delayed') {
          channel.delayHandshake();
        } else if (state === 'answered') {
          channel.accept();
        }
        resolve(channel);
      },
      error: () => undefined,
    });
    carrier.receive(peer.handshake(7, 100));
  });
  const channel = await reached;
  for (const observable$ of [channel.inbound$, channel.outbound$, channel.closed$]) {
    (observable$ as Channel['closed$']).subscribe({ error: () => undefined });
  }
  if (state !== 'offered') {
    await carrier.hears();
  }
  return { channel, mux, carrier };
}

/** What the application does, for the rows whose cells name a state that follows. */
const events: Record<string, (channel: Channel, mux: Mux) => void> = {
  '`delayHandshake()`': (channel) => void channel.delayHandshake(),
  '`accept(data)`, the function that `delayHandshake()` returned': (channel) => {
    channel.accept('data');
  },
  '`open(data, { channel })` with its number': (channel, mux) => {
    mux.open('data', { channel: channel.id });
  },
  '`reject()`': (channel) => {
    channel.reject();
  },
  '`destroy()`, `destroy(error)`': (channel) => {
    channel.destroy();
  },
};

describe('docs/lifecycle.md: this side’s handshake', () => {
  it('has the states that the table is about', () => {
    expect(states).toEqual(['waiting', 'offered', 'delayed', 'answered']);
    expect(rows.map(([event]) => event)).toEqual(expect.arrayContaining(Object.keys(events)));
  });

  const cells = rows.flatMap(([event = '', ...columns]) =>
    states.map((state, index) => ({ event, state, says: columns[index] ?? '' })),
  );
  // `offered` lasts for as long as `next` runs: these cells are about what happens in there.
  const tried = cells.filter(
    ({ event, state, says }) => event in events && state !== 'offered' && says !== '–',
  );

  it.each(tried)('$event while it is $state: $says', async ({ event, state, says }) => {
    const { channel, mux, carrier } = await channelIn(state);
    const act = events[event] as (channel: Channel, mux: Mux) => void;
    const isTaken = (): boolean => {
      try {
        channel.delayHandshake();
        return true;
      } catch {
        return false;
      }
    };
    if (says === 'throws') {
      expect(() => {
        act(channel, mux);
      }).toThrow(new MuxError('ERR_RXMUX_HANDSHAKE_SENT', 'handshake already sent'));
      return;
    }
    act(channel, mux);
    const said = (await carrier.hears()).map((message) => message.split(' ')[0]);
    if (/→ answered|the same/.test(says) || (state === 'answered' && says.includes('END'))) {
      expect(isTaken()).toBe(false);
    }
    if (says.includes('→ delayed')) {
      expect(said).toEqual([]);
      expect(isTaken()).toBe(true);
    }
    expect(said.filter((name) => name === 'HANDSHAKE')).toHaveLength(
      state === 'answered' || /→ delayed|returns the channel/.test(says) ? 0 : 1,
    );
    const ends = ['`reject()`', '`destroy()`, `destroy(error)`'].includes(event);
    expect(said.some((name) => name === 'END' || name === 'ERROR_END')).toBe(ends);
  });

  it.each<State>(['waiting', 'delayed'])(
    'while it is %s, what outbound$ is given leaves after the answer',
    async (state) => {
      const { channel, carrier } = await channelIn(state);
      channel.outbound$.next('hello');
      expect(await carrier.hears()).toEqual([]);
      channel.accept();
      expect((await carrier.hears()).map((message) => message.split(' ')[0])).toEqual(['HANDSHAKE', 'DATA']);
    },
  );

  it('answers without data when all next have returned, or tells of a window where it is delayed', async () => {
    for (const delays of [false, true]) {
      const carrier = new TestCarrier();
      const mux = new Mux(carrier, PLAIN_WIRE);
      mux.channels$.subscribe((channel) => {
        if (delays) {
          channel.delayHandshake();
        }
      });
      carrier.receive(peer.handshake(7, 100));
      await turn();
      expect(carrier.said).toEqual([
        `${delays ? 'PRE_HANDSHAKE' : 'HANDSHAKE'} 7 free=65536${delays ? '' : ' ""'}`,
      ]);
    }
  });
});
