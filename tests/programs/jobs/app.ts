import { area, type Shape } from "./shapes";
import names from "./names.json";

enum Colour { Red, Green = 5, Blue }

class Box<T extends { size: number }> {
  #items: T[] = [];
  static count = 0;
  add(...items: T[]): this {
    for (const item of items) this.#items.push(item);
    Box.count += items.length;
    return this;
  }
  get total() { return this.#items.reduce((sum, { size }) => sum + size, 0); }
}

async function* ticks(limit: number) {
  for (let i = 0; i < limit; i++) yield await Promise.resolve(i ** 2);
}

export async function main(shapes: Shape[] = []) {
  const box = new Box<{ size: number }>().add({ size: 1 }, { size: 2 });
  const label = `${names.title ?? "none"}: ${shapes?.map(area).join(", ")}`;
  for await (const tick of ticks(3)) console.log(tick, Colour.Blue, box.total);
  if (false) console.log("never");
  return label;
}

main([{ kind: "circle", radius: 2 }, { kind: "square", side: 3 }]);
