import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { connect, createServer, type AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

const COMMAND = 'nats-server';
const HOST = '127.0.0.1';

/** Whether this machine has one. */
export const isInstalled = (): boolean => spawnSync(COMMAND, ['--version']).status === 0;

/** Starts one, which ends with this process. Resolves with its address when it answers. */
export async function startNatsServer(): Promise<string> {
  const port = await freePort();
  const server = spawn(COMMAND, ['--addr', HOST, '--port', String(port)], { stdio: 'ignore' });
  process.once('exit', () => server.kill());
  while (!(await answers(port))) {
    await sleep(10);
  }
  return `${HOST}:${port}`;
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, HOST);
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

async function answers(port: number): Promise<boolean> {
  const socket = connect(port, HOST);
  try {
    await once(socket, 'data');
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}
