// What the benchmark has esbuild bundle and minify.
type Shape = { kind: "circle"; radius: number } | { kind: "box"; width: number; height: number };

enum Level { Low, Middle, High }

abstract class Base<T> {
  protected readonly items: T[] = [];
  abstract describe(item: T): string;
  add(...items: T[]): this { this.items.push(...items); return this; }
  async *all(): AsyncGenerator<string> { for (const item of this.items) yield this.describe(item); }
}

class Shapes extends Base<Shape> {
  static #made = 0;
  constructor(private level: Level = Level.Middle) { super(); Shapes.#made++; }
  describe(shape: Shape): string {
    switch (shape.kind) {
      case "circle": return `circle of ${(Math.PI * shape.radius ** 2).toFixed(2)}`;
      case "box": return `box of ${shape.width * shape.height} at ${Level[this.level]}`;
    }
  }
  static get made() { return Shapes.#made; }
}

const { radius = 3, ...rest } = { radius: undefined as number | undefined, width: 2, height: 5 };
const shapes = new Shapes(Level.High).add({ kind: "circle", radius }, { kind: "box", ...rest });
(async () => {
  for await (const line of shapes.all()) console.log(line?.toUpperCase() ?? "nothing", Shapes.made);
})();
export { Shapes, Level };
