import { bulk } from './bulk.js';
import { messages } from './messages.js';
import type { Workload } from './workload.js';

/** All workloads, in the order of the report. */
export const workloads: readonly Workload[] = [bulk, messages];
