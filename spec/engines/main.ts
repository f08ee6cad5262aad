// What is run in each engine:
//   carriers         the tests of carriers, over all that the engine has
//   muxes            round trips of muxes, within the engine
//   listen           is the far end of other engines: prints its ports, and ends with its stdin
//   connect PORTS    round trips to such a far end
// It prints what becomes of each case, as a line of JSON.
import { parentPort } from 'node:worker_threads';
import { Mux } from '../../src/index.js';
import { MessagePortCarrier } from '../../src/message-port.js';
import { carrierCases } from './carriers.js';
import { reportUncaught, runCases } from './cases.js';
import { innerCases, listen, muxCases, type Ports } from './muxes.js';
import { serve } from './round-trips.js';

const [, , task, ports = '{}'] = process.argv;

if (parentPort !== null) {
  serve(new Mux(new MessagePortCarrier(parentPort)));
} else {
  reportUncaught();
  if (task === 'listen') {
    console.log(JSON.stringify(await listen()));
    process.stdin.on('end', () => process.exit()).resume();
  } else {
    if (task === 'carriers') {
      await runCases(carrierCases());
    } else if (task === 'muxes') {
      await runCases(innerCases());
      await runCases(muxCases(await listen()));
    } else {
      await runCases(muxCases(JSON.parse(ports) as Ports));
    }
    process.exit();
  }
}
