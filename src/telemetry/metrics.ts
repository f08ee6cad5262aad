import type { Attributes } from '@opentelemetry/api';
import type { BlockedBy } from '../channel/channel-stats.js';
import type { Blocked, Totals } from './totals.js';

/** A value, and the attributes that tell it from others of the same metric. */
type Value = readonly [value: number, attributes?: Attributes];

/** What is measured of muxes. */
interface Metric {
  readonly kind: 'Counter' | 'UpDownCounter' | 'Gauge';
  readonly name: string;
  readonly unit: string;
  readonly description: string;
  readonly values: (totals: Totals) => readonly Value[];
}

const MS_PER_SECOND = 1000;

const CAUSES: readonly BlockedBy[] = ['handshake', 'credit', 'capacity'];

/** One value for each direction. */
const bothWays = (received: number, sent: number): readonly Value[] => [
  [received, { 'network.io.direction': 'receive' }],
  [sent, { 'network.io.direction': 'transmit' }],
];

/** One value for each cause. */
const byCause = ({ blocked }: Totals, read: (blocked: Blocked) => number): readonly Value[] =>
  CAUSES.map((cause) => [read(blocked[cause]), { 'rxmux.blocked_by': cause }]);

/** Names and units after the semantic conventions of OpenTelemetry. */
export const METRICS: readonly Metric[] = [
  {
    kind: 'Counter',
    name: 'rxmux.carrier.io',
    unit: 'By',
    description: 'Bytes over the carrier, frames included.',
    values: ({ bytesIn, bytesOut }) => bothWays(bytesIn, bytesOut),
  },
  {
    kind: 'Counter',
    name: 'rxmux.carrier.frames',
    unit: '{frame}',
    description: 'Frames over the carrier.',
    values: ({ framesIn, framesOut }) => bothWays(framesIn, framesOut),
  },
  {
    kind: 'UpDownCounter',
    name: 'rxmux.carrier.capacity',
    unit: 'By',
    description: 'Bytes that the carrier takes now.',
    values: ({ capacity }) => [[capacity]],
  },
  {
    kind: 'Gauge',
    name: 'rxmux.carrier.round_trip',
    unit: 's',
    description: 'To the peer and back, where that is known.',
    values: ({ roundTrip }) => (roundTrip === undefined ? [] : [[roundTrip / MS_PER_SECOND]]),
  },
  {
    kind: 'UpDownCounter',
    name: 'rxmux.channel.open',
    unit: '{channel}',
    description: 'Channels that are open.',
    values: ({ open }) => [[open]],
  },
  {
    kind: 'Counter',
    name: 'rxmux.channel.opened',
    unit: '{channel}',
    description: 'Channels that have been opened, by either side.',
    values: ({ opened }) => [[opened]],
  },
  {
    kind: 'Counter',
    name: 'rxmux.channel.removed',
    unit: '{channel}',
    description: 'Channels that are gone.',
    values: ({ removed }) => [[removed]],
  },
  {
    kind: 'Counter',
    name: 'rxmux.channel.refused',
    unit: '{channel}',
    description: 'Channels of the peer that this side has refused.',
    values: ({ refused }) => [[refused]],
  },
  {
    kind: 'UpDownCounter',
    name: 'rxmux.channel.blocked',
    unit: '{channel}',
    description: 'Channels whose bytes or end cannot leave, by what they wait for.',
    values: (totals) => byCause(totals, ({ channels }) => channels),
  },
  {
    kind: 'Gauge',
    name: 'rxmux.channel.blocked.duration',
    unit: 's',
    description: 'The longest time for which one of them has waited.',
    values: (totals) => byCause(totals, ({ longest }) => longest / MS_PER_SECOND),
  },
  {
    kind: 'UpDownCounter',
    name: 'rxmux.channel.queued',
    unit: 'By',
    description: 'Bytes that wait to leave.',
    values: ({ queued }) => [[queued]],
  },
  {
    kind: 'UpDownCounter',
    name: 'rxmux.channel.unread',
    unit: 'By',
    description: 'Bytes that have come and that the application has not taken.',
    values: ({ unread }) => [[unread]],
  },
  {
    kind: 'Gauge',
    name: 'rxmux.channel.unread.duration',
    unit: 's',
    description: 'The longest time for which the application takes nothing of what lies there.',
    values: ({ unreadLongest }) => [[unreadLongest / MS_PER_SECOND]],
  },
  {
    kind: 'UpDownCounter',
    name: 'rxmux.window.granted',
    unit: 'By',
    description: 'Bytes by which receive windows have grown.',
    values: ({ windowGranted }) => [[windowGranted]],
  },
  {
    kind: 'UpDownCounter',
    name: 'rxmux.window.budget',
    unit: 'By',
    description: 'Bytes by which receive windows may grow.',
    values: ({ windowBudget }) => [[windowBudget]],
  },
  {
    kind: 'Counter',
    name: 'rxmux.errors',
    unit: '{error}',
    description: 'What peers have done against the protocol, and handshakes that could not be parsed.',
    values: ({ errors }) => [[errors]],
  },
];
