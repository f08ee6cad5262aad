// As much of Node's module of this name as primus-backpressure uses.
interface Constructor {
  readonly prototype: object;
}

export function inherits(constructor: Constructor, parent: Constructor): void {
  Object.setPrototypeOf(constructor.prototype, parent.prototype);
}
