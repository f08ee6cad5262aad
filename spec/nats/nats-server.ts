import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect as connectSocket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect, type NatsConnection } from '@nats-io/transport-node';
import { freePort } from '../support/free-port.js';

const HOST = '127.0.0.1';

/** A real `nats-server`, on a port of its own, that can be killed and started again there. */
export class NatsServer {
  readonly #port: number;
  readonly #folder: string;
  #process: ChildProcess | undefined;
  readonly #connections: NatsConnection[] = [];

  /** @param settings - lines for its configuration file */
  static async start(settings: readonly string[] = []): Promise<NatsServer> {
    const server = new NatsServer(await freePort(), settings);
    await server.start();
    return server;
  }

  private constructor(port: number, settings: readonly string[]) {
    this.#port = port;
    this.#folder = mkdtempSync(join(tmpdir(), 'rxmux-nats-'));
    this.#configure(settings);
  }

  /** Where it is, for clients. */
  get address(): string {
    return `${HOST}:${this.#port}`;
  }

  get pid(): number | undefined {
    return this.#process?.pid;
  }

  /** A connection that comes back as soon as it can. */
  async connect(options: Parameters<typeof connect>[0] = {}): Promise<NatsConnection> {
    const connection = await connect({
      servers: this.address,
      reconnectTimeWait: 50,
      maxReconnectAttempts: -1,
      ...options,
    });
    this.#connections.push(connection);
    return connection;
  }

  async start(): Promise<void> {
    this.#process = spawn('nats-server', ['--config', this.#config], { stdio: 'ignore' });
    const failure = once(this.#process, 'error').then(([error]: unknown[]) => {
      throw new Error('no nats-server: apt-get install nats-server', { cause: error });
    });
    await Promise.race([failure, this.#answers()]);
    failure.catch(() => undefined);
  }

  /** Has it read other settings, without a restart. */
  reload(settings: readonly string[]): void {
    this.#configure(settings);
    this.#process?.kill('SIGHUP');
  }

  async kill(): Promise<void> {
    const exit = this.#process && once(this.#process, 'exit');
    this.#process?.kill('SIGKILL');
    await exit;
    this.#process = undefined;
  }

  async remove(): Promise<void> {
    await Promise.all(this.#connections.map((connection) => connection.close()));
    await this.kill();
    rmSync(this.#folder, { recursive: true, force: true });
  }

  get #config(): string {
    return join(this.#folder, 'nats.conf');
  }

  #configure(settings: readonly string[]): void {
    writeFileSync(this.#config, [`listen: ${HOST}:${this.#port}`, ...settings].join('\n'));
  }

  async #answers(): Promise<void> {
    for (;;) {
      const socket = connectSocket(this.#port, HOST);
      const [event] = await Promise.race([
        once(socket, 'data').then(() => ['data']),
        once(socket, 'close').then(() => ['close']),
      ]).catch(() => ['error']);
      socket.destroy();
      if (event === 'data') {
        return;
      }
      await new Promise((resolve) => {
        setTimeout(resolve, 10);
      });
    }
  }
}
