import {
  type Channel,
  ChannelError,
  Mux,
  MuxError,
  type MuxOptions,
  send,
  toDuplex,
  toWebStream,
} from '../../src/index.js';
import { expectNothingUnhandled } from '../hostile/support/unhandled.js';
import { TestCarrier, turn } from '../support/test-carrier.js';
import { data, handshake, hello, status } from '../support/wire.js';

const SECRET = 'secret: 1234';
const secret = (): Error => Object.assign(new Error(SECRET), { code: SECRET });
const ignore = (): void => undefined;

interface Way {
  readonly what: string;
  readonly options?: MuxOptions;
  /** What the application does with a channel of the peer's while it is offered, or after it has been answered. */
  readonly use: (channel: Channel, mux: Mux) => void;
  /** Whether ERROR_END is to be said. */
  readonly fails?: boolean;
}

const throws = (): never => {
  throw secret();
};

/** Ways in which an error of the application's could reach the peer. */
const ways: readonly Way[] = [
  {
    what: 'destroy(error)',
    use: (channel) => {
      channel.destroy(secret());
    },
    fails: true,
  },
  {
    what: 'outbound$.error(error)',
    use: ({ outbound$ }) => {
      outbound$.error(secret());
    },
    fails: true,
  },
  {
    what: 'an error that says it is a MuxError',
    use: (channel) => {
      channel.destroy(new MuxError('ERR_RXMUX_PROTOCOL', SECRET));
    },
    fails: true,
  },
  {
    what: 'the cause of a ChannelError, and what is written on it',
    use: (channel) => {
      const error = new ChannelError('QUOTA', 'no more', { cause: secret() });
      channel.destroy(Object.assign(error, { details: SECRET, reason: { code: SECRET, message: SECRET } }));
    },
    fails: true,
  },
  {
    what: 'an error of a source that is subscribed to outbound$',
    use: ({ inbound$, outbound$ }) => {
      inbound$.subscribe({
        next: () => {
          outbound$.error(secret());
        },
        error: ignore,
      });
    },
    fails: true,
  },
  {
    what: 'an error of a source of send()',
    use: (channel) => {
      async function* source(): AsyncGenerator<string> {
        yield await Promise.resolve('one');
        throw secret();
      }
      send(source(), channel).subscribe({ error: ignore });
    },
    fails: true,
  },
  {
    what: 'an exception in a loop',
    use: (channel) => {
      void (async () => {
        for await (const chunk of channel) {
          throws();
          expect(chunk).toBeDefined();
        }
      })().catch(ignore);
    },
  },
  {
    what: 'an exception of parseHandshake',
    options: { parseHandshake: throws },
    use: ignore,
  },
  {
    what: 'duplex.destroy(error)',
    use: (channel) => {
      toDuplex(channel).on('error', ignore).destroy(secret());
    },
    fails: true,
  },
  {
    what: 'writer.abort(error)',
    use: (channel) => void toWebStream(channel).writable.abort(secret()).catch(ignore),
    fails: true,
  },
  {
    what: 'reader.cancel(error)',
    use: (channel) => void toWebStream(channel).readable.cancel(secret()).catch(ignore),
  },
  {
    what: 'mux.destroy(error)',
    use: (_channel, mux) => {
      mux.destroy(secret());
    },
  },
];

describe('words of errors that were not given for the peer are', () => {
  expectNothingUnhandled();

  /** Lets the application do it, and returns all that was written, and what it said. */
  async function written({ options, use }: Way, isAnswered: boolean): Promise<[Buffer, string[]]> {
    const carrier = new TestCarrier();
    const mux = new Mux(carrier, { keepAlive: false, extensions: true, ...options });
    mux.errors$.subscribe();
    const channels: Channel[] = [];
    mux.channels$.subscribe({
      next: (channel) => {
        channels.push(channel);
        for (const observable$ of [
          channel.outbound$,
          channel.inbound$,
          channel.handshake$,
          channel.closed$,
        ]) {
          (observable$ as Channel['closed$']).subscribe({ error: ignore });
        }
        if (!isAnswered) {
          use(channel, mux);
        }
      },
      error: ignore,
    });
    carrier.receive(hello(100));
    await turn();
    carrier.receive(handshake(0, 1000, 'data'), status(0, 1000, 0));
    await turn();
    for (const channel of isAnswered ? channels : []) {
      use(channel, mux);
    }
    carrier.receive(data(0, 3, 'abc'));
    for (let i = 0; i < 10; i += 1) {
      await turn();
    }
    mux.destroy();
    return [Buffer.concat(carrier.writes.flat()), carrier.said];
  }

  it.each(ways)('never put on the wire: $what', async (way) => {
    for (const isAnswered of [false, true]) {
      const [bytes, said] = await written(way, isAnswered);
      expect(bytes.includes('secret')).toBe(false);
      expect(bytes.includes('1234')).toBe(false);
      expect(said[0]).toMatch(/^HELLO/);
      expect(said.includes('ERROR_END 0')).toBe(way.fails === true);
    }
  });

  it('put on the wire where they were', async () => {
    const use = (channel: Channel): void => {
      channel.destroy(new ChannelError('CODE', SECRET));
    };
    const [bytes] = await written({ what: 'destroy(ChannelError)', use }, true);
    expect(bytes.includes(SECRET)).toBe(true);
  });
});
