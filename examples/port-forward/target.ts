import { isIPv6 } from 'node:net';

/** Where a connection goes. */
export interface Target {
  /** A name or an address; IPv6 without brackets. */
  readonly host: string;
  readonly port: number;
}

/** A name, an IPv4 address, or an IPv6 address in brackets; then a port. */
const TARGET = /^(?:\[([\da-f:.]+)\]|([\w.-]{1,253})):(\d{1,5})$/i;

/**
 * Reads `host:port`, or `[address]:port` for IPv6.
 *
 * @throws TypeError where it is something else
 */
export function parseTarget(text: string): Target {
  const [, address, name, digits] = TARGET.exec(text) ?? [];
  const host = address ?? name;
  const port = Number(digits);
  if (host === undefined || (address !== undefined && !isIPv6(address)) || port < 1 || port > 65_535) {
    throw new TypeError(`expected host:port or [address]:port, got ${JSON.stringify(text.slice(0, 300))}`);
  }
  return { host: host.toLowerCase(), port };
}

/** What {@link parseTarget} reads. */
export const formatTarget = ({ host, port }: Target): string =>
  `${host.includes(':') ? `[${host}]` : host}:${port}`;
