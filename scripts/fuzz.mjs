// Lets a hostile peer talk to the built package at random, and looks for what must not happen: exceptions, errors that
// nobody handles, more channels than maxOpen, memory that is kept, harm to another mux.
//
//   node scripts/fuzz.mjs [--seconds N] [--seed N]
//
// An input is a string of bytes. It is read as a program: which options and application the mux has, what the peer says
// and how the carrier cuts it, and what the application does in between. Inputs that reach code which none has reached
// before are kept, and most new inputs are mutations of these. Coverage is that of V8, by blocks.
//
// A finding is printed with its seed and the input, and the exit code is 1. `--input HEX` runs one input again.
import { Session } from 'node:inspector';
import { setImmediate } from 'node:timers';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { parseArgs } from 'node:util';
import { BehaviorSubject, config, Subject } from 'rxjs';
import { ChannelError, Mux, toDuplex } from '../dist/esm/index.js';

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '60' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
    input: { type: 'string' },
  },
});
const MIB = 1024 * 1024;
/** Executions between two looks at coverage, which cost as much as many executions. */
const BATCH = 40;
const LIMIT = 64 * MIB;

const ignore = () => undefined;
const turn = () => new Promise((resolve) => setImmediate(resolve));

// Numbers at random, the same for the same seed (mulberry32).
let state = Number(values.seed);
const random = () => {
  state = (state + 0x6d2b79f5) | 0;
  let t = Math.imul(state ^ (state >>> 15), 1 | state);
  t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
  return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
};
const below = (n) => Math.floor(random() * n);

// Problems

let problem;
const found = (what) => (error) => {
  problem ??= { what, error };
};
config.onUnhandledError = found('an error that nobody handles');
process.on('uncaughtException', found('an uncaught exception'));
process.on('unhandledRejection', found('an unhandled rejection'));

/** Does what an application may do wrong, too: then it gets an error of this kind, and nothing else. */
function attempt(what, action) {
  try {
    return action();
  } catch (error) {
    if (!error.code?.startsWith('ERR_RXMUX') && !(error instanceof RangeError)) {
      found(what)(error);
    }
    return undefined;
  }
}

// The peer's side

const u32 = (value) => [value >>> 24, (value >>> 16) & 255, (value >>> 8) & 255, value & 255];
const frame = (...bytes) => Buffer.from([...u32(bytes.length), ...bytes]);

function carrier(capacity) {
  const inbound$ = new Subject();
  const capacity$ = new BehaviorSubject(capacity);
  const destroy = () => {
    inbound$.complete();
    capacity$.complete();
  };
  return { inbound$, capacity$, write: ignore, end: () => capacity$.complete(), destroy };
}

const NUMBERS = [0, 1, 2, 3, 2 ** 31, 2 ** 32 - 1];
const COUNTS = [0, 1, 5, 1000, 2 ** 31 - 1, 2 ** 31, 2 ** 32 - 1];
const LENGTHS = [0, 1, 2, 5, 9, 30, 1001, 5000];

/** Reads an input: numbers below `n`, until it is used up, and then 0. */
class Input {
  #at = 0;
  constructor(bytes) {
    this.bytes = bytes;
  }
  get isOver() {
    return this.#at >= this.bytes.length;
  }
  below(n) {
    return this.isOver ? 0 : this.bytes[this.#at++] % n;
  }
  of(list) {
    return list[this.below(list.length)];
  }
}

/** A reason, whose lengths may be wrong. */
function why(input) {
  const code = new Uint8Array(input.of([0, 1, 5, 255])).fill(input.below(256));
  const message = new Uint8Array(input.of([0, 1, 30, 1024, 2000])).fill(input.below(256));
  const wrong = input.of([0, 0, 0, 1, 255]);
  const length = message.length + wrong;
  return [(code.length + wrong) & 255, ...code, length >> 8, length & 255, ...message];
}

/** What bpmux has no word for. It may be cut short, or have more than its body. */
function sayMore(input, channel) {
  const kind = input.of([1, 2, 3, 4, 5, 6, 0, 7, 255]);
  const bodies = {
    0: () => [input.below(3), ...u32(input.of(COUNTS))],
    4: () => u32(input.of(COUNTS)),
    5: () => u32(input.of([0, 1, 2, ...COUNTS])),
    6: () => why(input),
  };
  const body = (bodies[kind] ?? (() => [...channel, ...why(input)]))();
  const length = input.of([Infinity, Infinity, Infinity, input.below(20)]);
  return frame(7, kind, ...[...body, ...new Uint8Array(input.of([0, 0, 0, 9]))].slice(0, length));
}

/** What the peer says next. */
function say(input) {
  const channel = u32(input.of(NUMBERS));
  switch (input.below(13)) {
    case 0:
      return frame(0, ...channel);
    case 1:
    case 2:
      return frame(1, ...channel, ...u32(input.of(COUNTS)), ...new Uint8Array(input.of(LENGTHS)));
    case 3:
      return frame(input.of([2, 3, 5]), ...channel, ...u32(input.of(COUNTS)), ...u32(input.of(COUNTS)));
    case 4:
    case 5:
    case 6: {
      const payload = Buffer.alloc(input.of(LENGTHS), input.below(256));
      return Buffer.concat([
        frame(4, ...channel, ...u32(input.of(COUNTS))),
        Buffer.from(u32(payload.length)),
        payload,
      ]);
    }
    case 7:
      return frame(5, ...channel, ...u32(input.of(COUNTS)));
    case 8:
      return frame(6, ...channel);
    case 10:
    case 11:
    case 12:
      return sayMore(input, channel);
    default:
      return input.below(4) === 0
        ? Buffer.from(u32(input.of(COUNTS))) // the length of a frame that may never be whole
        : frame(...Array.from({ length: input.below(15) }, () => input.below(256)));
  }
}

// The application's side

const actions = [
  (channel) => channel.inbound$.subscribe(channel.outbound$),
  (channel) => channel.inbound$.subscribe({ error: ignore }),
  (channel) => channel.inbound$.subscribe({ error: ignore }).unsubscribe(),
  (channel) => channel.deliveries$.subscribe({ next: ({ ack }) => ack(), error: ignore }),
  (channel) => channel.deliveries$.subscribe({ next: ({ ack }) => setImmediate(ack), error: ignore }),
  (channel) => channel.deliveries$.subscribe({ error: ignore }),
  (channel) => {
    channel.handshake$.subscribe({ error: ignore });
    channel.closed$.subscribe({ error: ignore });
    channel.sendWindow$.subscribe();
    channel.receiveWindow$.subscribe();
    channel.writable$.subscribe();
  },
  (channel, input) => {
    const chunks = channel[Symbol.asyncIterator]();
    void (async () => {
      let left = input.below(5);
      while (left > 0 && !(await chunks.next()).done) {
        left -= 1;
      }
      await chunks.return();
    })().catch(ignore);
  },
  (channel, input) => {
    const duplex = toDuplex(channel).on('error', ignore);
    const what = input.below(16);
    if (what & 1) duplex.resume();
    if (what & 2) duplex.write('abcdef');
    if (what & 4) duplex.end();
    if (what & 8) duplex.destroy();
  },
  (channel) => channel.outbound$.next('hello world'),
  (channel) => channel.outbound$.complete(),
  (channel) => channel.outbound$.error(new Error('outbound')),
  (channel) => channel.cancel(),
  (channel) => channel.destroy(),
  (channel) => channel.destroy(new Error('destroyed')),
  (channel) => channel.destroy(new ChannelError('DESTROYED', 'é'.repeat(1000))),
  (channel) => channel.outbound$.error(new ChannelError('FAILED', '')),
  (channel) => channel.reject({ code: 'NO', message: 'not here' }),
  (channel, input) => channel.stopped$.subscribe(() => actions[input.below(12)](channel, input)),
  (channel) => channel.accept('yes'),
  (channel) => channel.reject(),
  (channel) => channel.delayHandshake(),
];

/** Holds the conversation that the input stands for. */
async function converse(bytes) {
  const input = new Input(bytes);
  const peer = carrier(input.of([65_536, 1000, 10, 0]));
  const maxOpen = input.of([2, 1, 8, 3]);
  const mux = new Mux(peer, {
    keepAlive: false,
    highChannels: false,
    extensions: input.below(5) !== 4,
    maxOpen,
    acceptBacklog: input.of([256, 0, 1]),
    maxHeaderSize: input.of([65_536, 9, 20]),
    coalesceWrites: input.below(2) === 0,
    parseHandshake: (data) => {
      if (data.length === 2) {
        throw new Error('handshake');
      }
      return data;
    },
    peerChannelOptions: {
      highWaterMark: input.of([1000, 1, 4]),
      checkReadOverflow: input.below(4) !== 0,
      maxWriteSize: input.of([0, 1, 5]),
    },
  });
  mux.peer$.subscribe();
  mux.goingAway$.subscribe();
  if (input.below(3) !== 2) {
    peer.inbound$.next(frame(7, 0, 1, ...u32(input.of([5, 1000, 0, 2 ** 32 - 1]))));
  }
  const channels = [];
  const act = (channel) => {
    const action = input.of(actions);
    attempt('an exception out of a channel', () => action(channel, input));
  };
  const subscribe = () =>
    mux.channels$.subscribe({
      next: (channel) => {
        channels.push(channel);
        for (let left = input.below(4); left > 0; left -= 1) {
          act(channel);
        }
      },
      error: ignore,
    });
  const open = () => {
    const options = input.below(2) === 0 ? {} : { channel: input.of(NUMBERS), highWaterMark: 4 };
    const channel = attempt('an exception out of open()', () => mux.open('hi', options));
    if (channel !== undefined) {
      channels.push(channel);
    }
  };
  // A carrier's last words are rare.
  const ends = [
    () => peer.inbound$.complete(),
    () => peer.inbound$.error(new Error('cut')),
    () => peer.capacity$.complete(),
    () => void mux.close().catch(ignore),
    () => mux.destroy(),
    () => mux.destroy(new Error('destroyed')),
  ];
  const steps = [
    () => peer.inbound$.next(say(input)),
    () => peer.inbound$.next(Buffer.concat([say(input), say(input), say(input)])),
    () => {
      const words = say(input);
      const place = input.below(words.length + 1);
      peer.inbound$.next(words.subarray(0, place));
      peer.inbound$.next(words.subarray(place));
    },
    turn,
    subscribe,
    open,
    () => channels.length > 0 && act(input.of(channels)),
    () => peer.capacity$.next(input.of([0, 1, 10, 65_536])),
    () => void mux.ping().catch(ignore),
    () => {
      const chosen = attempt('an exception out of observe()', () =>
        mux.observe('hi').subscribe({ error: ignore }),
      );
      if (input.below(2) === 0) chosen?.unsubscribe();
    },
    () => input.below(6) === 0 && input.of(ends)(),
  ];
  while (!input.isOver && problem === undefined) {
    await input.of(steps)();
    if (mux.openChannels.size > maxOpen) {
      found('more channels than maxOpen')(new Error(`${mux.openChannels.size} > ${maxOpen}`));
    }
  }
  await turn();
  await turn();
  mux.destroy();
  if (mux.openChannels.size > 0) {
    found('channels of a mux that is destroyed')(new Error(String(mux.openChannels.size)));
  }
}

// Another mux in the same process, which must not notice.

const elsewhere = carrier(65_536);
const other = new Mux(elsewhere, { keepAlive: false, highChannels: false }).open();
elsewhere.inbound$.next(frame(1, ...u32(0), ...u32(0)));
let echoed = 0;
other.inbound$.subscribe(() => (echoed += 1));
await turn();

async function bystander() {
  const before = echoed;
  elsewhere.inbound$.next(Buffer.concat([frame(4, ...u32(0), ...u32(1)), frame(120)]));
  await turn();
  if (echoed !== before + 1) {
    found('harm to another mux')(new Error('its bytes did not arrive'));
  }
}

// Coverage: which blocks of the package have been reached, ever.

const session = new Session();
session.connect();
const post = (method, parameters) => {
  let answer;
  session.post(method, parameters, (error, result) => {
    if (error) throw new Error(error.message);
    answer = result;
  });
  return answer;
};
post('Profiler.enable');
post('Profiler.startPreciseCoverage', { callCount: true, detailed: true });
const blocks = new Set();

/** The blocks that have been reached since the last call, and were not before. */
function reachedNew() {
  const reached = [];
  for (const { url, functions } of post('Profiler.takePreciseCoverage').result) {
    if (!url.includes('/dist/esm/')) {
      continue;
    }
    for (const { startOffset, endOffset, count } of functions.flatMap(({ ranges }) => ranges)) {
      const block = `${url}:${startOffset}:${endOffset}`;
      if (count > 0 && !blocks.has(block)) {
        reached.push(block);
      }
    }
  }
  return reached;
}

const remember = (reached) => {
  for (const block of reached) {
    blocks.add(block);
  }
};

// Inputs

const corpus = [];
const fresh = () => Buffer.from(Array.from({ length: 20 + below(150) }, () => below(256)));

function mutate(bytes) {
  let result = Buffer.from(bytes);
  for (let left = 1 + below(6); left > 0; left -= 1) {
    const at = below(result.length);
    const from = corpus[below(corpus.length)];
    const start = below(from.length);
    const piece = from.subarray(start, start + below(30));
    const edits = [
      () => void (result[at] = below(256)),
      () => (result = Buffer.concat([result.subarray(0, at), result.subarray(at + 1 + below(10))])),
      () => (result = Buffer.concat([result.subarray(0, at), piece, result.subarray(at)])),
      () => (result = Buffer.concat([result.subarray(0, at), fresh().subarray(0, 10), result.subarray(at)])),
    ];
    edits[below(edits.length)]();
    result = result.length === 0 ? fresh() : result.subarray(0, 400);
  }
  return result;
}

async function execute(bytes) {
  try {
    await converse(bytes);
  } catch (error) {
    found('an exception')(error);
  }
  if (problem !== undefined) {
    console.log(`seed ${values.seed}, input ${bytes.toString('hex')}`);
    console.log(`${problem.what}:`, problem.error);
    process.exit(1);
  }
}

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc');
const bytesInUse = () => {
  collectGarbage();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
};

if (values.input !== undefined) {
  await execute(Buffer.from(values.input, 'hex'));
  console.log('nothing found');
  process.exit();
}

const inUse = bytesInUse();
const start = Date.now();
const until = start + Number(values.seconds) * 1000;
let executions = 0;
let nextLook = start + 10_000;
while (Date.now() < until) {
  const batch = Array.from({ length: BATCH }, () =>
    corpus.length === 0 || below(4) === 0 ? fresh() : mutate(corpus[below(corpus.length)]),
  );
  for (const bytes of batch) {
    await execute(bytes);
  }
  executions += batch.length;
  const reached = reachedNew();
  if (reached.length > 0) {
    // Each once more, by itself, to see which it was.
    for (const bytes of batch) {
      await execute(bytes);
      const alone = reachedNew();
      if (alone.length > 0) {
        corpus.push(bytes);
        remember(alone);
      }
    }
    remember(reached);
  }
  await bystander();
  if (Date.now() > nextLook || Date.now() >= until) {
    nextLook = Date.now() + 10_000;
    const kept = bytesInUse() - inUse;
    if (kept > LIMIT) {
      found('memory that is kept')(new Error(`${Math.round(kept / MIB)} MiB`));
    }
  }
  if (problem !== undefined) {
    await execute(Buffer.alloc(0)); // reports it
  }
}
const seconds = (Date.now() - start) / 1000;
console.log(
  `${executions} inputs in ${seconds.toFixed(1)} s (${Math.round(executions / seconds)} per second), ` +
    `${corpus.length} kept, ${blocks.size} blocks, seed ${values.seed}: nothing found`,
);
process.exit();
