// numeric.js [N]: n-body, Mandelbrot and matrix work with doubles; integer work with a sieve and a generator.
const n = +(scriptArgs[0] ?? 300);
const bodies = [[0, 0, 0, 0, 0, 0, 39.47841760435743], [4.84143144246472090, -1.16032004402742839, -.103622044471123109, .606326392995832, 2.81198684491626, -.02521836165988763, .03769367487038949], [8.34336671824457987, 4.12479856412430479, -.403523417114321381, -1.01077434617879, 1.82566237123041, .008415761376584, .0112863261319688]];
const energy = () => { let e = 0; bodies.forEach((a, i) => { e += .5 * a[6] * (a[3] * a[3] + a[4] * a[4] + a[5] * a[5]); for (let j = i + 1; j < bodies.length; j++) { const b = bodies[j], x = a[0] - b[0], y = a[1] - b[1], z = a[2] - b[2]; e -= a[6] * b[6] / Math.sqrt(x * x + y * y + z * z); } }); return e; };
print('before', energy().toFixed(9));
for (let s = 0; s < n; s++) {
  for (let i = 0; i < bodies.length; i++) for (let j = i + 1; j < bodies.length; j++) {
    const a = bodies[i], b = bodies[j], x = a[0] - b[0], y = a[1] - b[1], z = a[2] - b[2], d = x * x + y * y + z * z, m = .01 / (d * Math.sqrt(d));
    a[3] -= x * b[6] * m; a[4] -= y * b[6] * m; a[5] -= z * b[6] * m; b[3] += x * a[6] * m; b[4] += y * a[6] * m; b[5] += z * a[6] * m;
  }
  for (const a of bodies) for (let k = 0; k < 3; k++) a[k] += .01 * a[k + 3];
}
print('after', energy().toFixed(9), bodies[1][0]);
const chars = ' .:-=+*#%@';
let points = 0;
for (let y = 0; y < 12; y++) {
  let row = '';
  for (let x = 0; x < 40; x++) { let a = 0, b = 0, k = 0; for (; k < 50 && a * a + b * b < 4; k++) { const t = a * a - b * b + (-2.2 + 3.2 * x / 40); b = 2 * a * b + (-1.6 + 3.2 * y / 12); a = t; } points += k; row += chars[Math.min(9, k / 5 | 0)]; }
  print(row.trimEnd());
}
const size = 12, A = Array.from({ length: size }, (_, i) => Float64Array.from({ length: size }, (_, j) => Math.sin(i * size + j)));
let M = A;
for (let r = 0; r < 5; r++) M = M.map(row => row.map((_, j) => row.reduce((s, v, k) => s + v * A[k][j], 0) / 4));
print('points', points, 'trace', M.reduce((s, row, i) => s + row[i], 0).toPrecision(9));
const sieve = new Uint8Array(n * 20);
let count = 0;
for (let i = 2; i < sieve.length; i++) if (!sieve[i]) { count++; for (let j = i * i; j < sieve.length; j += i) sieve[j] = 1; }
let x = 1, h = 0;
for (let i = 0; i < n * 20; i++) { x ^= x << 13; x ^= x >>> 17; x ^= x << 5; h = (h + (x & 0xffff) * 3) | 0; }
print('primes', count, 'xorshift', x, h);
