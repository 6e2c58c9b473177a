import { Circle, Shape, type Named, total } from './shapes';
import { greet } from './text';

enum Level { Low = 1, High = 10 }
const enum Inlined { A = 'a', B = 'b' }

class Square implements Shape, Named {
  readonly name = 'square';
  #secret?: number;
  constructor(private side: number) {}
  area(): number { return (this.#secret ??= this.side ** 2); }
}

const shapes: Array<Shape & Named> = [new Circle(2), new Square(3)];
const unused: string = 'dropped when minified';

export async function run<T extends Shape>(items: readonly T[]): Promise<string> {
  const { length, ...rest } = { length: items.length, level: Level.High };
  for await (const item of items) console.log(item.area().toFixed(2));
  return `${greet(Inlined.B)} ${length} ${rest.level} ${total(items)?.toFixed(3)}`;
}

run(shapes).then(console.log);
