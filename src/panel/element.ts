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
      if (this.#view !== undefined) {
        this.#look(this.#view);
      }
    }

    connectedCallback(): void {
      this.#view = new View(this.shadowRoot ?? this.attachShadow({ mode: 'open' }));
      this.addEventListener('keydown', this.#onKey);
      this.#look(this.#view);
    }

    disconnectedCallback(): void {
      this.#pictures?.unsubscribe();
      this.#list?.clear();
      this.#view?.destroy();
      this.#view = undefined;
      this.removeEventListener('keydown', this.#onKey);
    }

    #look(view: View): void {
      this.#pictures?.unsubscribe();
      this.#list?.clear();
      const list = new MuxList(Date.now);
      this.#list = list;
      this.#muxes.forEach((mux) => {
        list.add(mux);
      });
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
