import * as fc from 'fast-check';
import { noop } from 'rxjs';
import { TestScheduler } from 'rxjs/testing';
import {
  type Channel,
  ChannelError,
  type ChannelOptions,
  Mux,
  type MuxOptions,
  splice,
} from '../../src/index.js';
import { muxPair } from '../../src/testing.js';
import { expectNothingUnhandled } from '../hostile/support/unhandled.js';
import { listen } from '../support/listen.js';
import { TestCarrier } from '../support/test-carrier.js';
import { handshake } from '../support/wire.js';

expectNothingUnhandled();

/** Two far ends, each with a channel, and what joins these. */
interface Joined {
  readonly x: Channel;
  readonly y: Channel;
  /** The channels in the middle, where there are any. */
  readonly middle: readonly Channel[];
  readonly muxes: readonly Mux[];
  readonly cuts: readonly ((error?: Error) => void)[];
  /** What `splice` has said. */
  readonly said: unknown[];
  letGo: () => void;
}

/** How far apart events are in virtual time, ms: far enough for all that they cause. */
const APART = 1000;

/** Does `work` in virtual time. */
function inVirtualTime(work: (scheduler: TestScheduler) => void): void {
  const scheduler = new TestScheduler((actual, expected) => {
    expect(actual).toEqual(expected);
  });
  scheduler.run(() => {
    work(scheduler);
    scheduler.flush();
  });
}

const optionsOf = (window: number, extensions: boolean): MuxOptions => ({
  extensions,
  maxBufferedBytes: 0,
  peerChannelOptions: { highWaterMark: window },
});

/** The far ends, connected with each other. */
function directly(scheduler: TestScheduler, window: number, extensions = true): Joined {
  const options = optionsOf(window, extensions);
  const { near, far, cut } = muxPair({ scheduler, near: options, far: options });
  far.channels$.subscribe({ error: noop });
  const x = near.open('', { highWaterMark: window });
  scheduler.flush();
  const y = onlyOf(far);
  return { x, y, middle: [], muxes: [near, far], cuts: [cut], said: [], letGo: noop };
}

/** The far ends, with a splice between them. */
function spliced(
  scheduler: TestScheduler,
  window: number,
  extensions = true,
  channelOptions: ChannelOptions = {},
): Joined {
  const options = optionsOf(window, extensions);
  const client = muxPair({ scheduler, near: options, far: options });
  const service = muxPair({ scheduler, near: options, far: options });
  client.far.channels$.subscribe({ error: noop });
  service.far.channels$.subscribe({ error: noop });
  const x = client.near.open('', { highWaterMark: window });
  scheduler.flush();
  const a = onlyOf(client.far);
  const b = service.near.open('', { highWaterMark: window, ...channelOptions });
  scheduler.flush();
  const y = onlyOf(service.far);
  const said: unknown[] = [];
  const subscription = splice(a, b).subscribe({
    error: (error: unknown) => said.push(error),
    complete: () => said.push('complete'),
  });
  return {
    x,
    y,
    middle: [a, b],
    muxes: [client.near, client.far, service.near, service.far],
    cuts: [client.cut, service.cut],
    said,
    letGo: () => {
      subscription.unsubscribe();
    },
  };
}

/** The same, before the channel has been answered: the far end puts that off. */
function unansweredDirectly(scheduler: TestScheduler, window: number, extensions: boolean): Joined {
  const options = optionsOf(window, extensions);
  const { near, far, cut } = muxPair({ scheduler, near: options, far: options });
  far.channels$.subscribe({ next: (channel) => channel.delayHandshake(), error: noop });
  const x = near.open('', { highWaterMark: window });
  scheduler.flush();
  return { x, y: onlyOf(far), middle: [], muxes: [near, far], cuts: [cut], said: [], letGo: noop };
}

/** The same with a gateway, which answers as the far end does. */
function unansweredBehindGateway(scheduler: TestScheduler, window: number, extensions: boolean): Joined {
  const options = optionsOf(window, extensions);
  const client = muxPair({ scheduler, near: options, far: options });
  const service = muxPair({ scheduler, near: options, far: options });
  const said: unknown[] = [];
  client.far.channels$.subscribe({
    next: (a) => {
      const b = service.near.open(a.handshake, { highWaterMark: window });
      b.handshake$.subscribe({ next: a.delayHandshake(), error: noop });
      splice(a, b).subscribe({ error: (error: unknown) => said.push(error) });
    },
    error: noop,
  });
  service.far.channels$.subscribe({ next: (channel) => channel.delayHandshake(), error: noop });
  const x = client.near.open('', { highWaterMark: window });
  scheduler.flush();
  return {
    x,
    y: onlyOf(service.far),
    middle: [],
    muxes: [client.near, client.far, service.near, service.far],
    cuts: [client.cut, service.cut],
    said,
    letGo: noop,
  };
}

function onlyOf(mux: Mux): Channel {
  const [channel] = mux.openChannels.values();
  if (channel === undefined) {
    throw new Error('no channel');
  }
  return channel;
}

/** What the user of a far end hears. */
class End {
  received = '';
  readonly #heard: unknown[] = [];

  constructor(readonly channel: Channel) {
    channel.inbound$.subscribe({
      next: (chunk) => {
        this.received += chunk.toString('latin1');
      },
      error: (error: unknown) => this.#heard.push(['in', named(error)]),
      complete: () => this.#heard.push(['in', 'complete']),
    });
    channel.outbound$.subscribe({
      error: (error: unknown) => this.#heard.push(['out', named(error)]),
      complete: () => this.#heard.push(['out', 'complete']),
    });
  }

  get heard(): unknown {
    const { received } = this;
    return { received, ends: [...this.#heard].sort((one, other) => (String(one) < String(other) ? -1 : 1)) };
  }
}

/** An error by what an application can tell it by. */
function named(error: unknown): unknown {
  const { code, reason, message } = error as { code?: string; reason?: unknown; message?: string };
  return reason === undefined ? (code ?? message) : [code, reason];
}

type Act = (channel: Channel) => void;

const acts = fc.oneof(
  { weight: 5, arbitrary: fc.integer({ min: 0, max: 300 }).map((size) => ({ name: 'next', size })) },
  {
    weight: 3,
    arbitrary: fc.constantFrom(
      ...['complete', 'error', 'ChannelError', 'cancel', 'destroy', 'destroy with', 'destroy for'].map(
        (name) => ({
          name,
          size: 0,
        }),
      ),
    ),
  },
);

const ACTS: Readonly<Record<string, (size: number) => Act>> = {
  next: (size) => (channel) => {
    channel.outbound$.next(Buffer.from(Array.from({ length: size }, (_, index) => (index * 7 + size) % 256)));
  },
  complete: () => (channel) => {
    channel.outbound$.complete();
  },
  error: () => (channel) => {
    channel.outbound$.error(new Error('mine'));
  },
  ChannelError: () => (channel) => {
    channel.outbound$.error(new ChannelError('E_OUT', 'why it ends'));
  },
  cancel: () => (channel) => {
    channel.cancel();
  },
  destroy: () => (channel) => {
    channel.destroy();
  },
  'destroy with': () => (channel) => {
    channel.destroy(new Error('mine'));
  },
  'destroy for': () => (channel) => {
    channel.destroy(new ChannelError('E_DESTROY', 'why it is destroyed'));
  },
};

/** What a far end says about a channel whose answer it has put off, where it has not said anything yet. */
const ANSWERS: Readonly<Record<string, Act>> = {
  accept: (channel) => {
    unlessAnswered(() => {
      channel.accept();
    });
  },
  'accept with': (channel) => {
    unlessAnswered(() => {
      channel.accept('welcome');
    });
  },
  reject: (channel) => {
    unlessAnswered(() => {
      channel.reject();
    });
  },
  'reject for': (channel) => {
    unlessAnswered(() => {
      channel.reject({ code: 'E_NO', message: 'not today' });
    });
  },
};

function unlessAnswered(answer: () => void): void {
  try {
    answer();
  } catch (error) {
    expect(error).toMatchObject({ code: 'ERR_RXMUX_HANDSHAKE_SENT' });
  }
}

/** What a handshake says, and how its Observable ends. */
const told = (event: unknown): unknown =>
  event instanceof Uint8Array ? String(event) : event === 'complete' ? event : named(event);

/** What is done at one of the far ends. */
interface Step {
  readonly atX: boolean;
  readonly act: { readonly name: string; readonly size: number };
}

/** What both far ends hear, step after step, where they are joined so; and whether something is wrong or left. */
function outcomeOf(
  join: (scheduler: TestScheduler, window: number, extensions: boolean) => Joined,
  window: number,
  extensions: boolean,
  steps: readonly Step[],
): unknown[] {
  const outcome: unknown[] = [];
  inVirtualTime((scheduler) => {
    const { x, y, muxes } = join(scheduler, window, extensions);
    const answer = listen(x.handshake$);
    const [atX, atY] = [new End(x), new End(y)];
    scheduler.flush();
    steps.forEach(({ atX: isAtX, act: { name, size } }, index) => {
      scheduler.schedule(() => {
        if (name in ANSWERS) {
          ANSWERS[name]?.(y);
        } else {
          ACTS[name]?.(size)(isAtX ? x : y);
        }
      }, APART * index);
    });
    scheduler.schedule(() => {
      outcome.push(answer.map(told), atX.heard, atY.heard);
      outcome.push(muxes.map((mux) => mux.stats().errors).some(Boolean));
      outcome.push(muxes.some((mux) => mux.openChannels.size > 0));
      for (const mux of muxes) {
        mux.destroy();
      }
    }, APART * steps.length);
    scheduler.flush();
  });
  return outcome;
}

describe('splice', () => {
  it.each([true, false])(
    'is heard at each far end as if they were connected, whatever they do (extensions: %s)',
    (extensions) => {
      fc.assert(
        fc.property(
          fc.constantFrom(1, 2, 100, 65_536),
          fc.array(fc.record({ atX: fc.boolean(), act: acts }), { maxLength: 8 }),
          (window, script) => {
            const outcomes = [directly, spliced].map((join) => outcomeOf(join, window, extensions, script));
            expect(outcomes[1]).toEqual(outcomes[0]);
          },
        ),
        { numRuns: 150 },
      );
    },
    120_000,
  );

  it.each([true, false])(
    'lets an answer be heard as if they were connected, where a gateway answers when it is answered (extensions: %s)',
    (extensions) => {
      const script = fc.array(
        fc.record({
          atX: fc.boolean(),
          act: fc.oneof(
            acts,
            fc
              .constantFrom('accept', 'accept with', 'reject', 'reject for')
              .map((name) => ({ name, size: 0 })),
          ),
        }),
        { maxLength: 8 },
      );
      fc.assert(
        fc.property(fc.constantFrom(1, 100, 65_536), script, (window, steps) => {
          // Who has stopped a gateway does not hear why the far end would have ended: the gateway did not know yet.
          const [why, stopped, answered] = [
            steps.findIndex(({ atX, act }) => !atX && ['ChannelError', 'destroy for'].includes(act.name)),
            steps.findIndex(({ atX, act }) => atX && /^(cancel|destroy)/.test(act.name)),
            steps.findIndex(({ act }) => act.name in ANSWERS),
          ];
          fc.pre(why < 0 || stopped < why || (answered >= 0 && answered < stopped));
          const outcomes = [unansweredDirectly, unansweredBehindGateway].map((join) =>
            outcomeOf(join, window, extensions, steps),
          );
          expect(outcomes[1]).toEqual(outcomes[0]);
        }),
        { numRuns: 150 },
      );
    },
    120_000,
  );

  it.each([1, 7, 1000, 65_536])(
    'keeps no more than both windows, of %d bytes, where a far end does not read, and passes on all of it then',
    (window) => {
      inVirtualTime((scheduler) => {
        const { x, y, middle } = spliced(scheduler, window);
        const sent = Buffer.alloc(20 * window + 5, 'some bytes ');
        for (let at = 0; at < sent.length; at += Math.ceil(window / 3)) {
          x.outbound$.next(sent.subarray(at, at + Math.ceil(window / 3)));
        }
        scheduler.flush();
        const [a, b] = middle.map((channel) => channel.stats());
        expect(a?.unread).toBeLessThanOrEqual(window);
        expect(b?.queued).toBe(a?.unread); // the same bytes
        expect(b?.blockedBy).toBe('credit');
        expect(x.stats().queued).toBe(sent.length - 2 * window);
        const atY = new End(y);
        x.outbound$.complete();
        scheduler.flush();
        expect(atY.heard).toEqual({ received: sent.toString(), ends: [['in', 'complete']] });
      });
    },
  );

  it('keeps no more than that where a far end reads little by little', () => {
    inVirtualTime((scheduler) => {
      const window = 100;
      const { x, y, middle } = spliced(scheduler, window, true, { maxWriteSize: 10 });
      x.outbound$.next(Buffer.alloc(50 * window));
      const acks: (() => void)[] = [];
      y.deliveries$.subscribe(({ ack }) => acks.push(ack));
      for (let i = 0; i < 50; i += 1) {
        scheduler.flush();
        const [a, b] = middle.map((channel) => channel.stats());
        expect(b?.blockedBy).toBe('credit');
        expect(b?.queued).toBeLessThanOrEqual(window);
        expect(a?.unread).toBe(b?.queued);
        acks.shift()?.();
      }
    });
  });

  it.each([
    ['far end', 'credit', 0, 65_536, 0],
    ['connection', 'capacity', 100_000, 0, 1], // which is not known of the first bytes
  ] as const)(
    'keeps no more memory than that where a %s takes no more, whatever chunks the bytes are parts of',
    (_who, blockedBy, window, capacity, unknown) => {
      inVirtualTime((scheduler) => {
        const { near, far } = muxPair({ scheduler });
        const carrier = new TestCarrier();
        const service = new Mux(carrier, { highChannels: false, keepAlive: false, scheduler });
        far.channels$.subscribe();
        const [x, beside] = [near.open(), near.open()];
        scheduler.flush();
        const [a, besideA] = [...far.openChannels.values()] as [Channel, Channel];
        besideA.inbound$.subscribe();
        const b = service.open();
        scheduler.flush();
        carrier.receive(handshake(b.id, window));
        splice(a, b).subscribe();
        const given: Uint8Array[] = [];
        b.outbound$.subscribe((chunk) => given.push(chunk as Uint8Array));
        carrier.capacity$.next(capacity);
        for (let i = 0; i < 10; i += 1) {
          beside.outbound$.next(Buffer.alloc(3000));
          x.outbound$.next(Buffer.alloc(1000)); // in the same chunk of the connection's
          scheduler.flush();
        }
        const kept = given.map(({ buffer }) => buffer.byteLength).slice(unknown);
        expect([kept.length, b.bufferedAmount]).toEqual([10 - unknown, 10_000]);
        expect(Math.max(...kept)).toBeLessThanOrEqual(1350);
        expect(b.stats().blockedBy).toBe(blockedBy);
      });
    },
  );

  it('completes when both far ends have completed, and both channels are gone', () => {
    inVirtualTime((scheduler) => {
      const { x, y, said, muxes } = spliced(scheduler, 100);
      const ends = [new End(x), new End(y)];
      x.outbound$.next('question');
      x.outbound$.complete();
      scheduler.flush();
      expect(said).toEqual([]);
      y.outbound$.next('answer');
      y.outbound$.complete();
      scheduler.flush();
      expect(said).toEqual(['complete']);
      expect(ends.map(({ received }) => received)).toEqual(['answer', 'question']);
      expect(muxes.map(({ openChannels }) => openChannels.size)).toEqual([0, 0, 0, 0]);
    });
  });

  it('completes where a far end wants no more', () => {
    inVirtualTime((scheduler) => {
      const { x, y, said } = spliced(scheduler, 100);
      const atY = new End(y);
      y.outbound$.next('a');
      x.destroy();
      scheduler.flush();
      expect(atY.heard).toEqual({
        received: '',
        ends: [
          ['in', 'complete'],
          ['out', 'ERR_RXMUX_STOPPED'],
        ],
      });
      expect(said).toEqual(['complete']);
    });
  });

  it('errors with what a far end fails with, when both have ended', () => {
    inVirtualTime((scheduler) => {
      const { x, y, said } = spliced(scheduler, 100);
      const ends = [new End(x), new End(y)];
      x.outbound$.error(new ChannelError('E_FIRST', 'one'));
      scheduler.flush();
      expect(said).toEqual([]);
      y.outbound$.error(new ChannelError('E_SECOND', 'two'));
      scheduler.flush();
      expect(said.map(named)).toEqual([['ERR_RXMUX_PEER', { code: 'E_FIRST', message: 'one' }]]);
      expect(ends[0]?.heard).toMatchObject({
        ends: [
          ['in', ['ERR_RXMUX_PEER', { code: 'E_SECOND', message: 'two' }]],
          ['out', 'E_FIRST'],
        ],
      });
    });
  });

  it('tells the other far end where one is lost with its connection', () => {
    inVirtualTime((scheduler) => {
      const { x, y, said, cuts } = spliced(scheduler, 100);
      const [atX, atY] = [new End(x), new End(y)];
      x.outbound$.next('before');
      scheduler.flush();
      cuts[0]?.();
      scheduler.flush();
      const reason = {
        code: 'ERR_RXMUX_CARRIER_ENDED',
        message: 'the connection behind the gateway is lost',
      };
      expect(atY.heard).toEqual({
        received: 'before',
        ends: [
          ['in', ['ERR_RXMUX_PEER', reason]],
          ['out', ['ERR_RXMUX_STOPPED', reason]],
        ],
      });
      expect(atX.heard).toMatchObject({
        ends: [
          ['in', 'ERR_RXMUX_CARRIER_ENDED'],
          ['out', 'ERR_RXMUX_CARRIER_ENDED'],
        ],
      });
      expect(said.map(named)).toEqual(['ERR_RXMUX_CARRIER_ENDED']);
    });
  });

  it('tells of a refusal, with its reason', () => {
    inVirtualTime((scheduler) => {
      const client = muxPair({ scheduler });
      const service = muxPair({ scheduler });
      client.far.channels$.subscribe({
        next: (channel) => {
          splice(channel, service.near.open()).subscribe({
            error: (error: unknown) => said.push(named(error)),
          });
        },
        error: noop,
      });
      const said: unknown[] = [];
      service.far.channels$.subscribe((channel) => {
        channel.reject({ code: 'E_NO', message: 'not today' });
      });
      const atX = new End(client.near.open());
      scheduler.flush();
      const reason = { code: 'E_NO', message: 'not today' };
      expect(atX.heard).toEqual({
        received: '',
        ends: [
          ['in', ['ERR_RXMUX_PEER', reason]],
          ['out', ['ERR_RXMUX_STOPPED', reason]],
        ],
      });
      expect(said).toEqual([['ERR_RXMUX_PEER', reason]]);
    });
  });

  describe('where a channel waits for its answer until the other is answered', () => {
    /** A client's channel that a gateway answers as a service does, and what comes of it. */
    const waiting = (
      scheduler: TestScheduler,
      join: (client: Channel, service: Channel, splice: () => void) => void,
      extensions = true,
    ) => {
      const options = { extensions };
      const client = muxPair({ scheduler, near: options, far: options });
      const service = muxPair({ scheduler, near: options, far: options });
      const said: unknown[] = [];
      client.far.channels$.subscribe({
        next: (channel) => {
          const other = service.near.open(channel.handshake);
          join(channel, other, () => {
            splice(channel, other).subscribe({ error: (error: unknown) => said.push(named(error)) });
          });
        },
        error: noop,
      });
      const opened = client.near.open('orders');
      const answer = listen(opened.handshake$);
      return { end: new End(opened), answer, client, service, said };
    };

    const REASON = { code: 'E_NO', message: 'not today' };
    const answersLater = (client: Channel, service: Channel): void => {
      service.handshake$.subscribe({ next: client.delayHandshake(), error: noop });
    };
    const refusesItself = (client: Channel, service: Channel): void => {
      service.handshake$.subscribe({
        next: client.delayHandshake(),
        error: () => {
          client.reject({ code: 'E_OTHER', message: 'said by the gateway' });
        },
      });
    };

    it.each([
      ['before they are joined', true],
      ['when they have been joined', false],
    ])('refuses it where the other is refused, with its reason; who listens %s hears it', (_, isBefore) => {
      inVirtualTime((scheduler) => {
        const { end, answer, client, service, said } = waiting(scheduler, (one, other, joined) => {
          if (isBefore) {
            answersLater(one, other);
          }
          joined();
          if (!isBefore) {
            answersLater(one, other);
          }
        });
        service.far.channels$.subscribe((channel) => {
          channel.reject(REASON);
        });
        scheduler.flush();
        expect(answer.map(named)).toEqual([['ERR_RXMUX_PEER', REASON]]);
        expect(end.heard).toEqual({
          received: '',
          ends: [
            ['in', ['ERR_RXMUX_PEER', REASON]],
            ['out', ['ERR_RXMUX_PEER', REASON]],
          ],
        });
        expect(said).toEqual([['ERR_RXMUX_PEER', REASON]]);
        end.channel.outbound$.complete();
        scheduler.flush();
        for (const { near, far } of [client, service]) {
          expect([near.openChannels.size, far.openChannels.size]).toEqual([0, 0]);
        }
      });
    });

    it.each([
      ['before they are joined', true, 'E_OTHER'],
      ['when they have been joined', false, 'E_NO'],
    ])('lets a gateway refuse it that asks for that %s', (_, isBefore, code) => {
      inVirtualTime((scheduler) => {
        const { answer, service } = waiting(scheduler, (one, other, joined) => {
          if (isBefore) {
            refusesItself(one, other);
          }
          joined();
          if (!isBefore) {
            refusesItself(one, other);
          }
        });
        service.far.channels$.subscribe((channel) => {
          channel.reject(REASON);
        });
        scheduler.flush();
        expect(answer).toMatchObject([{ code: 'ERR_RXMUX_PEER', reason: { code } }]);
      });
    });

    it('refuses it where the connection of the other is lost, and an answer that comes then does nothing', () => {
      inVirtualTime((scheduler) => {
        const accepts: (() => void)[] = [];
        const { answer, client, service, said } = waiting(scheduler, (one, other, joined) => {
          accepts.push(one.delayHandshake());
          joined();
        });
        service.far.channels$.subscribe({
          next: (channel) => {
            channel.delayHandshake();
          },
          error: noop,
        });
        scheduler.flush();
        expect(answer).toEqual([]);
        service.cut();
        scheduler.flush();
        accepts[0]?.();
        scheduler.flush();
        expect(answer).toMatchObject([
          { code: 'ERR_RXMUX_PEER', reason: { code: 'ERR_RXMUX_CARRIER_ENDED' } },
        ]);
        expect(said).toEqual(['ERR_RXMUX_CARRIER_ENDED']);
        expect([client.near.openChannels.size, client.far.openChannels.size]).toEqual([0, 0]);
      });
    });

    it('refuses it to a peer without extensions, too', () => {
      inVirtualTime((scheduler) => {
        const { end, client, service } = waiting(
          scheduler,
          (one, other, joined) => {
            answersLater(one, other);
            joined();
          },
          false,
        );
        service.far.channels$.subscribe((channel) => {
          channel.reject(REASON);
        });
        scheduler.flush();
        expect(end.heard).toMatchObject({ ends: [['in', 'ERR_RXMUX_PEER']] });
        end.channel.destroy();
        scheduler.flush();
        expect([client.near.openChannels.size, client.far.openChannels.size]).toEqual([0, 0]);
      });
    });
  });

  it('tells both far ends where the one in the middle gives a reason', () => {
    inVirtualTime((scheduler) => {
      const { x, y, middle } = spliced(scheduler, 100);
      const ends = [new End(x), new End(y)];
      middle[0]?.destroy(new ChannelError('E_QUOTA', 'used up'));
      scheduler.flush();
      const reason = { code: 'E_QUOTA', message: 'used up' };
      for (const end of ends) {
        expect(end.heard).toMatchObject({
          ends: [
            ['in', ['ERR_RXMUX_PEER', reason]],
            ['out', ['ERR_RXMUX_STOPPED', reason]],
          ],
        });
      }
    });
  });

  it('keeps to itself what is no reason for others', () => {
    inVirtualTime((scheduler) => {
      const { x, y, middle, said } = spliced(scheduler, 100);
      const ends = [new End(x), new End(y)];
      const thrown = 'a string, and a secret';
      middle[0]?.destroy(thrown);
      scheduler.flush();
      for (const end of ends) {
        expect(JSON.stringify(end.heard)).not.toContain('secret');
        expect(end.heard).toMatchObject({
          ends: [
            ['in', 'ERR_RXMUX_PEER'],
            ['out', 'ERR_RXMUX_STOPPED'],
          ],
        });
      }
      expect(said).toEqual([thrown]);
    });
  });

  it('destroys both where it is unsubscribed, so that nobody takes what has come for the whole', () => {
    inVirtualTime((scheduler) => {
      const { x, y, muxes, letGo, said } = spliced(scheduler, 100);
      const ends = [new End(x), new End(y)];
      letGo();
      scheduler.flush();
      for (const end of ends) {
        expect(end.heard).toMatchObject({
          ends: [
            ['in', 'ERR_RXMUX_PEER'],
            ['out', 'ERR_RXMUX_STOPPED'],
          ],
        });
      }
      expect(said).toEqual([]);
      expect(muxes.map(({ openChannels }) => openChannels.size)).toEqual([0, 0, 0, 0]);
    });
  });

  it('is cold', () => {
    inVirtualTime((scheduler) => {
      const { near, far } = muxPair({ scheduler });
      far.channels$.subscribe({ error: noop });
      const [a, b] = [near.open(), near.open()];
      void splice(a, b);
      expect([a, b].map(({ inbound$ }) => inbound$.observed)).toEqual([false, false]);
      expect([a, b].map((channel) => channel.stats().states.inbound)).toEqual(['paused', 'paused']);
    });
  });

  it('passes on what has come, and how it has ended, before it is subscribed to', () => {
    inVirtualTime((scheduler) => {
      const { near: client, far } = muxPair({ scheduler });
      const { near, far: service } = muxPair({ scheduler });
      far.channels$.subscribe({ error: noop });
      service.channels$.subscribe({ error: noop });
      const x = client.open();
      const b = near.open();
      b.outbound$.next('greeting, ');
      x.outbound$.next('early');
      x.outbound$.complete();
      scheduler.flush();
      const y = new End(onlyOf(service));
      splice(onlyOf(far), b).subscribe();
      scheduler.flush();
      expect(y.heard).toEqual({ received: 'greeting, early', ends: [['in', 'complete']] });
    });
  });

  it('grants a far end nothing for what the other channel was given before, and still holds back', () => {
    inVirtualTime((scheduler) => {
      const [window, before] = [100, 250];
      const { near: client, far } = muxPair({ scheduler, far: optionsOf(window, true) });
      const { near, far: service } = muxPair({ scheduler, far: optionsOf(window, true) });
      far.channels$.subscribe();
      service.channels$.subscribe();
      const x = client.open();
      const b = near.open();
      scheduler.flush();
      const [a, y] = [onlyOf(far), onlyOf(service)];
      b.outbound$.next(Buffer.alloc(before, 'b'));
      splice(a, b).subscribe();
      x.outbound$.next(Buffer.alloc(300, 'x'));
      let read = '';
      const acks: (() => void)[] = [];
      y.deliveries$.subscribe(({ chunk, ack }) => {
        read += String(chunk);
        acks.push(ack);
      });
      scheduler.flush();
      while (acks.length > 0) {
        expect(a.stats().consumed).toBe(Math.max(0, read.length - before));
        acks.shift()?.();
        scheduler.flush();
      }
      expect(read).toBe('b'.repeat(before) + 'x'.repeat(300));
      expect(a.stats()).toMatchObject({ received: 300, consumed: 300 });
    });
  });

  it('gives b the priority and the weight of a, also where they change', () => {
    inVirtualTime((scheduler) => {
      const { x, middle } = spliced(scheduler, 100, true, { priority: 6, weight: 1 });
      const [a, b] = middle;
      if (a === undefined || b === undefined) {
        throw new Error('no channels');
      }
      expect([b.priority, b.weight]).toEqual([a.priority, a.weight]);
      a.priority = 1;
      a.weight = 200;
      x.outbound$.next('bytes');
      scheduler.flush();
      expect([b.priority, b.weight]).toEqual([1, 200]);
      expect([a.priority, a.weight]).toEqual([1, 200]);
    });
  });

  it('gives b the priority of a as soon as it changes, though a brings no bytes', () => {
    inVirtualTime((scheduler) => {
      const { middle } = spliced(scheduler, 100, true, { priority: 6, weight: 1 });
      const [a, b] = middle;
      if (a === undefined || b === undefined) {
        throw new Error('no channels');
      }
      a.priority = 1;
      expect([b.priority, b.weight]).toEqual([1, 16]);
      a.weight = 200;
      expect([b.priority, b.weight]).toEqual([1, 200]);
      b.priority = 7;
      expect([a.priority, a.weight]).toEqual([1, 200]);
      expect([b.priority, b.weight]).toEqual([1, 200]);
    });
  });

  it('leaves b its priority when it is let go of', () => {
    inVirtualTime((scheduler) => {
      const { middle, letGo } = spliced(scheduler, 100);
      const [a, b] = middle;
      if (a === undefined || b === undefined) {
        throw new Error('no channels');
      }
      letGo();
      a.priority = 1;
      expect(b.priority).toBe(3);
    });
  });

  it('ends nothing else where the service answers when it has been let go of', () => {
    inVirtualTime((scheduler) => {
      const [client, service] = [muxPair({ scheduler }), muxPair({ scheduler, delay: APART })];
      const said: unknown[] = [];
      service.far.channels$.subscribe();
      client.far.channels$.subscribe((channel) => {
        const accept = channel.delayHandshake();
        const there = service.near.open(channel.handshake);
        there.handshake$.subscribe({
          next: (data) => {
            said.push('answered');
            accept(data);
          },
        });
        const joined = splice(channel, there).subscribe({ error: noop });
        scheduler.schedule(() => {
          joined.unsubscribe();
        }, APART);
      });
      client.near.open().outbound$.complete();
      scheduler.flush();
      expect(said).toEqual(['answered']);
      const channels = [client.near, client.far, service.near, service.far].map(
        ({ openChannels }) => openChannels,
      );
      expect(channels.map(({ size }) => size)).toEqual([0, 0, 0, 0]);
    });
  });

  it('throws where it is given no channels, or one twice', () => {
    const { near } = muxPair();
    const channel = near.open();
    expect(() => splice(channel, channel)).toThrow(new TypeError('a and b must be two channels'));
    expect(() => splice(channel, {} as Channel)).toThrow(TypeError);
    expect(() => splice({} as Channel, channel)).toThrow(TypeError);
    listen(channel.inbound$);
    listen(channel.outbound$);
    near.destroy();
  });
});
