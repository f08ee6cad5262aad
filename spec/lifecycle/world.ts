import { type Channel, MuxError } from '../../src/index.js';
import { turn } from '../support/test-carrier.js';
import { act } from './act.js';
import { ChannelUser } from './channel-user.js';
import { FinalChecks } from './final-checks.js';
import { Link, other, type Side, SIDES } from './link.js';
import type { Operation, Setup } from './operations.js';
import { Station } from './station.js';
import { WireObserver } from './wire-observer.js';

/** How long things may take to come to rest, in turns. */
const PATIENCE = 2_000;

/** Two muxes, the connection between them, and those who use them. */
export class World {
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
  readonly #finalChecks: FinalChecks;
  readonly #users = new Map<string, ChannelUser>();
  readonly problems: string[] = [];
  #isCut = false;
  readonly #closers = new Set<Side>();

  constructor(private readonly setup: Setup) {
    this.#link = new Link(this.#observer, setup.carrierTakes, setup, (message) => {
      // Without coalescing, an END may follow the last bytes into a carrier that these have filled.
      this.#problem(message);
    });
    const problem = (message: string): void => {
      this.#problem(message);
    };
    const { left, right } = this.#link.ends;
    this.#stations = {
      left: new Station('left', left, setup, problem),
      right: new Station('right', right, setup, problem),
    };
    this.#finalChecks = new FinalChecks(this.#stations, this.#observer, problem);
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
        station.stopListening();
        break;
      case 'keep-alive is due':
        this.#timePasses(1_000);
        break;
      case 'ping':
        station.ping();
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
        this.#finalChecks.checkAcquaintance();
      }
    }
    const wasCut = this.#isCut;
    const closers = [...this.#closers];
    for (const side of SIDES) {
      this.#close(side);
    }
    await this.#settle();
    for (const side of SIDES) {
      // Who is the only one to close hears of everybody's end.
      await this.#finalChecks.check(side, listensInTheEnd && !wasCut && !closers.includes(other(side)));
    }
  }

  get log(): readonly string[] {
    return this.#observer.log;
  }

  #timePasses(ms: number): void {
    for (const side of SIDES) {
      this.#stations[side].timePasses(ms);
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
      const through = user === undefined || user.isThrough ? others.delivered : user.consumed;
      const granted = own.granted - through;
      growth += Math.max(0, granted - (own.window ?? 0));
      if (user !== undefined && granted > Math.max(user.maxWindow, own.window ?? 0)) {
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
    this.#stations[side].listen((channel) => {
      this.#arrived(side, channel);
    });
  }

  #arrived(side: Side, channel: Channel): void {
    const station = this.#stations[side];
    const user = this.#user(side, channel, {
      ...station.peerWindows,
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
      case 'reject with reason':
        user.reject(station.answer === 'reject with reason');
        break;
      case 'complete, then reject':
        channel.outbound$.complete();
        user.reject(false);
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
      const windows = existing ? this.#stations[side].peerWindows : { window, maxWindow };
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
    act(user, operation);
  }

  #close(side: Side): void {
    this.#closers.add(side);
    this.#stations[side].close();
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
          user.goOn();
        } else {
          finished.add(user);
          hasMoved = true;
          user.finish();
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

  #problem(message: string): void {
    this.problems.push(message);
  }
}
