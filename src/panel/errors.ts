import type { ErrorEntry } from '../inspector/error-log.js';
import { make } from './make.js';

/** The newest errors, newest first. */
export class Errors {
  readonly #list = make('ol');
  readonly #summary = make('summary');
  readonly element = make('details', 'errors', this.#summary, this.#list);

  constructor() {
    this.element.hidden = true;
  }

  show(entries: readonly ErrorEntry[]): void {
    this.element.hidden = entries.length === 0;
    const count = entries.reduce((sum, entry) => sum + entry.count, 0);
    this.#summary.replaceChildren(
      make('b', '', count === 1 ? '1 error' : `${count} errors`),
      ...entries.slice(0, 1).map((entry) => make('span', 'last', said(entry))),
    );
    this.#list.replaceChildren(
      ...entries.map((entry) =>
        make(
          'li',
          '',
          make('time', '', new Date(entry.at).toLocaleTimeString('en-GB')),
          make(
            'span',
            'where',
            entry.channel === undefined ? entry.muxName : `${entry.muxName} #${entry.channel}`,
          ),
          make('span', 'what', said(entry)),
          make('span', 'count', entry.count > 1 ? `× ${entry.count}` : ''),
        ),
      ),
    );
  }
}

const said = ({ name, text }: ErrorEntry): string => (text === '' ? name : `${name}: ${text}`);
