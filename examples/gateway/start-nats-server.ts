import { Child } from './child.js';

/** Starts `nats-server` on that port of this machine. */
export async function startNatsServer(port: number): Promise<Child> {
  const server = new Child('nats-server', 'nats-server', ['--addr', '127.0.0.1', '--port', String(port)]);
  try {
    await server.printed(/Server is ready/);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') {
      throw new Error(
        'nats-server is not installed: apt-get install nats-server, or see https://nats.io/download',
        { cause: error },
      );
    }
    throw error;
  }
  return server;
}
