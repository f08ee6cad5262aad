// Sends files to another process, all over one connection, which it cuts twice meanwhile.
//
//   npm start              files that it makes itself
//   npm start -- FILE...   these files
//   npm start -- --inspect also prints the address of a page that shows the channels live, while it runs
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { stat } from 'node:fs/promises';
import { connect, type Socket } from 'node:net';
import { createInterface } from 'node:readline/promises';
import { fileURLToPath } from 'node:url';
import { filter, lastValueFrom, tap, toArray } from 'rxjs';
import { Mux } from 'rxmux';
import { inspect } from 'rxmux/inspector';
import { ResumableCarrier } from 'rxmux/resume';
import { cutConnection } from './cut-connection.js';
import { showProgress } from './progress.js';
import { announce, reason, report } from './report.js';
import { withSampleFiles } from './sample-files.js';
import { type Outcome, sendFiles, type SourceFile } from './sender.js';

const INSPECT = '--inspect';

const interruption = new AbortController();
for (const name of ['SIGINT', 'SIGTERM']) {
  process.once(name, () => {
    interruption.abort(new Error('interrupted'));
  });
}

try {
  const paths = process.argv.slice(2).filter((argument) => argument !== INSPECT);
  const isGood = await (paths.length > 0
    ? transfer(paths, interruption.signal)
    : withSampleFiles((samples) => transfer(samples, interruption.signal), interruption.signal));
  process.exitCode = isGood ? 0 : 1;
} catch (error) {
  console.error(reason(error));
  process.exitCode = 1;
}

/** Sends the files to a process of their own. Returns whether all have arrived. */
async function transfer(paths: readonly string[], signal: AbortSignal): Promise<boolean> {
  const { files, unreadable } = await lookUp(paths);
  const receiver = fork(fileURLToPath(new URL('receiver.js', import.meta.url)));
  const exit = once(receiver, 'exit');
  try {
    const port = await portOf(receiver);
    let socket: Socket | undefined;
    const carrier = new ResumableCarrier(() => {
      socket = connect({ port, host: '127.0.0.1', noDelay: true, allowHalfOpen: true });
      return socket;
    });
    const giveUp = (): void => {
      carrier.destroy();
    };
    signal.addEventListener('abort', giveUp);
    receiver.once('exit', giveUp); // there is nobody to come back to
    const cuts = cutConnection(carrier, files, () => socket?.resetAndDestroy());
    const mux = new Mux(carrier);
    if (process.argv.includes(INSPECT)) {
      await showInspector(mux, signal);
    }
    announce(files);
    const start = performance.now();
    const sent = await lastValueFrom(
      sendFiles(mux, files).pipe(
        tap(cuts.onEvent),
        showProgress(files),
        filter((event) => event.type === 'outcome'),
        toArray(),
      ),
      { defaultValue: [] },
    );
    signal.throwIfAborted();
    const outcomes = [...unreadable, ...sent];
    report(outcomes, (performance.now() - start) / 1000, cuts.gaps);
    await mux.close();
    await exit;
    return outcomes.every(({ error }) => error === undefined);
  } finally {
    receiver.kill();
  }
}

/** Says where the inspector is. On a terminal there is time to open it: the files are sent in a moment. */
async function showInspector(mux: Mux, signal: AbortSignal): Promise<void> {
  const { url } = await inspect(mux);
  console.log(`inspector: ${url}`);
  if (process.stdin.isTTY) {
    const terminal = createInterface({ input: process.stdin, output: process.stdout });
    await terminal.question('Open it, then press Enter. ', { signal });
    terminal.close();
  }
}

/** The port that the receiver listens on: the one thing that it tells its parent. */
async function portOf(receiver: ChildProcess): Promise<number> {
  const exit = once(receiver, 'exit').then(() => {
    throw new Error('the receiver has ended before it began');
  });
  const [port] = (await Promise.race([once(receiver, 'message'), exit])) as [number];
  return port;
}

/** Finds out how large the files are. The largest comes first: it is held back, so it has to be there early. */
async function lookUp(paths: readonly string[]): Promise<{ files: SourceFile[]; unreadable: Outcome[] }> {
  const found: { path: string; size: number }[] = [];
  const unreadable: Outcome[] = [];
  for (const path of paths) {
    try {
      found.push({ path, size: (await stat(path)).size });
    } catch (error) {
      const file = { path, size: 0, isHeldBack: false };
      unreadable.push({ type: 'outcome', file, bytes: 0, seconds: 0, error });
    }
  }
  const files = found
    .toSorted((a, b) => b.size - a.size)
    .map((file, index) => ({ ...file, isHeldBack: index === 0 && found.length > 1 }));
  return { files, unreadable };
}
