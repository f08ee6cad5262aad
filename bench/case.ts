/** One thing to be measured: a peer doing a workload. */
export interface Case {
  readonly workload: string;
  readonly channels: number;
  readonly peer: string;
}

/** What a child process is told to do. */
export interface Task extends Case {
  readonly warmUpSeconds: number;
  readonly seconds: number;
}
