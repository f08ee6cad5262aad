import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { isIP } from 'node:net';

/** Decides who gets something: whoever knows the token, and means this machine. */
export class Guard {
  readonly #token: Buffer;
  readonly #host: string;

  /**
   * @param token - stands at the beginning of each path
   * @param host - what the server listens on
   */
  constructor(token: string, host: string) {
    this.#token = hash(token);
    this.#host = host.toLowerCase();
  }

  /** What is asked for: the path behind the token; `undefined` for what is to be refused. */
  allowed({ url = '', headers }: Pick<IncomingMessage, 'url' | 'headers'>): string | undefined {
    const [, token = '', path] = /^\/([^/?]*)(\/[^?]*)/.exec(url) ?? [];
    const isKnown = timingSafeEqual(hash(token), this.#token);
    return isKnown && this.#isMeant(headers.host) ? path : undefined;
  }

  /** Whether it is a page of this server's that opens the WebSocket. A browser says truly who does. */
  isOwnPage({ headers: { origin, host } }: Pick<IncomingMessage, 'headers'>): boolean {
    return origin !== undefined && URL.canParse(origin) && new URL(origin).host === host;
  }

  /**
   * Whether the header `Host` means this machine. A page elsewhere can give its own name the address of this machine, to read
   * what is here as its own ("DNS rebinding"). An address it cannot have as its name.
   */
  #isMeant(host = ''): boolean {
    const url = `http://${host}`;
    const name = URL.canParse(url) ? new URL(url).hostname : '';
    return (
      isIP(name.replace(/^\[|\]$/g, '')) !== 0 || name === 'localhost' || (name !== '' && name === this.#host)
    );
  }
}

const hash = (text: string): Buffer => createHash('sha256').update(text).digest();
