import type { Socket } from 'node:net';
import { setImmediate } from 'node:timers/promises';
import { firstValueFrom, forkJoin, type Observable, type Subscription, VirtualTimeScheduler } from 'rxjs';
import { type Channel, Mux, type MuxOptions, toDuplex } from 'rxmux';
import { loopback } from './loopback.js';
import { observablesOf } from './observables-of.js';
import { collect } from './retained.js';

/** One end of a connection. */
interface End {
  readonly mux: Mux;
  readonly socket: Socket;
}

/** How a connection ends. */
interface Ending {
  readonly end: (near: End, far: End) => void;
  /** Settings of the near mux. */
  readonly options?: MuxOptions;
}

/** An application may keep its subscriptions and its sockets: they must not keep what they were to. */
const kept: (Subscription | Socket)[] = [];
const mortals: { readonly name: string; readonly ref: WeakRef<object> }[] = [];

const ignore = (): void => undefined;

const keep = (observable$: Observable<unknown>): void => {
  kept.push(observable$.subscribe({ error: ignore }));
};

const watch = (name: string, mortal: object): void => {
  mortals.push({ name, ref: new WeakRef(mortal) });
};

/** Timers that are forgotten keep the process alive for longer than it is given. */
const TIMERS: MuxOptions = { keepAlive: 600_000, keepAliveTimeout: 1_200_000 };

/** The time of the mux whose peer falls silent. */
const time = new VirtualTimeScheduler();
time.maxFrames = 10_000_000;

const endings: Record<string, Ending> = {
  'the peer ends the carrier': { end: (_, far) => far.socket.end() },
  'the peer resets the carrier': { end: (_, far) => far.socket.resetAndDestroy() },
  'the peer falls silent': {
    end: () => {
      time.flush();
    },
    options: { scheduler: time },
  },
  'the carrier fails': { end: (near) => near.socket.destroy(new Error('cable cut')) },
  'the carrier is destroyed': { end: (near) => near.socket.destroy() },
  'the mux is destroyed': {
    end: (near) => {
      near.mux.destroy();
    },
  },
  'the mux is destroyed with an error': {
    end: (near) => {
      near.mux.destroy(new Error('no more'));
    },
  },
  'the mux is closed': {
    end: (near, far) => {
      for (const { mux } of [near, far]) {
        void mux.close();
        for (const channel of mux.openChannels.values()) {
          channel.destroy();
        }
      }
    },
  },
};

/** What an application does with the channels that the peer opens. */
const acceptances: Record<string, (mux: Mux) => void> = {
  'used channels': (mux) => {
    keep(mux.channels$);
    kept.push(mux.channels$.subscribe({ next: use, error: ignore }));
  },
  'a backlog': ignore,
  'answers that are never given': (mux) => {
    kept.push(
      mux.channels$.subscribe({
        next: (channel) => {
          use(channel);
          channel.delayHandshake();
        },
        error: ignore,
      }),
    );
  },
};

/** Somebody reads, somebody does not, and more is written than the peer takes. */
function use(channel: Channel): void {
  observablesOf(channel).forEach(keep);
  const consumers = [
    () => {
      keep(channel.inbound$);
    },
    () => {
      keep(channel.deliveries$); // and never acknowledges
    },
    () => {
      toDuplex(channel).on('error', ignore).write(Buffer.alloc(1_000_000));
    },
    () => {
      void iterate(channel).catch(ignore);
    },
    ignore,
  ];
  consumers[channel.id % consumers.length]?.();
  channel.outbound$.next(Buffer.alloc(1_000_000));
}

async function iterate(channel: Channel): Promise<void> {
  for await (const chunk of channel) {
    channel.outbound$.next(chunk);
  }
}

/** A connection lives, and ends. When this returns, nobody but `kept` has anything to do with it any more. */
async function liveAndEnd(
  name: string,
  accept: (mux: Mux) => void,
  { end, options }: Ending,
  keepsSockets: boolean,
): Promise<void> {
  const [near, far] = await loopback();
  const ends = [
    { mux: new Mux(near, { ...TIMERS, ...options }), socket: near },
    { mux: new Mux(far, { ...TIMERS, highChannels: true }), socket: far },
  ] as const;
  for (const { mux, socket } of ends) {
    socket.on('error', ignore);
    accept(mux);
    for (const observable$ of [
      mux.capacity$,
      mux.handshakeSent$,
      mux.drain$,
      mux.full$,
      mux.removed$,
      mux.keepAlive$,
      mux.errors$,
      mux.ended$,
      mux.finished$,
      mux.closed$,
    ]) {
      keep(observable$);
    }
  }
  const opened = ends.flatMap(({ mux }) => Array.from({ length: 10 }, () => mux.open('hello')));
  opened.forEach(use);
  const isUnderWay = (): boolean =>
    ends.every(({ mux }) => mux.openChannels.size === opened.length) &&
    (accept !== acceptances['used channels'] || opened.every(({ handshake }) => handshake !== undefined));
  while (!isUnderWay()) {
    await setImmediate();
  }
  for (const { mux, socket } of ends) {
    watch(`${name}: mux`, mux);
    if (keepsSockets) {
      kept.push(socket);
    } else {
      watch(`${name}: carrier`, socket);
    }
    for (const channel of mux.openChannels.values()) {
      watch(`${name}: channel ${channel.id}, opened by ${channel.openedBy}`, channel);
    }
  }
  const closed = firstValueFrom(forkJoin(ends.map(({ mux }) => mux.closed$)), { defaultValue: undefined });
  end(...ends);
  await closed;
}

for (const keepsSockets of [false, true]) {
  for (const [state, accept] of Object.entries(acceptances)) {
    for (const [how, ending] of Object.entries(endings)) {
      const name = `with ${state}, ${how}${keepsSockets ? ', the socket is kept' : ''}`;
      await liveAndEnd(name, accept, ending, keepsSockets);
    }
  }
}
await collect();
const alive = mortals.filter(({ ref }) => ref.deref() !== undefined).map(({ name }) => name);
console.log(JSON.stringify({ watched: mortals.length, kept: kept.length, alive }));
