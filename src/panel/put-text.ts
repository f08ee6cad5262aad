/** Puts a text into an element, where it is another one: to put the same one costs a layout, too. */
export function putText(element: HTMLElement, text: string): void {
  if (element.textContent !== text) {
    element.textContent = text;
  }
}
