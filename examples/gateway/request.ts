import type { Bytes } from 'rxmux';

/** What a client wants, in the handshake of each channel. The service gets the same. */
export interface Request {
  /** Its name. */
  readonly service: string;
  /** 0 (first) … 7 (last), on all the way. */
  readonly priority: number;
}

export const formatRequest = (request: Request): string => JSON.stringify(request);

/** @throws TypeError where it is something else */
export function parseRequest(handshake: Bytes): Request {
  const { service, priority } = JSON.parse(String(handshake)) as Partial<Record<keyof Request, unknown>>;
  if (typeof service !== 'string') {
    throw new TypeError('no name of a service');
  }
  if (typeof priority !== 'number' || !Number.isInteger(priority) || priority < 0 || priority > 7) {
    throw new TypeError('the priority must be an integer, 0 to 7');
  }
  return { service, priority };
}
