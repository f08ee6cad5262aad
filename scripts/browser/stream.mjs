export { Duplex } from 'readable-stream';
