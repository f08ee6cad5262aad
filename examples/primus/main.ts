// Sends random bytes to every browser that comes, over ten pipes, which all come back over the same Primus connection.
//
//   node build/examples/primus/main.js           on any port that is free
//   node build/examples/primus/main.js 7500      on this one
import { createServer } from 'node:http';
import Primus from 'primus';
import { PrimusDuplex } from 'primus-backpressure';
import { Mux } from 'rxmux';
import { listenOnArgument } from '../listen-on-argument.js';
import { orExit } from '../or-exit.js';
import { bundle } from './bundle.js';
import { HTML } from './html.js';
import { sendPipes } from './send-pipes.js';

const files = new Map([
  ['/', { type: 'text/html', text: HTML }],
  ['/page.js', { type: 'text/javascript', text: await bundle('page.js') }],
]);

const server = createServer(({ url = '' }, response) => {
  const file = files.get(url);
  response.writeHead(file === undefined ? 404 : 200, { 'content-type': file?.type ?? 'text/plain' });
  response.end(file?.text ?? 'not found');
});

let browsers = 0;
new Primus(server, { transformer: 'websockets' }).on('connection', (spark) => {
  browsers += 1;
  const name = `browser ${browsers}`;
  sendPipes(new Mux(new PrimusDuplex(spark))).subscribe({
    next: ({ pipe, bytes, sha256, isSame }) => {
      console.log(
        `${name}, pipe ${pipe}: ${bytes} bytes, SHA-256 ${sha256}, ${isSame ? 'came back' : 'DIFFERS'}`,
      );
    },
    error: (error: unknown) => {
      console.error(`${name}:`, error);
    },
    complete: () => {
      console.log(`${name}: all pipes are done`);
    },
  });
});

const port = await orExit(() => listenOnArgument(server));
console.log(`Open http://127.0.0.1:${port}/ in a browser`);
