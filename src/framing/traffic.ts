/** What has passed in one direction. */
export interface Traffic {
  bytes: number;
  /** Those that are whole. A DATA message is two of them. */
  frames: number;
}
