/** More of npm `bpmux`: what only the tests of parity use. */
declare module 'bpmux' {
  export interface BPMuxOptions {
    lengthSize?: number;
    getLength?: (bytes: Buffer) => number;
    setLength?: (bytes: Buffer, length: number) => void;
  }

  export interface BPDuplex {
    read(size?: number, send_status?: boolean): Buffer | null;
  }
}
