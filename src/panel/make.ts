/// <reference lib="dom" />
/// <reference lib="dom.iterable" />
/** An element with a class and what is in it. */
export function make<Name extends keyof HTMLElementTagNameMap>(
  name: Name,
  className = '',
  ...children: readonly (Node | string)[]
): HTMLElementTagNameMap[Name] {
  const element = document.createElement(name);
  if (className !== '') {
    element.className = className;
  }
  element.append(...children);
  return element;
}
