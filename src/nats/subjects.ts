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

/** A subject that one end of one session listens to. */
export function sessionSubject(service: string, end: 'client' | 'server'): string {
  const bytes = crypto.getRandomValues(new Uint8Array(NAME_SIZE));
  const name = Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
  return `${PREFIX}.${service}.${end}.${name}`;
}
