/** What a scenario says does not hold together; `path` is where it says so. */
export class ScenarioFault extends Error {
  override readonly name = 'ScenarioFault';
  readonly path: readonly (string | number)[];

  constructor(path: readonly (string | number)[], text: string) {
    super(text);
    this.path = path;
  }
}
