import { asyncScheduler, type Subscription } from 'rxjs';
import { type InspectedMux, MuxList } from '../inspector/mux-list.js';
import type { RxmuxInspector } from '../inspector/rxmux-inspector.js';
import { watch } from '../inspector/watch.js';
import { View } from './view.js';

/** `<rxmux-inspector>`. */
function define(): void {
  class Inspector extends HTMLElement implements RxmuxInspector {
    #muxes: readonly InspectedMux[] = [];
    #list: MuxList | undefined;
    #view: View | undefined;
    #pictures: Subscription | undefined;

    get muxes(): readonly InspectedMux[] {
      return this.#muxes;
    }

    set muxes(muxes: readonly InspectedMux[]) {
      this.#muxes = [...muxes];
      this.#list?.set(this.#muxes); // which knows its muxes and channels again: what is selected stays so
    }

    connectedCallback(): void {
      this.#view = new View(this.shadowRoot ?? this.attachShadow({ mode: 'open' }));
      this.addEventListener('keydown', this.#onKey);
      this.#look(this.#view);
    }

    disconnectedCallback(): void {
      this.#pictures?.unsubscribe();
      this.#list?.clear();
      this.#list = undefined;
      this.#view?.destroy();
      this.#view = undefined;
      this.removeEventListener('keydown', this.#onKey);
    }

    #look(view: View): void {
      const list = new MuxList(Date.now);
      this.#list = list;
      list.set(this.#muxes);
      this.#pictures = watch(list, view.request$, () => true, asyncScheduler).subscribe((picture) => {
        view.show(picture);
      });
    }

    readonly #onKey = (event: KeyboardEvent): void => {
      if (this.#view?.key(event) === true) {
        event.preventDefault();
      }
    };
  }
  customElements.define('rxmux-inspector', Inspector);
}

// Elsewhere, as where pages are made on a server, there is nothing to define. Another copy of the package may have done it.
if (typeof customElements !== 'undefined' && customElements.get('rxmux-inspector') === undefined) {
  define();
}
