// closures.js [ROUNDS]: closures, generators, destructuring, spread, recursion, exceptions, proxies, promises, BigInt, strings.
const rounds = +(scriptArgs[0] ?? 1);
const compose = (...fs) => x => fs.reduceRight((v, f) => f(v), x);
const curry = f => function go(...a) { return a.length >= f.length ? f(...a) : (...b) => go(...a, ...b); };
const counter = () => { let n = 0; return { up: (k = 1) => (n += k), get value() { return n; } }; };
function* primes() { const seen = []; for (let i = 2; ; i++) { if (seen.every(p => p * p > i || i % p)) { seen.push(i); yield i; } } }
function* take(n, it) { for (const v of it) { if (n-- <= 0) return 'done'; yield v; } }
const fib = n => n < 2 ? n : fib(n - 1) + fib(n - 2);
const church = n => f => x => { for (let i = 0; i < n; i++) x = f(x); return x; };
let result;
for (let r = 0; r < rounds; r++) {
  const c = counter();
  for (let i = 0; i < 2000; i++) c.up(compose(x => x + 1, x => x * 2, curry((a, b, d) => a + b * d)(1)(2))(i) % 7);
  const ps = [...take(100, primes())];
  let caught = 0;
  for (let i = 0; i < 300; i++) try { if (i % 3 === 0) throw new RangeError('r' + i); if (i % 3 === 1) null.x; } catch (e) { caught += e instanceof RangeError ? 1 : e instanceof TypeError ? 1000 : 0; } finally { caught += 0.5; }
  const log = [];
  const p = new Proxy({ a: 1 }, { get: (t, k) => k in t ? t[k] : (log.push(String(k)), 42), has: () => true });
  const total = Object.entries({ x: 1, y: 2, ...{ z: 3 } }).reduce((s, [k, v]) => s + k + v, '') + p.a + p.b + ('q' in p);
  result = [c.value, ps.at(-1), ps.reduce((a, b) => a + b), caught, fib(16), church(50)(x => x * 2)(1), total, log.join()];
}
print(...result);
let big = 1n;
for (let i = 1n; i <= 60n; i++) big *= i;
print(big.toString(), (big >> 100n).toString(16), BigInt.asUintN(64, -1n), 7n ** 77n % 1000007n);
const { a: [, second = 9, ...rest], b: { c = 'default' } = {} } = { a: [1, undefined, 3, 4] };
print(second, rest, c, `${[..."añ😀"].length}`, 'abc'.padStart(6, '-='), 'A-b-C'.split('-').map(s => s.toLowerCase()).join('+'), [3, 20, 100].sort().join());
print((0.1).toFixed(20), (1234.5678).toExponential(3), (255).toString(16), (0.5).toString(2), 1e21 + 1, 5e-324, Number.MAX_VALUE, parseFloat('3.14abc'), Math.hypot(3, 4), Math.atan2(1, -1), Math.fround(0.1), 2 ** 0.5, Math.imul(0xffffffff, 5), 1 / -0);
label: for (let i = 0; ; i++) for (let j = 0; j < 5; j++) if (i * j === 12) { print('label', i, j); break label; }
const steps = [];
const sleep = v => new Promise(f => f(v));
(async () => { for await (const v of (async function* () { for (let i = 0; i < 3; i++) yield sleep(i); })()) steps.push(v); try { await Promise.reject(new Error('no')); } catch (e) { steps.push(e.message); } return Promise.all([1, sleep(2), Promise.allSettled([Promise.reject(3)]).then(([s]) => s.status)]); })().then(v => print('async', steps, v));
print('sync first', typeof Symbol.iterator, [..."ab"].entries().next().value, new WeakMap([[steps, 1]]).get(steps), Array.from({ length: 3 }, (_, i) => i ** 2));
