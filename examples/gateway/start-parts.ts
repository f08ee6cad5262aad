import type { Child } from './child.js';
import { startNode } from './start-node.js';

/** What runs beside `nats-server`. */
export interface Parts {
  readonly gateways: readonly Child[];
  readonly instances: readonly Child[];
  /** Those of the gateways. */
  readonly urls: readonly string[];
}

/** Starts two gateways and three instances of the services. Resolves when all of them listen. */
export async function startParts(natsPort: number): Promise<Parts> {
  const nats = ['--nats', `127.0.0.1:${natsPort}`];
  const instances = [1, 2, 3].map((n) => startNode(`instance ${n}`, 'service.js', nats));
  const gateways = [1, 2].map((n) => startNode(`gateway ${n}`, 'gateway.js', [...nats, '--port', '0']));
  await Promise.all(instances.map((instance) => instance.printed(/^listening$/m)));
  const listening = gateways.map((gateway) => gateway.printed(/^listening on (.*)$/m));
  const urls = (await Promise.all(listening)).map(([, url = '']) => url);
  return { gateways, instances, urls };
}
