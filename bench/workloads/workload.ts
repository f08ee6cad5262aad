import type { Peer } from '../peer.js';

/** What one measurement is to do. */
export interface RunSettings {
  readonly channels: number;
  /** Time before the measurement, for the compiler to warm up and buffers to fill. */
  readonly warmUpSeconds: number;
  readonly seconds: number;
}

/** Something that every peer is made to do, written once for all. */
export interface Workload {
  /** What the command line and the report call it. */
  readonly name: string;
  readonly title: string;
  /** Numbers of channels to measure it with. */
  readonly channels: readonly number[];
  readonly unit: string;
  /** Peers that the others are compared with. */
  readonly bases: readonly string[];
  /** Measures `peer`. Resolves to a rate: more is better. */
  run(peer: Peer, settings: RunSettings): Promise<number>;
}
