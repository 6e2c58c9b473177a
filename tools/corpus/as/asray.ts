// A ray caster: virtual methods, small objects, 32-bit and 64-bit floats.
class Vector {
  constructor(public x: f64, public y: f64, public z: f64) {}
  add(o: Vector): Vector { return new Vector(this.x + o.x, this.y + o.y, this.z + o.z); }
  sub(o: Vector): Vector { return new Vector(this.x - o.x, this.y - o.y, this.z - o.z); }
  scale(s: f64): Vector { return new Vector(this.x * s, this.y * s, this.z * s); }
  dot(o: Vector): f64 { return this.x * o.x + this.y * o.y + this.z * o.z; }
  unit(): Vector { return this.scale(1 / Math.sqrt(this.dot(this))); }
}
abstract class Shape {
  abstract hit(from: Vector, to: Vector): f64;
  abstract normal(at: Vector): Vector;
}
class Ball extends Shape {
  constructor(public middle: Vector, public radius: f64) { super(); }
  hit(from: Vector, to: Vector): f64 {
    const way = this.middle.sub(from), along = way.dot(to), off = way.dot(way) - along * along;
    const rest = this.radius * this.radius - off;
    return rest < 0 || along < 0 ? Infinity : along - Math.sqrt(rest);
  }
  normal(at: Vector): Vector { return at.sub(this.middle).unit(); }
}
class Floor extends Shape {
  constructor(public height: f64) { super(); }
  hit(from: Vector, to: Vector): f64 { return to.y >= 0 ? Infinity : (this.height - from.y) / to.y; }
  normal(_at: Vector): Vector { return new Vector(0, 1, 0); }
}

const shapes: Shape[] = [new Floor(-1)];
for (let i = 0; i < 6; i++) shapes.push(new Ball(new Vector(i - 2.5, Math.sin(i) * 0.5, 4 + (i % 3)), 0.6));
const light = new Vector(-1, 2, -1).unit(), eye = new Vector(0, 0, -3);
let sum: f32 = 0;
for (let y = 0; y < 150; y++) {
  for (let x = 0; x < 200; x++) {
    const to = new Vector((x - 100) / 100.0, (75 - y) / 100.0, 1.5).unit();
    let nearest = Infinity, found = -1;
    for (let i = 0; i < shapes.length; i++) {
      const distance = shapes[i].hit(eye, to);
      if (distance < nearest) { nearest = distance; found = i; }
    }
    if (found < 0) continue;
    const at = eye.add(to.scale(nearest)), normal = shapes[found].normal(at);
    let bright = Math.max(normal.dot(light), 0);
    for (let i = 0; i < shapes.length; i++) if (i != found && shapes[i].hit(at, light) < Infinity) bright *= 0.3;
    sum += <f32>bright;
  }
}
console.log(sum.toString());
