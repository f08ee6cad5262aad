import type { Observable } from 'rxjs';
import { ChannelError, MuxError, PeerError, type Reason, StoppedError } from '../../src/index.js';
import { turn } from '../support/test-carrier.js';
import type { ChannelUser } from './channel-user.js';
import { other, type Side, SIDES } from './link.js';
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

  /** What the two know of each other while nothing has closed them: whether each answers the other's pings. */
  checkAcquaintance(): void {
    for (const side of SIDES) {
      const { mux, pings } = this.#stations[side];
      const isKnown = this.#areExtended && mux.peer$.value !== undefined;
      if (mux.peer$.value !== undefined && !this.#areExtended) {
        this.#problem(`${side} knows a peer that says nothing of itself`);
      }
      const isSilent = !this.#observer.hasBeenHeard(other(side));
      for (const ping of pings) {
        const isRight = isKnown
          ? ping === 'answered'
          : typeof ping === 'object' && (ping.error as MuxError).code === 'ERR_RXMUX_NO_PING';
        if (!isRight && !(ping === 'pending' && isSilent)) {
          this.#problem(`${side}: the outcome of a ping is ${JSON.stringify(ping)}`);
        }
      }
    }
  }

  get #areExtended(): boolean {
    return SIDES.every((side) => this.#stations[side].isExtended);
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
    this.#checkReasons(side, at, user);
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

  /** Whoever hears that the other side has stopped or failed, and why, hears what that has said. */
  #checkReasons(side: Side, at: string, { peer, inbound, duplex, failedWith, hasLetGo }: ChannelUser): void {
    if (peer === undefined) {
      return;
    }
    const isStopped = failedWith instanceof StoppedError && !(duplex !== undefined && hasLetGo);
    if (isStopped) {
      if (!peer.isThrough || !this.#areExtended) {
        this.#problem(`${at} is stopped by ${peer.label}, which has not let go`);
      }
      this.#checkReason(at, failedWith.reason, peer.reasons);
    }
    if (inbound?.error instanceof PeerError) {
      const { reason } = inbound.error;
      this.#checkReason(at, reason, peer.reasons);
      const cause = peer.hasFailedLate ? undefined : peer.failedWith;
      const couldSayWhy = this.#observer.named(other(side), peer.name)?.couldSayWhy === true;
      if (cause instanceof ChannelError && couldSayWhy && reason?.code !== cause.code) {
        this.#problem(`${at} does not hear that ${peer.label} has failed with ${cause.code}`);
      }
    }
  }

  #checkReason(at: string, heard: Reason | undefined, said: readonly Reason[]): void {
    const isSaid = said.some(({ code, message }) => code === heard?.code && message === heard.message);
    if (heard !== undefined && !(isSaid && this.#areExtended)) {
      this.#problem(`${at} hears ${JSON.stringify(heard)}, of ${JSON.stringify(said)}`);
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
    const { mux, scheduler, closing, pings } = this.#stations[side];
    const { channels$, capacity$, handshakeSent$, drain$, full$, removed$, keepAlive$, errors$ } = mux;
    const { ended$, finished$, closed$, peer$, goingAway$ } = mux;
    await this.#expectSettled(side, {
      ...{ channels$, capacity$, handshakeSent$, drain$, full$, removed$, keepAlive$, errors$ },
      ...{ ended$, finished$, closed$, peer$, goingAway$ },
    });
    if (pings.includes('pending')) {
      this.#problem(`${side}: a ping is pending`);
    }
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
