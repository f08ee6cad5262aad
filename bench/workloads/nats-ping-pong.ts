import { lacksNatsServer, ONE_CHANNEL } from './nats-channel.js';
import { timesOf } from './play.js';
import type { NatsWorkload } from './workload.js';

/** As `ping-pong`, with a server of NATS between both ends. */
export const natsPingPong: NatsWorkload = {
  name: 'nats-ping-pong',
  title: 'Ping-pong over NATS: 32 bytes there and back',
  uses: 'nats',
  lacks: lacksNatsServer,
  parameter: ONE_CHANNEL,
  figures: [
    {
      name: 'median',
      title: 'Median time there and back',
      unit: 'µs',
      better: 'less',
      comparedWith: ['nats-client'],
    },
    {
      name: 'p99',
      title: 'Time there and back that 99 of 100 stay below',
      unit: 'µs',
      better: 'less',
      comparedWith: ['nats-client'],
    },
  ],
  time: { warmUpSeconds: 1, seconds: 2 },
  run: (channel, time) => timesOf(channel, time),
};
