import { createHash } from 'node:crypto';
import { firstValueFrom, lastValueFrom, tap } from 'rxjs';
import { type Carrier, type Channel, Mux, type MuxOptions } from '../../src/index.js';
import {
  ResumableCarrier,
  type ResumableCarrierOptions,
  ResumableSessions,
  type ResumableSessionsOptions,
  type SessionCarrier,
} from '../../src/resume.js';
import { CountingScheduler } from './counting-scheduler.js';
import { FaultLink, type Faults } from './fault-link.js';

/** Both ends of a session over links that come one after the other. */
export class Resumed {
  readonly scheduler = new CountingScheduler();
  readonly sessions: ResumableSessions;
  readonly carrier: ResumableCarrier;
  readonly links: FaultLink[] = [];
  /** Called for each connection, before it is used. */
  onLink: ((link: FaultLink, index: number) => void) | undefined;
  /** What is connected to instead of the server, where it gives something. */
  connectInstead: (() => Carrier | undefined) | undefined;
  /** The server's end. */
  readonly served: Promise<SessionCarrier>;

  /** @param faultsOf - of each connection, counted from 0 */
  constructor(
    faultsOf: (index: number) => Faults = () => ({}),
    options: ResumableCarrierOptions & ResumableSessionsOptions = {},
  ) {
    const { maxSessions, maxBufferedBytes, authorize, retry, ...both } = options;
    const common = { scheduler: this.scheduler, ...both };
    this.sessions = new ResumableSessions({ ...common, maxSessions, maxBufferedBytes, authorize });
    this.served = firstValueFrom(this.sessions.carriers$);
    this.served.catch(() => undefined); // there may be none
    this.carrier = new ResumableCarrier(
      () => {
        const instead = this.connectInstead?.();
        if (instead !== undefined) {
          return instead;
        }
        const link = new FaultLink(faultsOf(this.links.length));
        this.links.push(link);
        this.onLink?.(link, this.links.length - 1);
        this.sessions.accept(link.far);
        return link.near;
      },
      { retry: { delay: () => 0 }, ...common, ...(retry && { retry }) },
    );
  }

  /** The connection that there is now. */
  get link(): FaultLink {
    const link = this.links.at(-1);
    if (link === undefined) {
      throw new Error('there is no connection yet');
    }
    return link;
  }

  /** Muxes over both ends. */
  async muxes(options: MuxOptions = {}): Promise<{ near: Mux; far: Mux }> {
    const settings = { keepAlive: false as const, ...options };
    const near = new Mux(this.carrier, { ...settings, highChannels: false });
    return { near, far: new Mux(await this.served, { ...settings, highChannels: true }) };
  }

  /**
   * Waits until the client has forgotten the session. The server has, too, unless the client's last word was lost; and it may
   * have sessions whose clients have never heard of them. With those all goes: no timer is left, and nobody who listens.
   */
  async isGone(): Promise<void> {
    await until(() => this.carrier.state$.value === 'over');
    const inVain = this.links.length - 1 - this.carrier.resumptions;
    await until(() => this.sessions.size <= inVain || this.link.isCut);
    if (this.sessions.size > inVain + 1) {
      throw new Error(`${this.sessions.size} sessions are left, after ${inVain} attempts in vain`);
    }
    this.sessions.destroy();
    await until(() => this.scheduler.running === 0 && !this.links.some((one) => one.isListenedTo));
  }
}

/** Waits until it holds. */
export async function until(holds: () => boolean): Promise<void> {
  while (!holds()) {
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
}

/** Sends back all that comes on each channel that the peer opens. */
export function echo(mux: Mux): void {
  mux.channels$.subscribe(({ inbound$, outbound$ }) => inbound$.subscribe(outbound$));
}

/** SHA-256 of what is sent, and of what comes back. */
export async function echoed(
  channel: Channel,
  chunks: readonly Buffer[],
): Promise<{ sent: string; came: string }> {
  const [sent, came] = [createHash('sha256'), createHash('sha256')];
  const all = lastValueFrom(channel.inbound$.pipe(tap((chunk) => came.update(chunk))), {
    defaultValue: undefined,
  });
  for (const chunk of chunks) {
    sent.update(chunk);
    channel.outbound$.next(chunk);
  }
  channel.outbound$.complete();
  await all;
  return { sent: sent.digest('hex'), came: came.digest('hex') };
}
