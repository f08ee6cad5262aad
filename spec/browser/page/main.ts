import { scenarios } from './scenarios.js';

/** All that can be done here; see `run` of the tests. */
export type Scenarios = typeof scenarios;

/** Runs a scenario, and shows on the page what became of it. */
async function run(name: keyof Scenarios, args: readonly unknown[]): Promise<unknown> {
  const entry = document.createElement('li');
  const title = [name, ...args].join(': ');
  entry.textContent = `… ${title}`;
  document.querySelector('ol')?.append(entry);
  const start = performance.now();
  try {
    const result = await (scenarios[name] as (...args: readonly unknown[]) => Promise<unknown>)(...args);
    entry.textContent = `✓ ${title} (${Math.round(performance.now() - start)} ms)`;
    return result;
  } catch (error) {
    entry.textContent = `✗ ${title}: ${String(error)}`;
    throw error;
  }
}

Object.assign(globalThis, { run });
