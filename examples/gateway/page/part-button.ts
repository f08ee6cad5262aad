/// <reference lib="dom" />
import type { Part } from './control.js';

/** A process, which a click kills. */
export class PartButton {
  readonly element = document.createElement('button');

  constructor(onClick: () => void) {
    this.element.addEventListener('click', onClick);
  }

  show({ name, pid, isRunning, sessions }: Part): void {
    const words = sessions === 1 ? '1 session' : `${sessions} sessions`;
    const what = name.startsWith('instance') ? `, ${words}` : '';
    this.element.textContent = isRunning ? `Kill ${name} (pid ${pid}${what})` : `${name} is dead`;
    this.element.disabled = !isRunning;
    this.element.dataset['sessions'] = String(sessions);
  }
}
