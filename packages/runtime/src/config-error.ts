/** Every setting that is wrong, each with what to do about it: a person repairs them in one go. */
export class ConfigError extends Error {
  override readonly name = "ConfigError";
  constructor(readonly problems: readonly string[]) {
    super(`the configuration needs attention:\n${problems.map((problem) => `  ${problem}`).join("\n")}`);
  }
}
