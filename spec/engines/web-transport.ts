import { execFileSync } from 'node:child_process';
import { createHash, X509Certificate } from 'node:crypto';
import type { ByteStreamPair } from '../../src/web-streams.js';
import type { WebTransportLike } from '../../src/web-transport.js';

/** A server of WebTransport. */
export interface WebTransportServer {
  readonly url: string;
  /** The SHA-256 of its certificate, which no authority has signed, as numbers. */
  readonly hash: readonly number[];
  readonly stop: () => void;
}

/** What is done with sessions at the server, by the path that they were opened with. */
export interface WebTransportServices {
  /** All others: with their first stream. */
  readonly stream: (stream: ByteStreamPair) => void;
  /** `/sessions`: with the session. */
  readonly session: (session: WebTransportLike) => void;
}

/** What is used of Deno. */
interface DenoLike {
  readonly QuicEndpoint?: new (options: { hostname: string; port: number }) => {
    readonly addr: { readonly port: number };
    listen(options: {
      cert: string;
      key: string;
      alpnProtocols: string[];
      maxConcurrentBidirectionalStreams: number;
    }): { accept(): Promise<unknown> };
    close(): void;
  };
  readonly upgradeWebTransport?: (
    connection: unknown,
  ) => Promise<WebTransportLike & { readonly url: string }>;
}

interface WebTransportOptions {
  readonly serverCertificateHashes: { readonly algorithm: string; readonly value: Uint8Array }[];
}

const { Deno, WebTransport } = globalThis as unknown as {
  readonly Deno?: DenoLike;
  readonly WebTransport?: new (url: string, options: WebTransportOptions) => WebTransportLike;
};

/** Whether the engine has clients of WebTransport. */
export const hasWebTransport = WebTransport !== undefined;

/** Starts the engine's own server of WebTransport; `undefined` where it has none. */
export const serveWebTransport =
  Deno?.QuicEndpoint && Deno.upgradeWebTransport
    ? serverOf(Deno.QuicEndpoint, Deno.upgradeWebTransport)
    : undefined;

function serverOf(
  Endpoint: NonNullable<DenoLike['QuicEndpoint']>,
  upgrade: NonNullable<DenoLike['upgradeWebTransport']>,
) {
  return (services: WebTransportServices): WebTransportServer => {
    const { key, certificate } = makeCertificate();
    const endpoint = new Endpoint({ hostname: '127.0.0.1', port: 0 });
    const listener = endpoint.listen({
      cert: certificate,
      key,
      alpnProtocols: ['h3'],
      maxConcurrentBidirectionalStreams: 10_000, // a stream is in use until it is collected as garbage
    });
    const serve = async (): Promise<void> => {
      for (;;) {
        const session = await upgrade(await listener.accept());
        session.closed.catch(ignore);
        if (new URL(session.url).pathname === '/sessions') {
          services.session(session);
          continue;
        }
        const { value } = await session.incomingBidirectionalStreams.getReader().read();
        if (value !== undefined) {
          services.stream(value);
        }
      }
    };
    serve().catch(ignore); // until it is stopped
    const { raw } = new X509Certificate(certificate);
    return {
      url: `https://127.0.0.1:${endpoint.addr.port}/`,
      hash: [...sha256(raw)],
      stop: () => {
        endpoint.close();
      },
    };
  };
}

/** A session, which is ready. */
export async function connectWebTransport(url: string, hash: readonly number[]): Promise<WebTransportLike> {
  if (WebTransport === undefined) {
    throw new Error('not in this engine');
  }
  const value = new Uint8Array(hash);
  const session = new WebTransport(url, { serverCertificateHashes: [{ algorithm: 'sha-256', value }] });
  session.closed.catch(ignore);
  await session.ready;
  return session;
}

/** A key and a certificate that browsers take by its hash: elliptic, and for two weeks at most. */
function makeCertificate(): { readonly key: string; readonly certificate: string } {
  const options = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '10'];
  const names = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=IP:127.0.0.1'];
  const pem = execFileSync('openssl', ['req', '-x509', ...options, ...names, '-keyout', '-', '-out', '-'], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const at = pem.indexOf('-----BEGIN CERTIFICATE');
  return { key: pem.slice(0, at), certificate: pem.slice(at) };
}

const sha256 = (bytes: Uint8Array): Buffer => createHash('sha256').update(bytes).digest();

function ignore(): void {
  // a session that ends is told by its stream
}
