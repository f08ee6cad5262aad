import { once } from 'node:events';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { connect } from './connect.js';
import { forwardOut } from './forward-out.js';
import type { LocalForward } from './local-forward.js';
import { receiveReset } from './resets.js';
import type { Service } from './service.js';

/** Settings of a client. */
export interface TunnelClientOptions {
  /** The server's. */
  readonly url: URL;
  /** Certificates to trust, in PEM. */
  readonly ca?: Buffer | undefined;
  readonly forwards: readonly LocalForward[];
  readonly log: (line: string) => void;
}

/** A client that runs. */
export interface TunnelClient extends Service {
  /** With the ports that they have got. */
  readonly forwards: readonly LocalForward[];
}

/** Connects to a server, and forwards to it what connects to local ports. */
export async function startClient({ url, ca, forwards, log }: TunnelClientOptions): Promise<TunnelClient> {
  const tunnel = await connect(url, ca);
  const servers: Server[] = [];
  const stopListening = (): void => {
    servers.forEach((server) => server.close());
  };

  let isClosing = false;
  const closed = new Promise<void>((resolve, reject) => {
    tunnel.channels$.subscribe({
      next: (channel) => {
        if (channel.handshake?.type === 'reset') {
          receiveReset(tunnel, channel, channel.handshake.channel);
        } else {
          channel.reject(); // servers ask for nothing else
        }
      },
      error: (cause: unknown) => {
        reject(new Error('connection to the server lost', { cause }));
      },
      complete: () => {
        if (!isClosing) {
          reject(new Error('the server has closed the connection'));
        }
      },
    });
    tunnel.closed$.subscribe(resolve); // after the above
  });
  // However it ends, nothing of it stays: local connections that are still open are reset.
  closed
    .catch(() => undefined)
    .finally(() => {
      stopListening();
      tunnel.destroy();
    });

  const listenOn = async ({ bind, port, target }: LocalForward): Promise<LocalForward> => {
    const server = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => {
      forwardOut(socket, tunnel, target, log);
    });
    servers.push(server);
    server.listen(port, bind);
    await once(server, 'listening');
    const address = server.address() as AddressInfo;
    return { bind: address.address, port: address.port, target };
  };
  try {
    const listening: LocalForward[] = [];
    for (const forward of forwards) {
      listening.push(await listenOn(forward));
    }
    return {
      forwards: listening,
      closed,
      close() {
        isClosing = true;
        stopListening();
        void tunnel.close();
      },
      destroy() {
        isClosing = true;
        tunnel.destroy();
      },
    };
  } catch (error) {
    tunnel.destroy();
    throw error;
  }
}
