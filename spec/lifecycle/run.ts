import { type Observable, VirtualAction, VirtualTimeScheduler } from 'rxjs';
import { type Channel, Mux, MuxError, PeerError } from '../../src/index.js';
import { ChannelUser } from './channel-user.js';
import { Link, other, type Side, SIDES } from './link.js';
import type { Answer, Operation, Program, Setup } from './operations.js';
import { WireObserver } from './wire-observer.js';

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** How long things may take to come to rest, in turns. */
const PATIENCE = 2_000;

interface Station {
  readonly mux: Mux;
  readonly scheduler: VirtualTimeScheduler;
  readonly users: ChannelUser[];
  /** Channels that its mux has said are gone. */
  readonly removed: Channel[];
  answer: Answer;
  listening: { unsubscribe(): void } | undefined;
  closing: 'not asked for' | 'pending' | 'fulfilled' | 'rejected';
}

/** Two muxes, the connection between them, and those who use them. */
class World {
  readonly #observer = new WireObserver(
    (message) => {
      this.#problem(message);
    },
    (side) => {
      this.#checkGrants(side);
    },
  );
  readonly #link: Link;
  readonly #stations: Readonly<Record<Side, Station>>;
  readonly #users = new Map<string, ChannelUser>();
  readonly problems: string[] = [];
  #isCut = false;
  readonly #closers = new Set<Side>();

  constructor(private readonly setup: Setup) {
    this.#link = new Link(this.#observer, setup.carrierTakes, setup, (message) => {
      // Without coalescing, an END may follow the last bytes into a carrier that these have filled.
      this.#problem(message);
    });
    this.#stations = { left: this.#station('left'), right: this.#station('right') };
    if (setup.listening) {
      SIDES.forEach((side) => {
        this.#listen(side);
      });
    }
  }

  async run(operation: Operation): Promise<void> {
    if (operation.op === 'turn') {
      await turn();
      return;
    }
    if (operation.op === 'time passes') {
      this.#timePasses(operation.ms);
      return;
    }
    const { side } = operation;
    const station = this.#stations[side];
    switch (operation.op) {
      case 'open':
        this.#open(side, operation);
        break;
      case 'deliver from':
        this.#link.ends[side].deliver(operation.bytes);
        break;
      case 'answer new channels':
        station.answer = operation.how;
        break;
      case 'listen':
        this.#listen(side);
        break;
      case 'stop listening':
        station.listening?.unsubscribe();
        station.listening = undefined;
        break;
      case 'keep-alive is due':
        this.#timePasses(1_000);
        break;
      case 'close':
        this.#close(side);
        break;
      case 'destroy mux':
      case 'destroy mux with error':
        this.#isCut = true;
        station.mux.destroy(operation.op === 'destroy mux' ? undefined : new Error('given to the mux'));
        break;
      case 'carrier ends':
        this.#isCut = true;
        this.#link.ends[side].end();
        break;
      case 'carrier fails':
        this.#isCut = true;
        this.#link.ends[side].inbound$.error(new Error('of the carrier'));
        break;
      case 'carrier is cut':
        this.#isCut = true;
        this.#link.cut();
        break;
      default:
        this.#use(side, operation);
    }
  }

  /** Lets everything come to its end, and checks that it has. */
  async finish(): Promise<void> {
    const { listensInTheEnd } = this.setup;
    if (listensInTheEnd) {
      SIDES.forEach((side) => {
        this.#listen(side);
      });
    }
    await this.#settle();
    if (listensInTheEnd && !this.#isCut) {
      for (const side of SIDES) {
        const { mux } = this.#stations[side];
        if (mux.openChannels.size > 0) {
          this.#problem(`${side} still has the channels ${[...mux.openChannels.keys()].join(', ')}`);
        }
      }
      if (this.#closers.size === 0) {
        this.#observer.checkAllEnded();
      }
    }
    const wasCut = this.#isCut;
    const closers = [...this.#closers];
    for (const side of SIDES) {
      this.#close(side);
    }
    await this.#settle();
    for (const side of SIDES) {
      await this.#checkStation(side);
      // Who is the only one to close hears of everybody's end.
      const isUndisturbed = listensInTheEnd && !wasCut && !closers.includes(other(side));
      for (const user of this.#stations[side].users) {
        this.#checkUser(side, user, isUndisturbed);
        await this.#checkSettled(side, user);
      }
    }
  }

  get log(): readonly string[] {
    return this.#observer.log;
  }

  #station(side: Side): Station {
    const { leftWindow, rightWindow, maxWindow, maxBufferedBytes } = this.setup;
    const { maxOpen, acceptBacklog, coalesceWrites } = this.setup;
    const scheduler = new VirtualTimeScheduler(VirtualAction, 0);
    const mux = new Mux(this.#link.ends[side], {
      highChannels: side === 'right',
      peerChannelOptions: {
        highWaterMark: side === 'left' ? leftWindow : rightWindow,
        maxHighWaterMark: maxWindow,
      },
      maxBufferedBytes,
      keepAlive: 1_000,
      maxOpen,
      acceptBacklog,
      coalesceWrites,
      scheduler,
    });
    const removed: Channel[] = [];
    mux.removed$.subscribe((channel) => removed.push(channel));
    mux.errors$.subscribe((error) => {
      this.#problem(`errors$ of ${side} says: ${error.message} (${error.channelId})`);
    });
    return {
      mux,
      scheduler,
      users: [],
      removed,
      answer: 'by returning',
      listening: undefined,
      closing: 'not asked for',
    };
  }

  /** The windows of channels that the peer of `side` opens. */
  #peerWindows(side: Side): { window: number; maxWindow: number } {
    const { leftWindow, rightWindow, maxWindow } = this.setup;
    return { window: side === 'left' ? leftWindow : rightWindow, maxWindow };
  }

  #timePasses(ms: number): void {
    for (const side of SIDES) {
      const { scheduler } = this.#stations[side];
      scheduler.maxFrames += ms;
      scheduler.flush();
      scheduler.frame = scheduler.maxFrames;
    }
  }

  /**
   * No channel is granted more than its window may grow to, beyond what its user is through with, and all of a mux
   * together no more than their first windows and the budget.
   */
  #checkGrants(side: Side): void {
    let growth = 0;
    for (const { own, others } of this.#observer.open(side)) {
      const user = this.#users.get(own.name ?? '');
      const through = user === undefined || user.hasLetGo ? others.delivered : user.consumed;
      const granted = own.granted - through;
      growth += Math.max(0, granted - (own.window ?? 0));
      if (user !== undefined && granted > user.maxWindow) {
        this.#problem(
          `${side} grants up to ${own.granted} on ${user.label}, which is through with ${through}`,
        );
      }
    }
    if (growth > this.setup.maxBufferedBytes) {
      this.#problem(`${side} has granted ${growth} bytes beyond its first windows`);
    }
  }

  #listen(side: Side): void {
    const station = this.#stations[side];
    station.listening ??= station.mux.channels$.subscribe({
      next: (channel) => {
        this.#arrived(side, channel);
      },
      error: () => undefined,
    });
  }

  #arrived(side: Side, channel: Channel): void {
    const station = this.#stations[side];
    const user = this.#user(side, channel, {
      ...this.#peerWindows(side),
      asDuplex: station.answer === 'as Duplex',
      isWatching: station.users.length % 2 === 0,
    });
    switch (station.answer) {
      case 'accept':
        channel.accept(user.name);
        break;
      case 'delay':
        user.answer = channel.delayHandshake();
        break;
      case 'delay, then accept':
        channel.delayHandshake()(user.name);
        break;
      case 'reject':
        user.hasLetGo = true;
        channel.reject();
        break;
      case 'complete, then reject':
        user.hasLetGo = true;
        channel.outbound$.complete();
        channel.reject();
        break;
      case 'as Duplex':
      case 'by returning':
        break;
    }
  }

  #open(
    side: Side,
    { channel: number, window, maxWindow, maxWriteSize, asDuplex, isWatching }: Operation & { op: 'open' },
  ): void {
    const { mux } = this.#stations[side];
    const existing = number === undefined ? undefined : mux.openChannels.get(number);
    const known = this.#stations[side].users.find(({ channel }) => channel === existing);
    if (known !== undefined) {
      return;
    }
    try {
      const channel = mux.open(String(this.#users.size), {
        highWaterMark: window,
        maxHighWaterMark: maxWindow,
        maxWriteSize,
        ...(number !== undefined && { channel: number }),
      });
      const windows = existing ? this.#peerWindows(side) : { window, maxWindow };
      this.#user(side, channel, { ...windows, asDuplex, isWatching });
    } catch (error) {
      // There may be no room, and a number may still be in use.
      if (!(error instanceof MuxError || (error instanceof RangeError && number !== undefined))) {
        throw error;
      }
    }
  }

  #user(
    side: Side,
    channel: Channel,
    {
      window,
      maxWindow,
      asDuplex,
      isWatching,
    }: { window: number; maxWindow: number; asDuplex: boolean; isWatching: boolean },
  ): ChannelUser {
    const name = String(this.#users.size);
    const user = new ChannelUser(
      name,
      channel,
      Math.max(window, maxWindow),
      asDuplex,
      isWatching,
      (message) => {
        this.#problem(`${side}: ${message}`);
      },
    );
    this.#users.set(name, user);
    this.#stations[side].users.push(user);
    // The answer may carry no name: whoever learns of the other one tells it, too.
    channel.handshake$.subscribe({
      next: (data) => {
        const peer = this.#users.get(data.toString());
        if (data.length > 0 && peer !== undefined) {
          user.peer = peer;
          peer.peer = user;
        }
      },
      error: () => undefined,
    });
    return user;
  }

  #use(side: Side, operation: Extract<Operation, { readonly which: number }>): void {
    const { users, mux } = this.#stations[side];
    if (operation.op === 'grab') {
      // Takes a channel that waits for a listener.
      const waiting = [...mux.openChannels.values()].filter(
        (channel) => !users.some((user) => user.channel === channel),
      );
      const channel = waiting[operation.which % waiting.length];
      if (channel !== undefined) {
        this.#open(side, {
          op: 'open',
          side,
          channel: channel.id,
          window: 1,
          maxWindow: 1,
          maxWriteSize: 0,
          asDuplex: false,
          isWatching: false,
        });
      }
      return;
    }
    const user = users.at(-1 - (operation.which % users.length));
    if (user === undefined) {
      return;
    }
    switch (operation.op) {
      case 'write':
        user.write(operation.size);
        break;
      case 'complete':
        user.end();
        break;
      case 'error':
        user.failOutbound();
        break;
      case 'pause':
        user.pause();
        break;
      case 'read inbound':
        user.read('inbound');
        break;
      case 'read deliveries':
        user.read('deliveries');
        break;
      case 'ack':
        user.acknowledge();
        break;
      case 'cancel':
        user.cancel();
        break;
      case 'destroy':
        user.destroy();
        break;
      case 'destroy with error':
        user.destroy(new Error('given to destroy'));
        break;
      case 'accept':
      case 'reject':
        this.#answer(user, operation.op);
        break;
    }
  }

  #answer(user: ChannelUser, how: 'accept' | 'reject'): void {
    const { answer, channel } = user;
    user.answer = undefined;
    if (answer === undefined) {
      return;
    }
    try {
      if (how === 'accept') {
        answer(user.name);
      } else {
        channel.reject();
        user.hasLetGo = true;
      }
    } catch (error) {
      this.#expectAnswered(error);
    }
  }

  /** A channel that has been destroyed meanwhile has been answered by that. */
  #expectAnswered(error: unknown): void {
    if (!(error instanceof MuxError && error.code === 'ERR_RXMUX_HANDSHAKE_SENT')) {
      throw error;
    }
  }

  #close(side: Side): void {
    const station = this.#stations[side];
    this.#closers.add(side);
    if (station.closing === 'not asked for') {
      station.closing = 'pending';
      station.mux.close().then(
        () => (station.closing = 'fulfilled'),
        () => (station.closing = 'rejected'),
      );
    }
  }

  /** All users come to their end, and all that is on its way arrives. */
  async #settle(): Promise<void> {
    const finished = new Set<ChannelUser>();
    let quiet = 0;
    for (let i = 0; quiet < 4; i += 1) {
      if (i > PATIENCE) {
        this.#problem('it never comes to rest');
        return;
      }
      const said = this.log.length;
      let hasMoved = false;
      for (const user of this.#users.values()) {
        if (finished.has(user)) {
          user.acknowledgeAll();
        } else {
          finished.add(user);
          hasMoved = true;
          this.#attemptAnswered(() => {
            user.finish();
          });
        }
      }
      for (const side of SIDES) {
        const end = this.#link.ends[side];
        hasMoved ||= end.queued > 0;
        end.deliver(1 + ((i * 13) % 50));
      }
      this.#timePasses(i % 4);
      await turn();
      quiet = hasMoved || this.log.length > said ? 0 : quiet + 1;
    }
  }

  #checkUser(side: Side, user: ChannelUser, isUndisturbed: boolean): void {
    const { peer, inbound, closed } = user;
    const { mux, removed } = this.#stations[side];
    const at = `${side}, ${user.label}`;
    if (mux.openChannels.get(user.channel.id) === user.channel) {
      this.#problem(`${at} is still open`);
    }
    if (removed.filter((channel) => channel === user.channel).length !== 1) {
      this.#problem(`${at} is not removed once`);
    }
    if (inbound === undefined && !(user.duplex !== undefined && user.hasLetGo)) {
      this.#problem(`${at}: inbound$ does not end`);
    }
    if (isUndisturbed && [inbound?.error, closed?.error].some((error) => isCarrierError(error))) {
      this.#problem(`${at} ends with an error of the carrier's`);
    }
    if (inbound === undefined || user.hasLetGo) {
      return;
    }
    if (!('error' in inbound)) {
      const hasAll =
        peer === undefined ? user.got === 0 : user.got === peer.given && peer.outbound === 'complete';
      if (!hasAll) {
        this.#problem(
          `${at}: inbound$ completes after ${user.got} of ${peer?.given} bytes, ${peer?.outbound}`,
        );
      }
    } else if (inbound.error instanceof PeerError && peer !== undefined) {
      const half = this.#observer.named(other(side), peer.name);
      if (half !== undefined && half.sent !== user.got) {
        this.#problem(`${at}: inbound$ fails after ${user.got} of ${half.sent} bytes sent`);
      }
    }
  }

  async #checkSettled(side: Side, { channel, duplex }: ChannelUser): Promise<void> {
    const { inbound$, outbound$, deliveries$, handshake$, sendWindow$, receiveWindow$, writable$, closed$ } =
      channel;
    await this.#expectSettled(`${side} ${channel.id}`, {
      inbound$,
      outbound$,
      deliveries$,
      handshake$,
      sendWindow$,
      receiveWindow$,
      writable$,
      closed$,
    });
    if (duplex?.closed === false) {
      this.#problem(`${side} ${channel.id}: the Duplex is not closed`);
    }
    if (channel.bufferedAmount > 0) {
      this.#problem(`${side} ${channel.id}: ${channel.bufferedAmount} bytes are left`);
    }
  }

  async #checkStation(side: Side): Promise<void> {
    const { mux, scheduler, closing } = this.#stations[side];
    const { channels$, capacity$, handshakeSent$, drain$, full$, removed$, keepAlive$, errors$ } = mux;
    const { ended$, finished$, closed$ } = mux;
    await this.#expectSettled(side, {
      ...{ channels$, capacity$, handshakeSent$, drain$, full$, removed$, keepAlive$, errors$ },
      ...{ ended$, finished$, closed$ },
    });
    if (closing === 'pending') {
      this.#problem(`${side}: close() is pending`);
    }
    if (mux.openChannels.size > 0) {
      this.#problem(`${side} is left with the channels ${[...mux.openChannels.keys()].join(', ')}`);
    }
    if (scheduler.actions.length > 0) {
      this.#problem(`${side} has ${scheduler.actions.length} timers left`);
    }
  }

  async #expectSettled(where: string, observables: Record<string, Observable<unknown>>): Promise<void> {
    const pending = new Set(Object.keys(observables));
    for (const [name, observable$] of Object.entries(observables)) {
      const settled = (): void => {
        pending.delete(name);
      };
      observable$.subscribe({ error: settled, complete: settled });
    }
    if (pending.size > 0) {
      await turn();
    }
    if (pending.size > 0) {
      this.#problem(`${where}: ${[...pending].join(', ')} neither complete nor error`);
    }
  }

  #attemptAnswered(work: () => void): void {
    try {
      work();
    } catch (error) {
      this.#expectAnswered(error);
    }
  }

  #problem(message: string): void {
    this.problems.push(message);
  }
}

function isCarrierError(error: unknown): boolean {
  return error instanceof MuxError && 'carrierDone' in error;
}

/** Runs a program to its end. Throws where something is not as it must be. */
export async function run({ setup, operations }: Program): Promise<void> {
  const world = new World(setup);
  try {
    for (const operation of operations) {
      await world.run(operation);
    }
    await world.finish();
  } catch (error) {
    throw new Error([...world.problems, (error as Error).message, 'on the wire:', ...world.log].join('\n'), {
      cause: error,
    });
  }
  if (world.problems.length > 0) {
    throw new Error([...world.problems, 'on the wire:', ...world.log].join('\n'));
  }
}
