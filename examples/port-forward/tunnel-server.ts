import { Mux } from 'rxmux';
import type { IsAllowed } from './allowed-targets.js';
import { forwardIn } from './forward-in.js';
import { listen, type ListenOptions } from './listen.js';
import { reason } from './reason.js';
import { receiveReset } from './resets.js';
import type { Service } from './service.js';
import { type Tunnel, type TunnelChannel, tunnelOptions } from './tunnel.js';

/** Settings of a server. */
export interface TunnelServerOptions extends ListenOptions {
  readonly isAllowed: IsAllowed;
  readonly log: (line: string) => void;
}

/** A server that runs. */
export interface TunnelServer extends Service {
  /** Where clients connect to. */
  readonly url: string;
}

/** Accepts tunnels, and connects what comes through them with the targets that are named there. */
export async function startServer({
  isAllowed,
  log,
  ...listenOptions
}: TunnelServerOptions): Promise<TunnelServer> {
  const tunnels = new Set<Tunnel>();

  const take = (tunnel: Tunnel, channel: TunnelChannel): void => {
    switch (channel.handshake?.type) {
      case 'connect':
        forwardIn(tunnel, channel, channel.handshake.target, isAllowed, log);
        break;
      case 'reset':
        receiveReset(tunnel, channel, channel.handshake.channel);
        break;
      default:
        channel.reject();
    }
  };

  const listener = await listen(listenOptions, (carrier) => {
    // The client's channels have low numbers. (This side opens some only to tell of resets.)
    const tunnel: Tunnel = new Mux(carrier, { ...tunnelOptions, highChannels: true });
    tunnels.add(tunnel);
    tunnel.channels$.subscribe({
      next: (channel) => {
        take(tunnel, channel);
      },
      error: (error: unknown) => {
        log(`connection lost: ${reason(error)}`);
      },
    });
    tunnel.errors$.subscribe((error) => {
      log(reason(error));
    });
    tunnel.closed$.subscribe(() => tunnels.delete(tunnel));
  });

  let onClosed!: () => void;
  const closed = new Promise<void>((resolve) => {
    onClosed = resolve;
  });
  return {
    url: listener.url,
    closed,
    close() {
      listener.stop();
      void Promise.allSettled([...tunnels].map((tunnel) => tunnel.close())).then(() => {
        listener.destroy();
        onClosed();
      });
    },
    destroy() {
      tunnels.forEach((tunnel) => {
        tunnel.destroy();
      });
      listener.destroy();
      onClosed();
    },
  };
}
