/** What the sender tells of a file as it opens the file's channel. */
export interface FileHandshake {
  readonly name: string;
  readonly size: number;
  /** The receiver leaves the channel unread until so many other files have arrived. */
  readonly after: number;
}

/** For the option `parseHandshake`. */
export const parseHandshake = (data: Buffer): FileHandshake => JSON.parse(data.toString()) as FileHandshake;
