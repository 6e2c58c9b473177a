export interface Named { name: string }
export interface Shape { area(): number }
export class Circle implements Shape {
  static readonly unit = new Circle(1);
  name = 'circle';
  constructor(public radius: number) {}
  area() { return Math.PI * this.radius * this.radius; }
}
export function total(shapes: readonly Shape[]): number | undefined {
  return shapes.length ? shapes.map((s) => s.area()).reduce((a, b) => a + b) : undefined;
}
export function neverUsed() { return 'tree shaking drops this'; }
