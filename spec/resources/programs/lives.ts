import { type Channel, type MuxOptions, PeerError, toDuplex, toWebStream } from 'rxmux';
import { observablesOf } from './observables-of.js';

/** What the applications at both ends do with their channels: a way to live, and to end. */
export interface Life {
  /** What the side that accepts does with a channel of `channels$`. */
  readonly accept: (channel: Channel) => void;
  /** What the side that opens does with the `n`th channel. */
  readonly open: (channel: Channel, n: number) => void;
  /** The number that is asked for. */
  readonly number?: (n: number) => number;
  /** Settings of the side that accepts. */
  readonly options?: MuxOptions;
}

const ignored = { error: (): void => undefined };

const echo = (channel: Channel): void => {
  channel.inbound$.subscribe(channel.outbound$);
};

const ask = (channel: Channel): void => {
  channel.inbound$.subscribe(ignored);
  channel.outbound$.next('a few bytes');
};

/** Somebody listens to all that a channel has to say. */
const listenToAll = (channel: Channel): void => {
  for (const observable$ of observablesOf(channel)) {
    observable$.subscribe(ignored);
  }
};

export const lives: Record<string, Life> = {
  'end both halves': {
    accept: echo,
    open: (channel) => {
      ask(channel);
      channel.outbound$.complete();
    },
  },
  'end both halves, with all Observables subscribed to': {
    accept: (channel) => {
      listenToAll(channel);
      echo(channel);
    },
    open: (channel) => {
      listenToAll(channel);
      ask(channel);
      channel.outbound$.complete();
    },
  },
  'end as Duplexes': {
    accept: (channel) => {
      const duplex = toDuplex(channel);
      duplex.pipe(duplex);
    },
    open: (channel) => {
      toDuplex(channel).resume().end('a few bytes');
    },
  },
  'end as Duplexes that fail or are destroyed': {
    accept: (channel) => {
      const duplex = toDuplex(channel).on('error', () => undefined);
      duplex.resume().on('end', () => duplex.end('a few bytes'));
    },
    open: (channel, n) => {
      const duplex = toDuplex(channel).on('error', () => undefined);
      duplex.resume().write('a few bytes');
      if (n % 3 === 0) {
        duplex.peerErrorThenEnd('and some more');
      } else {
        duplex.destroy(n % 3 === 1 ? new Error('no more') : undefined);
      }
    },
  },
  'end as web streams, are aborted, or are destroyed': {
    accept: (channel) => {
      const { readable, writable } = toWebStream(channel);
      readable.pipeTo(writable).catch(() => undefined);
    },
    open: (channel, n) => {
      const { readable, writable } = toWebStream(channel);
      readable.pipeTo(new WritableStream()).catch(() => undefined);
      const writer = writable.getWriter();
      writer.write('a few bytes').catch(() => undefined);
      if (n % 3 === 0) {
        writer.close().catch(() => undefined);
      } else if (n % 3 === 1) {
        writer.abort(new Error('no more')).catch(() => undefined);
      } else {
        channel.destroy(new Error('no more'));
      }
    },
  },
  'end with errors': {
    accept: (channel) => {
      channel.inbound$.subscribe(channel.outbound$);
    },
    open: (channel) => {
      listenToAll(channel);
      ask(channel);
      channel.outbound$.error(new Error('no more'));
    },
  },
  'are destroyed by the opener': {
    accept: echo,
    open: (channel, n) => {
      listenToAll(channel);
      ask(channel);
      channel.destroy(n % 2 === 0 ? undefined : new Error('no more'));
    },
  },
  'are destroyed by the acceptor': {
    accept: (channel) => {
      channel.destroy(channel.id % 2 === 0 ? undefined : new Error('no more'));
    },
    open: (channel) => {
      listenToAll(channel);
      ask(channel);
      channel.inbound$.subscribe({
        error: () => {
          channel.outbound$.complete();
        },
        complete: () => {
          channel.outbound$.complete();
        },
      });
    },
  },
  'are cancelled': {
    accept: (channel) => {
      channel.cancel();
      channel.outbound$.next(Buffer.alloc(1000));
      channel.outbound$.complete();
    },
    open: (channel) => {
      channel.cancel();
      channel.outbound$.next(Buffer.alloc(1000));
      channel.outbound$.complete();
    },
  },
  'are rejected': {
    accept: (channel) => {
      channel.reject();
    },
    open: ask,
  },
  'are refused where the mux is full': {
    accept: echo,
    open: (channel) => {
      ask(channel);
      channel.outbound$.complete();
    },
    options: { maxOpen: 1 },
  },
  'are answered late': {
    accept: (channel) => {
      const answer = channel.delayHandshake();
      channel.inbound$.subscribe({
        ...ignored,
        complete: () => {
          answer('late');
          channel.outbound$.complete();
        },
      });
    },
    open: (channel, n) => {
      channel.handshake$.subscribe(ignored);
      ask(channel);
      if (n % 2 === 0) {
        channel.destroy();
      } else {
        channel.outbound$.complete();
      }
    },
  },
  'are rejected late, or destroyed unanswered': {
    accept: (channel) => {
      channel.delayHandshake();
      channel.inbound$.subscribe({
        ...ignored,
        complete: () => {
          if (channel.id % 2 === 0) {
            channel.reject();
          } else {
            channel.destroy(new PeerError());
          }
        },
      });
    },
    open: (channel) => {
      ask(channel);
      channel.outbound$.complete();
    },
  },
  'are iterated over, to the end or left': {
    accept: (channel) => {
      void (async () => {
        for await (const chunk of channel) {
          channel.outbound$.next(chunk);
          break;
        }
        channel.outbound$.complete();
      })();
    },
    open: (channel) => {
      channel.outbound$.next('a few bytes');
      void (async () => {
        for await (const chunk of channel) {
          channel.outbound$.next(chunk);
        }
        channel.outbound$.complete();
      })();
    },
  },
  'take the same numbers again and again': {
    accept: echo,
    open: (channel) => {
      ask(channel);
      channel.outbound$.complete();
    },
    number: (n) => 4_294_967_295 - (n % 100),
  },
};
