import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { VirtualTimeScheduler } from 'rxjs';
import { type Channel, Mux } from '../../src/index.js';
import { TestCarrier, turn } from '../support/test-carrier.js';
import { type Play, PLAYS, type Stage, takeAsUsual, takesChannels } from './plays.js';
import type { Conversation, Vector } from './vectors.js';

const file = readFileSync(join(__dirname, '../../docs/protocol/vectors.json'), 'utf8');
const { conversations } = JSON.parse(file) as { readonly conversations: readonly Conversation[] };

const bytesOf = ({ hex }: Vector): Buffer => Buffer.from(hex.replaceAll(' ', ''), 'hex');

/** A live mux that has been told nothing yet. */
function start(play: Play): { stage: Stage; carrier: TestCarrier } {
  const { options, takes = takeAsUsual } = play;
  const carrier = new TestCarrier();
  const scheduler = new VirtualTimeScheduler();
  scheduler.maxFrames = 0;
  const mux = new Mux(carrier, {
    highChannels: false,
    keepAlive: false,
    extensions: true,
    scheduler,
    ...options,
  });
  const channels: Channel[] = [];
  const add = (channel: Channel): void => {
    channels.push(channel);
    for (const observable$ of [channel.outbound$, channel.closed$]) {
      (observable$ as Channel['closed$']).subscribe({ error: () => undefined });
    }
  };
  if (takesChannels(play)) {
    mux.channels$.subscribe((channel) => {
      add(channel);
      takes(channel);
    });
  }
  const stage: Stage = {
    mux,
    scheduler,
    channels,
    open: (data, settings) => {
      const channel = mux.open(data, settings);
      add(channel);
      takeAsUsual(channel);
      return channel;
    },
    get channel() {
      const [channel] = channels;
      if (channel === undefined) {
        throw new Error('there is no channel yet');
      }
      return channel;
    },
  };
  return { stage, carrier };
}

/** Lets a mux be one side of a conversation. Returns each frame of that side as it should be, and as the mux says it. */
async function hold(
  frames: readonly Vector[],
  side: 'A' | 'B',
  play: Play,
): Promise<{ readonly expected: string[]; readonly said: string[]; readonly faults: string[] }> {
  const { stage, carrier } = start(play);
  const faults: string[] = [];
  stage.mux.errors$.subscribe(({ message }) => faults.push(message));
  const expected: string[] = [];
  const said: string[] = [];
  let spoken = Buffer.alloc(0);
  let waiting: Buffer[] = [];
  const takeTurn = async (): Promise<void> => {
    if (waiting.length > 0) {
      carrier.receive(...waiting); // all at once
      waiting = [];
    }
    await turn();
    spoken = Buffer.concat([spoken, ...carrier.writes.splice(0).flat()]);
  };
  for (const [index, vector] of frames.entries()) {
    if (index === play.until) {
      break;
    }
    const act = play.acts?.[index];
    if (act !== undefined) {
      await takeTurn();
      act(stage);
      await takeTurn();
    }
    if (vector.from === side) {
      await takeTurn();
      const bytes = bytesOf(vector);
      expected.push(bytes.toString('hex'));
      said.push(spoken.toString('hex', 0, bytes.length));
      spoken = spoken.subarray(bytes.length);
    } else {
      waiting.push(bytesOf(vector));
    }
  }
  await takeTurn();
  said.push(spoken.toString('hex')); // and nothing more
  expected.push('');
  stage.mux.destroy();
  return { expected, said, faults };
}

const live = conversations.flatMap(({ name, frames }) =>
  (['A', 'B'] as const).flatMap((side) => {
    const play = PLAYS[name]?.[side];
    return play === undefined ? [] : [{ name, frames, side, play }];
  }),
);

describe('docs/protocol/vectors.json, held by a live mux', () => {
  it('is what the plays are about', () => {
    expect(Object.keys(PLAYS).sort()).toEqual(conversations.map(({ name }) => name).sort());
  });

  it.each(live)('$name: $side', async ({ frames, side, play }) => {
    const { expected, said, faults } = await hold(frames, side, play);
    expect(said).toEqual(expected);
    expect(faults).toEqual([]);
  });

  it('has every message said by a live mux, and every one of what rxmux adds heard by one', () => {
    const typesOf = (isSaid: boolean): Set<string> =>
      new Set(
        live.flatMap(({ frames, side }) =>
          frames.filter(({ from }) => (from === side) === isSaid).map(({ message }) => message.type),
        ),
      );
    const all = [
      ...new Set(conversations.flatMap(({ frames }) => frames.map(({ message }) => message.type))),
    ];
    expect([...typesOf(true)].sort()).toEqual([...all].sort());
    expect([...typesOf(false)].sort()).toEqual([...all].sort());
  });

  it('fails when a byte that the mux says is edited, whichever', async () => {
    for (const { frames, side, play } of live) {
      for (const [index, vector] of frames.entries()) {
        if (vector.from === side && index < (play.until ?? Infinity)) {
          const bytes = bytesOf(vector);
          bytes.writeUInt8(bytes.readUInt8(bytes.length - 1) ^ 1, bytes.length - 1);
          const edited = frames.with(index, { ...vector, hex: bytes.toString('hex') });
          const { expected, said } = await hold(edited, side, play);
          expect(said).not.toEqual(expected);
        }
      }
    }
  });
});
