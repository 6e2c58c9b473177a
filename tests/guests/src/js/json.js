// json.js [ROUNDS]: builds a document, writes and parses it, revivers and replacers, sorting, Map and Set, typed arrays.
const rounds = +(scriptArgs[0] ?? 1);
let seed = 5;
const rnd = n => { seed = (Math.imul(seed, 1103515245) + 12345) & 0x7fffffff; return (seed >>> 8) % n; };
const names = ['ada', 'grace', 'al"an', 'bar\nbara', 'ken\u0001', 'donald', 'é', '漢字'];
const make = i => ({ id: i, name: names[rnd(8)], score: rnd(1e6) / 128, flags: [rnd(2) === 0, null, rnd(3) - 1], nested: { deep: { list: Array.from({ length: rnd(6) }, () => rnd(100)) }, text: 'x'.repeat(rnd(20)) } });
const crc = s => { let c = -1; for (let i = 0; i < s.length; i++) { c ^= s.charCodeAt(i); for (let k = 0; k < 8; k++) c = c & 1 ? (c >>> 1) ^ 0xEDB88320 : c >>> 1; } return (~c >>> 0).toString(16); };
const doc = Array.from({ length: 80 }, (_, i) => make(i));
let text = JSON.stringify(doc);
print('written', text.length, crc(text.slice(0, 2000)));
for (let r = 0; r < rounds; r++) {
  const back = JSON.parse(text, (k, v) => typeof v === 'number' && k === 'score' ? v * 2 : v);
  for (const b of back) b.score /= 2;
  const again = JSON.stringify(back);
  if (again !== text) throw new Error('round trip');
  JSON.stringify(JSON.parse(text), null, 2);
}
const groups = new Map();
for (const d of doc) groups.set(d.name, [...(groups.get(d.name) ?? []), d]);
print([...groups].map(([k, v]) => `${JSON.stringify(k)}=${v.length}`).sort().join(' '));
print(JSON.stringify(doc.toSorted((a, b) => b.score - a.score || a.id - b.id).slice(0, 3).map(({ id, score }) => ({ id, score }))));
print(new Set(doc.flatMap(d => d.nested.deep.list)).size, JSON.stringify({ a: undefined, b: () => 1, c: NaN, d: new Date(0), e: [undefined], f: 1e21, g: -0, h: 0.1 + 0.2 }));
const f = new Float32Array([1.1, 2.5, 3e10, NaN]), u = new Uint8Array(f.buffer), view = new DataView(f.buffer);
view.setInt16(12, -2, true); view.setUint16(14, 0xbeef);
print([...u].join(), view.getFloat64(0, true), f.subarray(0, 3).map(x => x * 2).join(), new Uint8ClampedArray([300, -5, 1.5]).join(), new BigInt64Array([-1n])[0]);
try { JSON.parse('{"a": [1, 2'); } catch (e) { print(e instanceof SyntaxError); }
