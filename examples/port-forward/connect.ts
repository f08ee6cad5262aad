import { once } from 'node:events';
import { connect as connectTls } from 'node:tls';
import { Mux } from 'rxmux';
import { WebSocketCarrier } from 'rxmux/websocket';
import { WebSocket } from 'ws';
import { type Tunnel, tunnelOptions } from './tunnel.js';

/**
 * Connects to a server.
 *
 * @param url - `tls://`, `wss://` or `ws://`
 * @param ca - certificates to trust, in PEM. Default: those that Node trusts
 * @returns a promise that is rejected where there is no connection
 */
export async function connect(url: URL, ca?: Buffer): Promise<Tunnel> {
  const trust = ca && { ca };
  switch (url.protocol) {
    case 'tls:': {
      if (url.port === '') {
        throw new TypeError(`expected tls://host:port, got ${url.href}`);
      }
      const host = url.hostname.replace(/^\[|\]$/g, '');
      const socket = connectTls({ host, port: Number(url.port), ...trust }).setNoDelay();
      await once(socket, 'secureConnect');
      return new Mux(socket, tunnelOptions);
    }
    case 'wss:':
    case 'ws:': {
      const socket = new WebSocket(url, { perMessageDeflate: false, ...trust });
      const tunnel = new Mux(new WebSocketCarrier(socket), tunnelOptions); // before any message comes
      await once(socket, 'open');
      return tunnel;
    }
    default:
      throw new TypeError(`expected tls://, wss:// or ws://, got ${url.href}`);
  }
}
