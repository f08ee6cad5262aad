import type { Observable } from 'rxjs';
import { MuxError, PeerError } from '../../src/index.js';
import { turn } from '../support/test-carrier.js';
import type { ChannelUser } from './channel-user.js';
import { other, type Side } from './link.js';
import type { Station } from './station.js';
import type { WireObserver } from './wire-observer.js';

/** What must be true of each side when all has come to its end. */
export class FinalChecks {
  readonly #stations: Readonly<Record<Side, Station>>;
  readonly #observer: WireObserver;
  readonly #problem: (message: string) => void;

  /** @param problem - called with what is wrong */
  constructor(
    stations: Readonly<Record<Side, Station>>,
    observer: WireObserver,
    problem: (message: string) => void,
  ) {
    this.#stations = stations;
    this.#observer = observer;
    this.#problem = problem;
  }

  /** @param isUndisturbed - whether nothing has cut its channels short */
  async check(side: Side, isUndisturbed: boolean): Promise<void> {
    await this.#checkStation(side);
    for (const user of this.#stations[side].users) {
      this.#checkUser(side, user, isUndisturbed);
      await this.#checkSettled(side, user);
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
    const { inbound$, outbound$, deliveries$, handshake$, sendWindow$, receiveWindow$ } = channel;
    const { writable$, stopped$, acknowledged$, closed$ } = channel;
    await this.#expectSettled(`${side} ${channel.id}`, {
      inbound$,
      outbound$,
      deliveries$,
      handshake$,
      sendWindow$,
      receiveWindow$,
      writable$,
      stopped$,
      acknowledged$,
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
}

function isCarrierError(error: unknown): boolean {
  return error instanceof MuxError && 'carrierDone' in error;
}
