// A small LZ77 packer and unpacker over raw memory: load, store, 64-bit hashes.
const LENGTH: usize = 150000;
const input = heap.alloc(LENGTH), packed = heap.alloc(2 * LENGTH), back = heap.alloc(LENGTH), table = heap.alloc(1 << 16);
let seed: u64 = 88172645463325252;
for (let i: usize = 0; i < LENGTH; i++) {
  seed ^= seed << 13; seed ^= seed >> 7; seed ^= seed << 17;
  store<u8>(input + i, i > 100 && (seed & 15) != 0 ? load<u8>(input + i - 37 - <usize>(i >> 12)) : <u8>(seed >> 32));
}

function pack(): usize {
  memory.fill(table, 0, 1 << 16);
  let to = packed, literal = <usize>0, at = <usize>0;
  while (at + 8 < LENGTH) {
    const slot = table + (<usize>((load<u32>(input + at) * 2654435761) >> 18) << 2), old = <usize>load<u32>(slot);
    store<u32>(slot, <u32>at);
    if (old < at && at - old < 65536 && load<u32>(input + old) == load<u32>(input + at)) {
      let length = <usize>4;
      while (length < 255 && at + length < LENGTH && load<u8>(input + old + length) == load<u8>(input + at + length)) length++;
      while (at - literal > 255) { to = write(to, literal, 255, 0, 0); literal += 255; }
      to = write(to, literal, at - literal, at - old, length);
      at += length;
      literal = at;
    } else at++;
  }
  while (LENGTH - literal > 255) { to = write(to, literal, 255, 0, 0); literal += 255; }
  return write(to, literal, LENGTH - literal, 0, 0) - packed;
}
function write(to: usize, from: usize, count: usize, distance: usize, length: usize): usize {
  store<u8>(to, <u8>count);
  memory.copy(to + 1, input + from, count);
  store<u16>(to + 1 + count, <u16>distance);
  store<u8>(to + 3 + count, <u8>length);
  return to + 4 + count;
}
function unpack(size: usize): usize {
  let from = packed, to = back;
  while (from < packed + size) {
    const count = <usize>load<u8>(from);
    memory.copy(to, from + 1, count);
    to += count;
    const distance = <usize>load<u16>(from + 1 + count), length = <usize>load<u8>(from + 3 + count);
    for (let i: usize = 0; i < length; i++) store<u8>(to + i, load<u8>(to + i - distance));
    to += length;
    from += 4 + count;
  }
  return to - back;
}

for (let round = 0; round < 8; round++) {
  const size = pack(), length = unpack(size);
  if (round == 0) console.log(size.toString() + " " + length.toString() + " " + memory.compare(input, back, LENGTH).toString());
  seed ^= <u64>size;
}
console.log(seed.toString());
