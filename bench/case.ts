/** How long a measurement is to take. */
export interface Time {
  /** Before the measurement, for the compiler to warm up and buffers to fill. */
  readonly warmUpSeconds: number;
  readonly seconds: number;
}

/** One thing to be measured: a peer doing a workload. */
export interface Case {
  readonly workload: string;
  /** The value of what the workload varies, such as the number of channels. */
  readonly value: number;
  readonly peer: string;
}

/** What a child process is told to do. */
export interface Task extends Case, Time {
  /** Whether it is to have a network of its own. */
  readonly ownNetwork: boolean;
}
