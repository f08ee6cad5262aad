export { addAbortSignal, Duplex } from 'readable-stream';
