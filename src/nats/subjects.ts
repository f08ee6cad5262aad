import { show } from '../arguments.js';

/** What a subject may be that is published to: words with dots between them, and no wildcard. */
const SUBJECT = /^[^\s.*>]+(\.[^\s.*>]+)*$/;

/** Bytes of a name that nobody can guess: 128 bits. */
const NAME_SIZE = 16;

/** Before each subject of a session, so that nobody hears it who listens to those of the service. */
const PREFIX = '_RXMUX';

/**
 * The name of a service, or of a queue group.
 *
 * @throws TypeError that names `path`, where it cannot be one
 */
export function subject(path: string, given: string): string {
  if (typeof given !== 'string' || !SUBJECT.test(given)) {
    throw new TypeError(
      `${path} must be a subject without wildcards, such as 'market' or 'eu.market', got ${show(given)}`,
    );
  }
  return given;
}

const NAME = new RegExp(`^[0-9a-f]{${2 * NAME_SIZE}}$`);

type End = 'client' | 'server';

/** A subject that one end of one session listens to. */
export function sessionSubject(service: string, end: End): string {
  const bytes = crypto.getRandomValues(new Uint8Array(NAME_SIZE));
  const name = Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
  return `${before(service, end)}${name}`;
}

/**
 * Whether it is one. A client says itself where it is to be answered: it is not to have a service publish anywhere else, nor to
 * a subject that is too long for its server, which would cut the connection that all sessions share.
 */
export function isSessionSubject(service: string, end: End, given: string): boolean {
  const start = before(service, end);
  return given.startsWith(start) && NAME.test(given.slice(start.length));
}

const before = (service: string, end: End): string => `${PREFIX}.${service}.${end}.`;
