export {
  type CarrierPair,
  type CarrierTest,
  type CarrierTestOptions,
  carrierTests,
} from './testing/carrier-tests.js';
