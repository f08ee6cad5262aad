import type { Caller, Calls } from '../caller.js';
import type { Time } from '../case.js';
import type { Channel, Peer } from '../peer.js';

/** A number that a workload yields. */
export interface Figure {
  /** Its key in the results. */
  readonly name: string;
  readonly title: string;
  readonly unit: string;
  readonly better: 'more' | 'less';
  /** Of a chart's axis. */
  readonly scale?: 'logarithmic';
  /** There cannot be more. */
  readonly most?: number;
  /**
   * What the report sets it in relation to: other peers; or, for all values but the first, the peer's own figure for the
   * first.
   */
  readonly comparedWith: readonly ('raw' | 'http2' | 'remote-tcp' | 'remote-ws' | 'nats-client' | 'itself')[];
}

/** What differs from one case of a workload to the next. */
export interface Parameter {
  readonly name: string;
  readonly values: readonly number[];
  /** A value in words, for the head of a column. */
  readonly label: (value: number) => string;
}

/** Values of a workload's figures, by name; others, which only the JSON file gets, may be among them. */
export type Measured = Readonly<Record<string, number>>;

/** What became of one measurement. */
export type Outcome = Measured | 'too slow' | 'failed';

/** What a workload is to do. */
export interface WorkloadTask extends Time {
  readonly value: number;
  /** Whether the peer has channels. */
  readonly hasChannels: boolean;
}

/** What all workloads have. */
interface Described {
  /** What the command line and the report call it. */
  readonly name: string;
  readonly title: string;
  readonly parameter: Parameter;
  readonly figures: readonly Figure[];
  /** Unless the command line says otherwise. */
  readonly time: Time;
  /** Whether it is to have a network of its own, which it may shape. */
  readonly ownNetwork?: true;
  /** What this machine lacks for it, in words; `undefined` where it can be done. */
  readonly lacks?: () => string | undefined;
  /** What the reader has to know of how the results came about. */
  readonly note?: (results: readonly Outcome[]) => string;
}

/** Something that every peer is made to do, written once for all. */
export interface ChannelWorkload extends Described {
  readonly uses?: undefined;
  /** The channels that a case takes: peers without channels do only those that take one. */
  readonly channels: (value: number) => number;
  /** Whether it is for those alone whose channels survive what they run over. */
  readonly survivorsOnly?: true;
  run(peer: Peer, task: WorkloadTask): Promise<Measured>;
}

/** Something that everybody who calls methods is made to do. */
export interface CallWorkload extends Described {
  /** What it calls. */
  readonly uses: keyof Calls;
  run(caller: Caller, task: Time & Pick<WorkloadTask, 'value'>): Promise<Measured>;
}

/** Something that those do who carry bytes over NATS. */
export interface NatsWorkload extends Described {
  readonly uses: 'nats';
  run(channel: Channel, task: Time): Promise<Measured>;
}

/** Any of them. */
export type Workload = ChannelWorkload | CallWorkload | NatsWorkload;
