import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { build } from 'esbuild';

/** A server in a process of its own. */
export interface Server {
  readonly origin: string;
  /** Ends it at once, whatever it is at. */
  readonly kill: () => Promise<void>;
}

/** Makes the server's program of what lies in the workspace. */
export async function buildServer(workspace: string): Promise<void> {
  await build({
    entryPoints: [join(workspace, 'server/server.ts')],
    outfile: program(workspace),
    bundle: true,
    packages: 'external',
    platform: 'node',
    format: 'esm',
  });
}

/** @param directory - whose files it serves */
export async function startServer(workspace: string, directory: string): Promise<Server> {
  const child = fork(program(workspace), [directory], { execArgv: [] });
  const exit = once(child, 'exit');
  const [port] = (await Promise.race([once(child, 'message'), exit.then(failed)])) as [number];
  return {
    origin: `http://127.0.0.1:${port}`,
    kill: async () => {
      child.kill('SIGKILL');
      await exit;
    },
  };
}

const program = (workspace: string): string => join(workspace, 'server.js');

function failed(): never {
  throw new Error('the server did not start');
}
