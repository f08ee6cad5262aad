import type { VirtualTimeScheduler } from 'rxjs';
import {
  type Channel,
  ChannelError,
  type ChannelOptions,
  type Mux,
  type MuxOptions,
} from '../../src/index.js';

/** A live mux in the place of one side of a conversation, and what its application has. */
export interface Stage {
  readonly mux: Mux;
  readonly scheduler: VirtualTimeScheduler;
  /** The channels that the peer has opened. */
  readonly channels: readonly Channel[];
  /** Opens a channel, and reads it. */
  readonly open: (data?: string, options?: ChannelOptions) => Channel;
  /** The only channel. */
  readonly channel: Channel;
}

/** What the application of one side of a conversation of docs/protocol/vectors.json does. */
export interface Play {
  readonly options?: MuxOptions;
  /** With each channel of the peer's. Default: it reads it. */
  readonly takes?: (channel: Channel) => void;
  /** What it does before the frame of that index is said by anybody. */
  readonly acts?: Readonly<Record<number, (stage: Stage) => void>>;
  /** The frame from which on nothing is compared, where no mux says it. */
  readonly until?: number;
}

const bpmux: MuxOptions = { extensions: false };
const window = (highWaterMark: number): MuxOptions => ({ peerChannelOptions: { highWaterMark } });
const ignore = (): void => undefined;

const read = (channel: Channel): void => {
  channel.inbound$.subscribe({ error: ignore });
};
const readLater = ignore;
const delay = (channel: Channel): void => {
  read(channel);
  channel.delayHandshake();
};
const say =
  (text: string) =>
  ({ channel }: Stage): void => {
    channel.outbound$.next(text);
  };
const complete = ({ channel }: Stage): void => {
  channel.outbound$.complete();
};
const cancel = ({ channel }: Stage): void => {
  channel.cancel();
};
const open =
  (data = '', options: ChannelOptions = {}) =>
  (stage: Stage): void => {
    stage.open(data, options);
  };
/** Opens a channel and gives it all that it is to send. */
const openAndSay =
  (text: string, data = '', options: ChannelOptions = {}, isAll = false) =>
  (stage: Stage): void => {
    const { outbound$ } = stage.open(data, options);
    outbound$.next(text);
    if (isAll) {
      outbound$.complete();
    }
  };
const rejectFor = (code: string, message: string) => (channel: Channel) => {
  channel.reject({ code, message });
};

/** Each conversation, and who can hold it live. No other mux does what is left out: it is for readers alone. */
export const PLAYS: Readonly<Record<string, { readonly A?: Play; readonly B?: Play }>> = {
  'an ordinary channel': {
    A: {
      options: bpmux,
      acts: { 0: openAndSay('hello world', 'hi', { channel: 0, highWaterMark: 16 }, true) },
    },
    B: {
      options: { ...bpmux, ...window(8) },
      takes: (channel) => {
        read(channel);
        channel.accept('ok');
      },
      acts: { 6: say('goodbye!'), 8: complete },
    },
  },
  'an answer that is delayed': {
    A: {
      options: bpmux,
      acts: { 0: openAndSay('impatient', 'wait', { channel: 1, highWaterMark: 16 }, true) },
    },
    B: {
      options: { ...bpmux, ...window(8) },
      takes: delay,
      acts: {
        6: ({ channel }) => {
          channel.accept('here');
        },
        7: complete,
      },
    },
  },
  'a refusal as bpmux knows it': {
    A: { options: bpmux, acts: { 0: open('knock', { channel: 2, highWaterMark: 16 }) } },
    B: {
      options: bpmux,
      takes: (channel) => {
        channel.reject();
      },
    },
  },
  'a keep-alive': {
    A: {
      options: { ...bpmux, keepAlive: 1000 },
      acts: {
        0: ({ scheduler }) => {
          scheduler.maxFrames = 1000;
          scheduler.flush();
        },
      },
    },
    B: { options: bpmux },
  },
  'numbers and counts at their highest': {},
  'an empty payload': { B: { options: { ...bpmux, ...window(16) } } },
  'HELLO, and bytes with the opening': {
    A: { acts: { 2: openAndSay('hello'), 7: complete } },
    B: { acts: { 6: say('hello!'), 8: complete } },
  },
  'PING and PONG; one PONG for two': {
    A: {
      acts: {
        2: ({ mux }) => void mux.ping(),
        4: ({ mux }) => {
          void mux.ping();
          void mux.ping();
        },
      },
      until: 7, // after 2^32 of them
    },
    B: {},
  },
  'PING that asks for the time; PONG that says it': {
    B: {
      acts: {
        2: ({ scheduler }) => {
          scheduler.maxFrames = 1000;
          scheduler.flush();
          scheduler.frame = 1000;
        },
      },
    },
  },
  'STOP without a reason': {
    A: { acts: { 2: open(), 5: say('tick') } },
    B: { acts: { 6: cancel, 8: complete } },
  },
  'STOP with a reason': {
    A: { acts: { 2: open() } },
    B: {
      acts: {
        5: ({ channel }) => {
          channel.destroy(new ChannelError('ENOUGH', 'assez, déjà'));
        },
      },
    },
  },
  'REFUSE, with bytes on their way': {
    A: { acts: { 2: openAndSay('early', 'knock') } },
    B: { takes: rejectFor('QUOTA', 'no more today') },
  },
  'REFUSE without a reason': {
    A: { acts: { 2: open() } },
    B: {
      takes: (channel) => {
        channel.reject();
      },
    },
  },
  'a refusal after PRE_HANDSHAKE': {
    A: { acts: { 2: open() } },
    B: {
      takes: delay,
      acts: {
        4: ({ channel }) => {
          channel.reject({ code: 'QUOTA', message: '' });
        },
      },
    },
  },
  GOAWAY: {
    A: {
      acts: { 2: open(), 5: ({ mux }) => void mux.close(), 7: complete },
    },
  },
  'bytes with the opening, as far as HELLO promises, and the rest after the answer': {
    A: { acts: { 2: openAndSay('hello world', '', { highWaterMark: 16 }, true) } },
    B: { options: window(8), acts: { 8: complete } },
  },
  'bytes with the opening, and an answer that is delayed': {
    A: { acts: { 2: openAndSay('hello world', '', { highWaterMark: 16 }, true) } },
    B: {
      options: window(8),
      takes: delay,
      acts: {
        7: ({ channel }) => {
          channel.accept('ok');
        },
        8: complete,
      },
    },
  },
  'bytes with the opening of one number by both sides': {
    A: {
      options: window(8),
      acts: {
        2: openAndSay('you', '', { channel: 7, highWaterMark: 16 }),
        8: say('!'),
        10: complete,
      },
    },
    B: {
      options: window(8),
      acts: { 2: openAndSay('me', '', { channel: 7, highWaterMark: 16 }), 9: complete },
    },
  },
  'STOP before the answer': {
    A: {
      acts: {
        2: (stage) => {
          stage.open().cancel();
        },
        7: complete,
      },
    },
    B: {},
  },
  'STOP while bytes wait before an END': {
    A: { acts: { 2: openAndSay('many, many', '', {}, true) } },
    B: { options: window(4), takes: readLater, acts: { 6: cancel, 9: complete } },
  },
  'STOP after the end': { A: { acts: { 2: openAndSay('', '', {}, true) } } },
  'STOP that is late, for an earlier channel of the number': {
    A: { acts: { 2: open(), 5: say('on'), 6: complete } },
  },
  'REASON ahead of ERROR_END': {
    A: {
      acts: {
        2: open(),
        5: ({ channel }) => {
          channel.outbound$.error(new ChannelError('QUOTA', 'too much'));
        },
      },
    },
    B: { acts: { 7: complete } },
  },
  'a refusal for want of room': {
    A: { acts: { 2: open() } },
    B: { options: { acceptBacklog: 0 } },
  },
  'a peer that does not say HELLO': {
    A: { acts: { 4: cancel, 5: complete } },
    B: {
      options: { ...bpmux, highChannels: true },
      acts: { 1: openAndSay('tick', '', { highWaterMark: 16 }, true) },
    },
  },
};

/** Whether the application takes the peer's channels: a backlog of none is full without it. */
export const takesChannels = ({ options }: Play): boolean => options?.acceptBacklog !== 0;

/** What an application does with a channel of the peer's unless the play says something else. */
export const takeAsUsual = read;
