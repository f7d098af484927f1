export type Shape = { kind: "circle"; radius: number } | { kind: "square"; side: number };

const unused = 42;

export function area(shape: Shape): number {
  switch (shape.kind) {
    case "circle":
      return Math.PI * shape.radius ** 2;
    case "square":
      return shape.side * shape.side;
  }
}

export function neverUsed() {
  return unused;
}
