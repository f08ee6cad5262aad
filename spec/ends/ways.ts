/* eslint-disable rxjs-x/no-subject-unsubscribe -- what users do by mistake is a way to end, too */
import { Joined, MARK, type Waits, WAITS } from './joined.js';
import { broken, DONE, given, GIVEN } from './outcomes.js';

/** What a way to end does to our end of the channel, where it does anything. */
export interface Effect {
  /** How our outbound half ends: `DONE`, or with which error. */
  readonly out?: string;
  /** How our inbound half ends. */
  readonly in?: string;
  /** What waited to be sent is dropped, and ERROR_END goes out. */
  readonly drops?: boolean;
  /** The connection is gone, and the channel with it. */
  readonly cut?: boolean;
  /** The far side takes all bytes from now on: what waited for credit or for the answer leaves. */
  readonly takes?: boolean;
  /** The answer comes, if it had not come. */
  readonly answers?: boolean;
  /** The channel is refused. */
  readonly refuses?: boolean;
}

export interface Way extends Effect {
  readonly name: string;
  readonly act: (joined: Joined) => void;
  /** What it does before the answer has come, where that is something else. */
  readonly unanswered?: Effect;
  /** There only before the answer. Where the answer is ours, the far side has opened the channel. */
  readonly onlyUnanswered?: 'ours' | 'theirs';
}

const PEER = 'PeerError';
const CLOSED = 'MuxClosedError';
const ENDED = 'CarrierEndedError';
const lost = (error: string): Effect => ({ out: error, in: error, drops: true, cut: true });
const REFUSED: Effect = { out: PEER, in: PEER, drops: true, refuses: true };

/** All ways to end, and what each does. What they share is a rule; what differs is here. */
const all: Record<string, Effect & Omit<Way, 'name'>> = {
  'our outbound$.complete()': {
    act: ({ ours }) => {
      ours.outbound$.complete();
    },
    out: DONE,
  },
  'our outbound$.unsubscribe()': {
    act: ({ ours }) => {
      ours.outbound$.unsubscribe();
    },
    out: DONE,
  },
  'our outbound$.error(e)': {
    act: ({ ours }) => {
      ours.outbound$.error(given);
    },
    out: GIVEN,
  },
  'our destroy()': {
    act: ({ ours }) => {
      ours.destroy();
    },
    out: DONE,
    in: DONE,
  },
  'our destroy(e)': {
    act: ({ ours }) => {
      ours.destroy(given);
    },
    out: GIVEN,
    in: GIVEN,
    drops: true,
  },
  'our reject()': {
    act: ({ ours }) => {
      ours.reject();
    },
    ...{ onlyUnanswered: 'ours', out: DONE, in: DONE, drops: true },
  },
  // Who wants no more bytes may go on sending.
  'our cancel()': {
    act: ({ ours }) => {
      ours.cancel();
    },
  },
  'our inbound$.complete()': {
    act: ({ ours }) => {
      ours.inbound$.complete();
    },
  },
  'our inbound$.error(e)': {
    act: ({ ours }) => {
      ours.inbound$.error(given);
    },
  },
  'our inbound$.unsubscribe()': {
    act: ({ ours }) => {
      ours.inbound$.unsubscribe();
    },
  },

  // The peer's end of its half leaves ours open. It follows the answer.
  'their outbound$.complete()': {
    act: ({ theirs }) => {
      theirs.outbound$.complete();
    },
    in: DONE,
    unanswered: {},
  },
  'their outbound$.unsubscribe()': {
    act: ({ theirs }) => {
      theirs.outbound$.unsubscribe();
    },
    ...{ in: DONE, unanswered: {} },
  },
  'their outbound$.error(e)': {
    act: ({ theirs }) => {
      theirs.outbound$.error(given);
    },
    in: PEER,
    unanswered: {},
  },
  'their destroy()': {
    act: ({ theirs }) => {
      theirs.destroy();
    },
    in: DONE,
    takes: true,
    answers: true,
  },
  'their destroy(e)': {
    act: ({ theirs }) => {
      theirs.destroy(given);
    },
    in: PEER,
    takes: true,
    answers: true,
  },
  'their reject()': {
    act: ({ theirs }) => {
      theirs.reject();
    },
    onlyUnanswered: 'theirs',
    ...REFUSED,
  },
  'their cancel()': {
    act: ({ theirs }) => {
      theirs.cancel();
    },
    takes: true,
    unanswered: {},
  },
  'their inbound$.complete()': {
    act: ({ theirs }) => {
      theirs.inbound$.complete();
    },
    takes: true,
    unanswered: {},
  },
  'their inbound$.error(e)': {
    act: ({ theirs }) => {
      theirs.inbound$.error(given);
    },
    ...{ takes: true, unanswered: {} },
  },
  'their inbound$.unsubscribe()': {
    act: ({ theirs }) => {
      theirs.inbound$.unsubscribe();
    },
    ...{ takes: true, unanswered: {} },
  },

  // A mux that closes lets channels finish, but for those that nobody has yet.
  'our mux.close()': { act: ({ near }) => void near.close() },
  'their mux.close()': { act: ({ far }) => void far.close(), unanswered: REFUSED },
  'our mux.destroy()': {
    act: ({ near }) => {
      near.destroy();
    },
    ...lost(CLOSED),
  },
  'our mux.destroy(e)': {
    act: ({ near }) => {
      near.destroy(given);
    },
    ...lost(GIVEN),
  },
  'their mux.destroy()': {
    act: ({ far }) => {
      far.destroy();
    },
    ...lost(ENDED),
  },
  'their mux.destroy(e)': {
    act: ({ far }) => {
      far.destroy(given);
    },
    ...lost(ENDED),
  },
  'the carrier is cut': {
    act: ({ carrier }) => {
      carrier.inbound$.error(broken);
    },
    ...lost(`${ENDED}, because of the carrier`),
  },
  'the carrier ends': {
    act: ({ carrier }) => {
      carrier.inbound$.complete();
    },
    ...lost(ENDED),
  },
  'the carrier takes no more': {
    act: ({ carrier }) => {
      carrier.end();
    },
    ...lost('CarrierFinishedError'),
  },
};

export const WAYS: readonly Way[] = Object.entries(all).map(([name, way]) => ({ name, ...way }));

/** A way to end, while something waits, and what follows from it. */
export interface Situation {
  readonly way: Way;
  readonly waits: Waits;
  readonly effect: Effect;
  /** The far side has not answered yet, or we have not. */
  readonly isUnanswered: boolean;
  /** Bytes wait to be sent. */
  readonly hasBytes: boolean;
  /** The bytes that waited leave, since the far side takes them. */
  readonly leaves: boolean;
  /** The bytes that waited have left, or will leave before the end does: our half ended well. */
  readonly isSent: boolean;
}

function situation(way: Way, waits: Waits): Situation {
  const isUnanswered = waits === 'answer' || way.onlyUnanswered !== undefined;
  const effect = (waits === 'answer' ? way.unanswered : undefined) ?? way;
  const hasBytes = waits !== 'nothing';
  const leaves = effect.takes === true && waits !== 'capacity';
  return {
    ...{ way, waits, effect, isUnanswered, hasBytes, leaves },
    isSent: !hasBytes || leaves || (effect.out === DONE && effect.drops !== true),
  };
}

/** All ways, with all that may wait: rows for `describe.each`. */
export const SITUATIONS = WAYS.flatMap((way) =>
  WAITS.filter((waits) => way.onlyUnanswered === undefined || ['nothing', 'answer'].includes(waits)).map(
    (waits) => [way.name, waits, situation(way, waits)] as const,
  ),
);

/** What is given to the channel: bytes that have to wait, or none. */
export const bytesOf = ({ hasBytes }: Situation): Buffer => Buffer.alloc(hasBytes ? 4 * MARK : 0);

/** The channel, before it ends. */
export async function before({ way, waits }: Situation): Promise<Joined> {
  const joined = new Joined();
  const isUnanswered = way.onlyUnanswered === 'theirs';
  await joined.open(isUnanswered ? 'answer' : waits, way.onlyUnanswered === 'ours' ? 'far' : 'near');
  return joined;
}
