// The server's command. Connects what clients forward to it with the targets that they name.
//
//   node build/examples/port-forward/server.js --listen tls://0.0.0.0:8443 --cert cert.pem --key key.pem
import { readFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { allowedTargets } from './allowed-targets.js';
import { closeOnSignal } from './close-on-signal.js';
import { parseGrace } from './grace.js';
import { reason } from './reason.js';
import { startServer } from './tunnel-server.js';

const USAGE = `usage: server.js --listen URL [--cert FILE --key FILE] [--allow HOST:PORT]... [--origin ORIGIN]...
                 [--grace SECONDS]

  --listen  tls://HOST:PORT, wss://HOST:PORT or ws://HOST:PORT
  --cert    the certificate, in PEM, and
  --key     its key: for tls and wss
  --allow   a target that clients may connect to; * as PORT is any (default: this machine's loopback, any port)
  --origin  a web page's origin, as https://example.com, that may connect by WebSocket (default: none)
  --grace   how long open connections may go on after SIGINT or SIGTERM (default: 5)`;

const log = (line: string): void => {
  console.error(line);
};

try {
  const { values } = parseArgs({
    options: {
      listen: { type: 'string' },
      cert: { type: 'string' },
      key: { type: 'string' },
      allow: { type: 'string', multiple: true, default: [] },
      origin: { type: 'string', multiple: true, default: [] },
      grace: { type: 'string', default: '5' },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help || values.listen === undefined) {
    console.log(USAGE);
    process.exitCode = values.help ? 0 : 2;
  } else {
    const grace = parseGrace(values.grace);
    const server = await startServer({
      url: new URL(values.listen),
      cert: values.cert === undefined ? undefined : await readFile(values.cert),
      key: values.key === undefined ? undefined : await readFile(values.key),
      origins: values.origin,
      isAllowed: allowedTargets(values.allow),
      log,
    });
    console.log(`listening on ${server.url}`);
    await closeOnSignal(server, grace, log);
  }
} catch (error) {
  log(reason(error));
  process.exitCode = 1;
}
