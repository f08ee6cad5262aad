import { type Channel, type Mux, toDuplex, toWebStream } from 'rxmux';
import type { Answers } from './ask.js';
import { exchange, type Exchanged } from './exchange.js';
import { HeldChannel } from './held-channel.js';
import { serveMethods } from './methods.js';

/**
 * The far end of a mux under test: in a server, in a worker, or in the page itself. What is to become of a channel is
 * said by its handshake.
 *
 * @param opens - how many channels it opens itself, to exchange bytes
 */
export function serve(mux: Mux, opens: number): void {
  serveMethods(mux);
  const exchanges: Promise<Exchanged>[] = [];
  let held: HeldChannel | undefined;

  const answers: { readonly [Q in keyof Answers]: () => Promise<Answers[Q]> } = {
    exchanges: () => Promise.all(exchanges),
    counts: async () => heldOne().counts(),
    resume: () => heldOne().resume(),
  };
  const uses: Readonly<Record<string, (channel: Channel) => void>> = {
    exchange: (channel) => exchanges.push(exchange(channel)),
    hold: (channel) => {
      held = new HeldChannel(channel);
    },
    echo,
    gzip,
  };

  function heldOne(): HeldChannel {
    if (held === undefined) {
      throw new Error('no channel is held');
    }
    return held;
  }

  mux.channels$.subscribe({
    next: (channel) => {
      const wish = String(channel.handshake);
      if (wish in answers) {
        answer(channel, answers[wish as keyof Answers]);
      } else {
        uses[wish]?.(channel);
      }
    },
    error: ignore, // the other side tells of it
  });
  for (let i = 0; i < opens; i += 1) {
    const exchanged = exchange(mux.open('exchange'));
    exchanged.catch(ignore);
    exchanges.push(exchanged);
  }
}

function answer(channel: Channel, result: () => Promise<unknown>): void {
  const accept = channel.delayHandshake();
  channel.cancel();
  void result().then((value) => {
    accept(JSON.stringify(value));
    channel.outbound$.complete();
  });
}

function echo(channel: Channel): void {
  const duplex = toDuplex(channel);
  duplex.on('error', ignore);
  duplex.pipe(duplex);
}

/** Unzips what comes, zips it again and sends it back. */
function gzip(channel: Channel): void {
  const { readable, writable } = toWebStream(channel);
  readable
    .pipeThrough(new DecompressionStream('gzip') as TransformStream<Uint8Array, Uint8Array>)
    .pipeThrough(new CompressionStream('gzip') as TransformStream<Uint8Array, Uint8Array>)
    .pipeTo(writable)
    .catch(ignore);
}

function ignore(): void {
  // the other side tells of it
}
