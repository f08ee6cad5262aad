// The client's command. Forwards local ports to a server, all over one connection.
//
//   node build/examples/port-forward/client.js --connect tls://localhost:8443 --ca cert.pem -L 8080:127.0.0.1:80
import { readFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { closeOnSignal } from './close-on-signal.js';
import { parseGrace } from './grace.js';
import { formatForward, parseLocalForward } from './local-forward.js';
import { reason } from './reason.js';
import { startClient } from './tunnel-client.js';

const USAGE = `usage: client.js --connect URL [--ca FILE] -L [BIND:]PORT:HOST:HOSTPORT... [--grace SECONDS]

  --connect          tls://HOST:PORT, wss://HOST[:PORT] or ws://HOST[:PORT] of the server
  --ca               certificates to trust, in PEM (default: those that Node trusts)
  -L, --local        listen on BIND (default: 127.0.0.1) and PORT (0: any that is free), and forward each connection to
                     HOST and HOSTPORT, as the server finds them; IPv6 addresses in brackets
  --grace            how long open connections may go on after SIGINT or SIGTERM (default: 5)`;

const log = (line: string): void => {
  console.error(line);
};

try {
  const { values } = parseArgs({
    options: {
      connect: { type: 'string' },
      ca: { type: 'string' },
      local: { type: 'string', short: 'L', multiple: true, default: [] },
      grace: { type: 'string', default: '5' },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help || values.connect === undefined || values.local.length === 0) {
    console.log(USAGE);
    process.exitCode = values.help ? 0 : 2;
  } else {
    const grace = parseGrace(values.grace);
    const client = await startClient({
      url: new URL(values.connect),
      ca: values.ca === undefined ? undefined : await readFile(values.ca),
      forwards: values.local.map(parseLocalForward),
      log,
    });
    client.forwards.forEach((forward) => {
      console.log(formatForward(forward));
    });
    console.log('ready');
    await closeOnSignal(client, grace, log);
  }
} catch (error) {
  log(reason(error));
  process.exitCode = 1;
}
