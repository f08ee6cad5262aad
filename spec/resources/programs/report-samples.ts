import { retained } from './retained.js';

/** Samples of the memory, and one before. */
const SAMPLES = 9;

/** How many come and go before: what the engine has to learn takes memory, too. */
const WARM_UP = 3000;

/**
 * Has things come and go, and prints the memory that is retained before, meanwhile and after.
 *
 * @param count - how many come and go
 * @param comeAndGo - has so many come and go
 */
export async function reportSamples(
  count: number,
  comeAndGo: (count: number) => Promise<void>,
): Promise<void> {
  const perSample = Math.ceil(count / SAMPLES);
  await comeAndGo(WARM_UP);
  const samples = [await retained()];
  let milliseconds = 0;
  while (samples.length <= SAMPLES) {
    const start = performance.now();
    await comeAndGo(perSample);
    milliseconds += performance.now() - start;
    samples.push(await retained());
  }
  const perSecond = Math.round((1000 * perSample * SAMPLES) / milliseconds);
  console.log(JSON.stringify({ perSample, perSecond, samples }));
}
