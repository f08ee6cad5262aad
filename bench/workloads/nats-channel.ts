import { isInstalled } from '../nats/nats-server.js';
import { count } from './count.js';
import type { Parameter } from './workload.js';

/** What workloads over NATS are done with: only a mux has more. */
export const ONE_CHANNEL: Parameter = {
  name: 'channels',
  values: [1],
  label: (value) => count(value, 'channel'),
};

/** What the machine lacks for them. */
export const lacksNatsServer = (): string | undefined =>
  isInstalled() ? undefined : 'nats-server is not installed';
