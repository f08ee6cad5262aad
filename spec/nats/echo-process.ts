import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';

const ROOT = join(__dirname, '../..');

/** An instance of the service `echo`: it sends back all that comes over a carrier, as fast as that takes it. */
const PROGRAM = `
const { connect } = require('@nats-io/transport-node');
const { listenOver } = require('./dist/cjs/nats.js');
connect({ servers: process.argv[1], reconnectTimeWait: 50, maxReconnectAttempts: -1 }).then(async (nats) => {
  listenOver(nats, 'echo', { queue: 'q' }).subscribe((carrier) => {
    carrier.inbound$.subscribe({
      next: (chunk) => carrier.write([chunk]),
      error: () => undefined,
      complete: () => carrier.end(),
    });
  });
  await nats.flush();
  console.log('ready');
});
`;

const processes: ChildProcess[] = [];

afterEach(() => {
  for (const child of processes.splice(0)) {
    child.kill('SIGKILL');
  }
});

/** A process with such an instance, which is there. It is gone after the test. */
export async function startEcho(address: string): Promise<ChildProcess> {
  const child = spawn(process.execPath, ['-e', PROGRAM, address], {
    cwd: ROOT,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  processes.push(child);
  await once(child.stdout, 'data');
  return child;
}
