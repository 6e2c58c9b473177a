// The game of life on a torus, in checked byte arrays.
const SIZE = 96;
let field = new Uint8Array(SIZE * SIZE);
let next = new Uint8Array(SIZE * SIZE);
let seed: u32 = 42;
for (let i = 0; i < field.length; i++) {
  seed = seed * 1664525 + 1013904223;
  field[i] = <u8>(seed >> 31);
}
for (let step = 0; step < 100; step++) {
  for (let y = 0; y < SIZE; y++) {
    for (let x = 0; x < SIZE; x++) {
      let around = 0;
      for (let dy = -1; dy <= 1; dy++) {
        for (let dx = -1; dx <= 1; dx++) {
          if (dx != 0 || dy != 0) around += field[((y + dy + SIZE) % SIZE) * SIZE + (x + dx + SIZE) % SIZE];
        }
      }
      next[y * SIZE + x] = <u8>(around == 3 || (around == 2 && field[y * SIZE + x] != 0));
    }
  }
  const old = field;
  field = next;
  next = old;
}
let alive = 0;
for (let i = 0; i < field.length; i++) alive += field[i];
console.log(alive.toString());
