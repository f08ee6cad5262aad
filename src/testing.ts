export {
  type CarrierPair,
  type CarrierTest,
  type CarrierTestOptions,
  carrierTests,
} from './testing/carrier-tests.js';
export { type MuxPair, muxPair, type MuxPairOptions } from './testing/mux-pair.js';
