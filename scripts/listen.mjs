// Is the far end of muxes, in an engine: prints where it listens, as JSON, and ends with its stdin.
//
//   node scripts/listen.mjs deno
import { buildProgram, start } from './engines.mjs';

await buildProgram();
const child = start(process.argv[2], 'listen');
child.stdout.pipe(process.stdout);
process.stdin.pipe(child.stdin);
child.on('exit', (code) => process.exit(code));
