/** What has been opened, to be closed in the opposite order. */
export class Lifecycle implements AsyncDisposable {
  readonly #open: { readonly name: string; readonly close: () => Promise<void> | void }[] = [];

  /** Remembers how to close `resource`, and hands it back. */
  own<T>(name: string, resource: T, close: (resource: T) => Promise<void> | void): T {
    this.#open.push({ name, close: () => close(resource) });
    return resource;
  }

  /** Closes everything, last opened first. A failure does not keep the rest open. Once closed, does nothing. */
  async close(): Promise<void> {
    const failures: Error[] = [];
    for (let entry = this.#open.pop(); entry; entry = this.#open.pop()) {
      try {
        await entry.close();
      } catch (cause) {
        failures.push(new Error(`closing ${entry.name}`, { cause }));
      }
    }
    if (failures.length > 0) throw new AggregateError(failures, "shutdown was not clean");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }
}
