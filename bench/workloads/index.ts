import { bulk } from './bulk.js';
import { busy } from './busy.js';
import { calls } from './calls.js';
import { cut } from './cut.js';
import { delayQuestion } from './delay-question.js';
import { delay } from './delay.js';
import { fairness } from './fairness.js';
import { idle } from './idle.js';
import { lineChanges } from './line-changes.js';
import { messages } from './messages.js';
import { natsBulk } from './nats-bulk.js';
import { natsPingPong } from './nats-ping-pong.js';
import { openDelay } from './open-delay.js';
import { open } from './open.js';
import { pingPong } from './ping-pong.js';
import { sizes } from './sizes.js';
import { slowLine } from './slow-line.js';
import { values } from './values.js';
import type { Workload } from './workload.js';

/** All workloads, in the order of the report. */
export const workloads: readonly Workload[] = [
  bulk,
  busy,
  sizes,
  messages,
  pingPong,
  open,
  idle,
  fairness,
  delay,
  delayQuestion,
  openDelay,
  cut,
  slowLine('slow-line', 32),
  slowLine('slow-line-8', 8),
  slowLine('slow-line-1', 1),
  lineChanges,
  calls,
  values,
  natsBulk,
  natsPingPong,
];
