import { BlockList, isIPv4, isIPv6 } from 'node:net';
import { parseTarget, type Target } from './target.js';

/** Whether connections may go there. */
export type IsAllowed = (target: Target) => boolean;

const loopback = new BlockList();
loopback.addSubnet('127.0.0.0', 8, 'ipv4');
loopback.addAddress('::1', 'ipv6');

/**
 * This machine alone, any port. Of names only `localhost`: any other may be made to mean anything by whoever is in charge
 * of it.
 */
const isLoopback: IsAllowed = ({ host }) =>
  host === 'localhost' ||
  (isIPv4(host) && loopback.check(host, 'ipv4')) ||
  (isIPv6(host) && loopback.check(host, 'ipv6'));

/**
 * @param allowed - `host:port` each, as the client must write them; `*` as port is any. None at all: {@link isLoopback}
 * @throws TypeError where one of them is something else
 */
export function allowedTargets(allowed: readonly string[]): IsAllowed {
  if (allowed.length === 0) {
    return isLoopback;
  }
  const rules = allowed.map((rule) => {
    const isAnyPort = rule.endsWith(':*');
    const { host, port } = parseTarget(isAnyPort ? `${rule.slice(0, -1)}1` : rule);
    return { host, port: isAnyPort ? undefined : port };
  });
  return ({ host, port }) =>
    rules.some((rule) => rule.host === host && (rule.port === undefined || rule.port === port));
}
