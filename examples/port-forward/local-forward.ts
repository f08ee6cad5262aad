import { formatTarget, parseTarget, type Target } from './target.js';

/** One `-L`: a local port, and where what connects to it is to go. */
export interface LocalForward {
  readonly bind: string;
  /** 0: any that is free. */
  readonly port: number;
  readonly target: Target;
}

/** `[bind:]port:` and the rest. */
const LOCAL_FORWARD = /^(?:(?:\[([\da-f:.]+)\]|([\w.-]+)):)?(\d{1,5}):([^:[\]]+:\d+|\[[^[\]]+\]:\d+)$/i;

/**
 * Reads `[bind:]port:host:hostport`. IPv6 addresses are in brackets.
 *
 * @throws TypeError where it is something else
 */
export function parseLocalForward(text: string): LocalForward {
  const [, address, name, digits, target] = LOCAL_FORWARD.exec(text) ?? [];
  const port = Number(digits);
  if (target === undefined || port > 65_535) {
    throw new TypeError(`expected [bind:]port:host:hostport, got ${JSON.stringify(text)}`);
  }
  return { bind: address ?? name ?? '127.0.0.1', port, target: parseTarget(target) };
}

/** For people. */
export const formatForward = ({ bind, port, target }: LocalForward): string =>
  `${formatTarget({ host: bind, port })} -> ${formatTarget(target)}`;
