import type { Program } from './operations.js';
import { World } from './world.js';

/** Runs a program to its end. Throws where something is not as it must be. */
export async function run({ setup, operations }: Program): Promise<void> {
  const world = new World(setup);
  try {
    for (const operation of operations) {
      await world.run(operation);
    }
    await world.finish();
  } catch (error) {
    throw new Error([...world.problems, (error as Error).message, 'on the wire:', ...world.log].join('\n'), {
      cause: error,
    });
  }
  if (world.problems.length > 0) {
    throw new Error([...world.problems, 'on the wire:', ...world.log].join('\n'));
  }
}
