import { fileURLToPath } from 'node:url';
import { Child } from './child.js';

/** Starts a program of this folder. */
export const startNode = (name: string, program: string, args: readonly string[]): Child =>
  new Child(name, process.execPath, [fileURLToPath(new URL(program, import.meta.url)), ...args]);
