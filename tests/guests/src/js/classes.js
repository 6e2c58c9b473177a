// classes.js [ROUNDS]: a task scheduler and a constraint chain: classes, inheritance, private fields, getters, polymorphism.
const rounds = +(scriptArgs[0] ?? 2);

class Packet {
  constructor(link, id, kind) { this.link = link; this.id = id; this.kind = kind; this.datum = 0; this.data = [0, 0, 0, 0]; }
  appendTo(queue) {
    this.link = null;
    if (!queue) return this;
    let p = queue;
    while (p.link) p = p.link;
    p.link = this;
    return queue;
  }
}
class Task {
  #priority;
  static made = 0;
  constructor(scheduler, id, priority, queue) { this.scheduler = scheduler; this.id = id; this.#priority = priority; this.queue = queue; this.held = false; this.runs = 0; Task.made++; }
  get priority() { return this.#priority; }
  get ready() { return !this.held && (this.queue !== null || this.busy()); }
  busy() { return false; }
  step() {
    const p = this.queue;
    if (p) this.queue = p.link;
    this.runs++;
    return this.work(p);
  }
  work(_p) { throw new Error('abstract'); }
}
class Idle extends Task {
  constructor(s, count) { super(s, 'idle', 0, null); this.v = 1; this.count = count; }
  busy() { return this.count > 0; }
  work() {
    this.count--;
    const low = this.v & 1;
    this.v = low ? (this.v >> 1) ^ 0xD008 : this.v >> 1;
    this.scheduler.release(low ? 'devB' : 'devA');
  }
}
class Worker extends Task {
  constructor(s, queue) { super(s, 'worker', 1000, queue); this.to = 'handA'; this.n = 0; }
  work(p) {
    if (!p) return;
    this.to = this.to === 'handA' ? 'handB' : 'handA';
    p.id = this.to;
    p.datum = 0;
    for (let i = 0; i < 4; i++) { this.n = this.n % 26 + 1; p.data[i] = 64 + this.n; }
    this.scheduler.send(p);
  }
}
class Handler extends Task {
  constructor(s, id, priority, queue) { super(s, id, priority, queue); this.works = null; this.devices = null; }
  busy() { return !!(this.works && (this.works.datum >= 4 || this.devices)); }
  work(p) {
    if (p) { if (p.kind === 'work') this.works = p.appendTo(this.works); else this.devices = p.appendTo(this.devices); }
    const w = this.works;
    if (!w) return;
    if (w.datum >= 4) { this.works = w.link; w.id = 'worker'; this.scheduler.send(w); return; }
    const d = this.devices;
    if (!d) return;
    this.devices = d.link;
    d.datum = w.data[w.datum++];
    d.id = this.id === 'handA' ? 'devA' : 'devB';
    d.from = this.id;
    this.scheduler.send(d);
  }
}
class Device extends Task {
  constructor(s, id) { super(s, id, 4000, null); this.pending = null; this.sum = 0; }
  work(p) {
    if (p) { this.pending = p.appendTo(this.pending); this.sum = (this.sum * 31 + p.datum) >>> 0; this.held = true; return; }
  }
  flush() {
    const p = this.pending;
    if (!p) return;
    this.pending = p.link;
    p.id = p.from;
    this.scheduler.send(p);
  }
}
class Scheduler {
  constructor() { this.tasks = new Map(); this.sent = 0; }
  add(t) { this.tasks.set(t.id, t); return t; }
  send(p) { this.sent++; const t = this.tasks.get(p.id); t.queue = p.appendTo(t.queue); }
  release(id) { const t = this.tasks.get(id); t.held = false; t.flush(); }
  run() {
    let steps = 0;
    const order = [...this.tasks.values()].sort((a, b) => b.priority - a.priority);
    for (;;) {
      const t = order.find(t => t.ready);
      if (!t) return steps;
      steps++;
      t.step();
    }
  }
}
for (let r = 0; r < rounds; r++) {
  const s = new Scheduler();
  const device = id => new Packet(new Packet(new Packet(null, id, 'device'), id, 'device'), id, 'device');
  s.add(new Idle(s, 1000));
  s.add(new Worker(s, new Packet(new Packet(null, 'worker', 'work'), 'worker', 'work')));
  s.add(new Handler(s, 'handA', 2000, device('handA')));
  s.add(new Handler(s, 'handB', 3000, device('handB')));
  s.add(new Device(s, 'devA'));
  s.add(new Device(s, 'devB'));
  const steps = s.run();
  if (r === 0) print('scheduler', steps, s.sent, [...s.tasks.values()].map(t => `${t.id}:${t.runs}:${t.sum ?? '-'}`).join(' '));
}

class Cell { constructor(v) { this.value = v; this.rules = []; } set(v) { if (v !== this.value) { this.value = v; for (const r of this.rules) r.fire(); } } }
class Rule { constructor(from, to) { this.from = from; this.to = to; for (const c of from) c.rules.push(this); } fire() { this.to.set(this.compute(...this.from.map(c => c.value))); } compute() {} }
class Sum extends Rule { compute(...v) { return v.reduce((a, b) => a + b, 0); } }
class Scale extends Rule { constructor(f, t, k) { super([f], t); this.k = k; } compute(v) { return v * this.k; } }
class Clamp extends Scale { compute(v) { return Math.min(super.compute(v), 1e6); } }
let total = 0;
for (let r = 0; r < rounds; r++) {
  const cells = Array.from({ length: 60 }, (_, i) => new Cell(i));
  for (let i = 1; i < 59; i++) { i % 3 === 0 ? new Sum([cells[i - 1], cells[0]], cells[i]) : i % 3 === 1 ? new Scale(cells[i - 1], cells[i], 2) : new Clamp(cells[i - 1], cells[i], 0.75); }
  for (let k = 0; k < 10; k++) cells[0].set(k * 1.5 + 1);
  total += cells[58].value;
}
print('constraints', total / rounds, Task.made / rounds);
