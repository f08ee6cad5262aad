import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Channel, Mux, type MuxOptions, PeerError, StoppedError } from '../../src/index.js';
import { listen } from '../support/listen.js';
import { TestCarrier, turn } from '../support/test-carrier.js';
import {
  data,
  end,
  errorEnd,
  frame,
  goAway,
  handshake,
  hello,
  ping,
  pong,
  preHandshake,
  reason,
  refuse,
  status,
  stop,
} from '../support/wire.js';

// The last table of "Where both sides have `extensions`" of docs/lifecycle.md, cell by cell.

const page = readFileSync(join(__dirname, '../../docs/lifecycle.md'), 'utf8');
const section = page.split('What each message does in each state of a channel')[1]?.split('\n## ')[0] ?? '';
const [head = [], , ...rows] = section
  .split('\n')
  .filter((line) => line.startsWith('| '))
  .map((line) =>
    line
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim()),
  );
const states = head.slice(1);
const cells = rows.flatMap(([message = '', ...says]) =>
  says.map((outcome, index) => ({ message, state: states[index] ?? '', outcome })),
);

const [NUMBER, BYSTANDER] = [9, 77];
const messages: Readonly<Record<string, Buffer>> = {
  STOP: stop(NUMBER, 'CODE', 'why'),
  REFUSE: refuse(NUMBER, 'CODE', 'why'),
  REASON: reason(NUMBER, 'CODE', 'why'),
};

/** A frame with so many bytes behind its body. */
const longer = (message: Buffer, bytes: number): Buffer =>
  frame(...message.subarray(4), ...new Uint8Array(bytes).fill(7));

/** A mux whose peer is the test, and on it a channel that must not notice anything. */
class Scene {
  readonly carrier = new TestCarrier();
  readonly faults: string[] = [];
  readonly mux: Mux;
  channel: Channel | undefined;
  outbound: unknown[] = [];
  inbound: unknown[] = [];
  readonly #bystander: Channel;
  readonly #heard: unknown[];
  #seq = 0;
  #sent = 0;

  constructor(options?: MuxOptions) {
    this.mux = new Mux(this.carrier, { keepAlive: false, extensions: true, ...options });
    this.mux.errors$.subscribe(({ message, channelId }) => this.faults.push(`${message} ${channelId}`));
    this.#bystander = this.mux.open('', { channel: BYSTANDER });
    this.#heard = listen(this.#bystander.inbound$);
  }

  /** @param first - what the peer says first */
  async begin(first: Buffer): Promise<void> {
    this.carrier.receive(first);
    await this.carrier.hears();
    this.carrier.receive(handshake(BYSTANDER, 1_000_000), status(BYSTANDER, 1_000_000, 0));
  }

  /** Brings the channel into a state. */
  async reach(state: string): Promise<void> {
    const { carrier, mux } = this;
    switch (state) {
      case 'no channel':
        break;
      case 'refused by the mux':
        carrier.receive(handshake(NUMBER, 1000));
        break;
      case 'rejected':
        mux.channels$.subscribe((channel) => {
          channel.reject();
        });
        carrier.receive(handshake(NUMBER, 1000));
        break;
      case 'not answered here':
        carrier.receive(handshake(NUMBER, 1000));
        this.#use(mux.openChannels.get(NUMBER));
        break;
      default:
        this.#use(mux.open('', { channel: NUMBER }));
        await carrier.hears();
        if (state === 'PRE_HANDSHAKE has come') {
          carrier.receive(preHandshake(NUMBER, 1000, 0));
        } else if (state !== 'opened here') {
          carrier.receive(handshake(NUMBER, 1000));
        }
        if (state === 'the peer has ended') {
          carrier.receive(end(NUMBER));
        } else if (state === 'ended here') {
          this.channel?.outbound$.complete();
        }
    }
    await carrier.hears();
  }

  /** The channel beside carries bytes both ways. */
  async bystanderTransfers(): Promise<void> {
    this.#seq += 2;
    this.carrier.receive(data(BYSTANDER, this.#seq, 'in'));
    expect(String(this.#heard.pop())).toBe('in');
    this.#sent += 3;
    this.#bystander.outbound$.next('out');
    expect(await this.carrier.hears()).toEqual([`DATA ${BYSTANDER} seq=${this.#sent} "out"`]);
  }

  #use(channel: Channel | undefined): void {
    this.channel = channel;
    if (channel !== undefined) {
      this.outbound = listen(channel.outbound$);
      this.inbound = listen(channel.inbound$);
    }
  }
}

/** @param first - what the peer says first */
async function sceneIn(state: string, first: Buffer): Promise<Scene> {
  const scene = new Scene(state === 'refused by the mux' ? { acceptBacklog: 0 } : {});
  await scene.begin(first);
  await scene.reach(state);
  return scene;
}

/** Ways in which a message arrives. */
const ways: Readonly<Record<string, (carrier: TestCarrier, message: Buffer) => void>> = {
  'as it is': (carrier, message) => {
    carrier.receive(message);
  },
  'byte by byte': (carrier, message) => {
    for (const byte of message) {
      carrier.receive(Buffer.of(byte));
    }
  },
  'with bytes behind its body': (carrier, message) => {
    carrier.receive(longer(message, 40));
  },
};

/** Checks that a message has done what a cell says. */
async function expectOutcome(scene: Scene, outcome: string): Promise<void> {
  const { carrier, faults, mux } = scene;
  const said = await carrier.hears();
  const isEnded = scene.outbound.length > 0;
  const was = { said, faults: faults.splice(0), outbound: scene.outbound.splice(0) };
  const why = { code: 'CODE', message: 'why' };
  switch (outcome) {
    case '–':
      expect(was).toEqual({ said: [], faults: [], outbound: isEnded ? ['complete'] : [] });
      break;
    case 'fault':
      expect(was).toMatchObject({ said: [], faults: [`refusal after handshake ${NUMBER}`] });
      break;
    case 'stopped':
      expect(was).toMatchObject({ said: [`ERROR_END ${NUMBER}`], faults: [] });
      expect(was.outbound).toEqual([expect.any(StoppedError)]);
      expect(was.outbound[0]).toMatchObject({ reason: why });
      break;
    case 'stopped, after the answer':
      expect(was).toMatchObject({ said: [], faults: [] });
      expect(was.outbound).toEqual([expect.any(StoppedError)]);
      mux.channels$.subscribe();
      expect((await carrier.hears()).at(-1)).toBe(`ERROR_END ${NUMBER}`);
      break;
    case 'refused':
      expect(was).toMatchObject({ said: [`ERROR_END ${NUMBER}`], faults: [] });
      expect(scene.inbound).toEqual([expect.any(PeerError)]);
      expect(scene.inbound[0]).toMatchObject({ reason: why });
      expect(mux.openChannels.has(NUMBER)).toBe(false);
      break;
    case 'kept':
      expect(was).toMatchObject({ said: [], faults: [] });
      if (scene.channel?.openedBy === 'local') {
        carrier.receive(handshake(NUMBER, 1000, 'yes')); // where it has not come yet
      }
      carrier.receive(errorEnd(NUMBER));
      await turn();
      expect(scene.inbound).toEqual([expect.any(PeerError)]);
      expect(scene.inbound[0]).toMatchObject({ reason: why });
      carrier.said.length = 0;
      break;
    default:
      throw new Error(`the table says "${outcome}"`);
  }
}

describe('docs/lifecycle.md: what rxmux adds, in each state of a channel', () => {
  it('has the messages about channels, and a cell for each state', () => {
    expect(rows.map(([message]) => message)).toEqual(Object.keys(messages));
    expect(rows.every((row) => row.length === head.length && !row.includes(''))).toBe(true);
    expect(states).toHaveLength(9);
  });

  describe.each(Object.entries(ways))('%s', (_way, receive) => {
    it.each(cells)('$message, $state: $outcome', async ({ message, state, outcome }) => {
      const scene = await sceneIn(state, hello(0));
      receive(scene.carrier, messages[message] ?? Buffer.alloc(0));
      await expectOutcome(scene, outcome);
      await scene.bystanderTransfers();
      scene.mux.destroy();
    });
  });

  it.each(cells)('$message, $state, from a peer that has not said HELLO: a fault', async (cell) => {
    const scene = await sceneIn(cell.state, handshake(500, 0));
    scene.carrier.receive(messages[cell.message] ?? Buffer.alloc(0));
    expect(scene.faults).toEqual([`${cell.message.toLowerCase()} before hello ${NUMBER}`]);
    expect(scene.outbound.filter((one) => one instanceof Error)).toEqual([]);
    await scene.bystanderTransfers();
    scene.mux.destroy();
  });

  it.each(cells)('$message, $state, twice: as once, and in order', async ({ message, state, outcome }) => {
    const scene = await sceneIn(state, hello(0));
    const frames = messages[message] ?? Buffer.alloc(0);
    scene.carrier.receive(frames, frames);
    if (message === 'REFUSE' && ['fault', 'refused'].includes(outcome)) {
      expect(scene.faults.pop()).toBe(`refusal after handshake ${NUMBER}`);
    }
    await expectOutcome(scene, outcome);
    await scene.bystanderTransfers();
    scene.mux.destroy();
  });

  it.each(cells)('$message, $state, cut short: a fault, or without its reason', async (cell) => {
    const whole = (messages[cell.message] ?? Buffer.alloc(0)).subarray(4);
    for (let length = 2; length < whole.length; length += 1) {
      const scene = await sceneIn(cell.state, hello(0));
      scene.carrier.receive(frame(...whole.subarray(0, length)));
      const said = await scene.carrier.hears();
      if (length < 6) {
        const kind = cell.message.toLowerCase();
        expect(scene.faults).toEqual([`short ${kind}: ${length - 2} < 4 undefined`]);
        expect(said).toEqual([]);
      } else {
        const isDone = cell.outcome === 'stopped' || cell.outcome === 'refused';
        expect(said).toEqual(isDone ? [`ERROR_END ${NUMBER}`] : []);
        const [error] = scene.outbound as [{ reason?: unknown } | undefined];
        expect(error?.reason).toBeUndefined();
      }
      await scene.bystanderTransfers();
      scene.mux.destroy();
    }
  });

  it.each(states)('what concerns no channel, %s: nothing', async (state) => {
    const scene = await sceneIn(state, hello(0));
    const before = [...scene.outbound];
    for (const receive of Object.values(ways)) {
      for (const message of [hello(1), ping(3), pong(3), goAway('CODE', 'why'), frame(7, 99, 1, 2, 3)]) {
        receive(scene.carrier, message);
      }
    }
    expect(await scene.carrier.hears()).toEqual(['PONG 3', 'PONG 3', 'PONG 3']);
    expect(scene.faults).toEqual(Array(3).fill('second hello undefined'));
    expect(scene.outbound).toEqual(before);
    await scene.bystanderTransfers();
    scene.mux.destroy();
  });
});
