// For modules that use `Buffer` as a global.
export { Buffer } from 'buffer/';
