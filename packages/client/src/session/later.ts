/** A promise that somebody else settles, once. */
export class Later<T> {
  readonly promise: Promise<T>;
  isSettled = false;
  #resolve: (value: T) => void = () => undefined;

  constructor() {
    this.promise = new Promise((resolve) => {
      this.#resolve = resolve;
    });
  }

  settle(value: T): void {
    this.isSettled = true;
    this.#resolve(value);
  }
}
