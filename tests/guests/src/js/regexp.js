// regexp.js [ROUNDS]: regular expressions over a generated text: captures, lookaround, named groups, Unicode, replacing.
const rounds = +(scriptArgs[0] ?? 1);
let seed = 11;
const rnd = n => { seed = (Math.imul(seed, 1103515245) + 12345) & 0x7fffffff; return (seed >>> 8) % n; };
const words = ['module', 'table', 'naïve', 'Größe', 'trap', 'import', 'über', 'block', 'the', 'of', '日本', 'loop'];
let text = '';
for (let i = 0; i < 120; i++) {
  text += `${2000 + rnd(30)}-${String(1 + rnd(12)).padStart(2, '0')}-${String(1 + rnd(28)).padStart(2, '0')} `;
  for (let k = 2 + rnd(6); k > 0; k--) text += words[rnd(words.length)] + ' ';
  text += rnd(2) ? `<${words[rnd(5)]} a="${rnd(100)}">` : `$${rnd(1000)}.${rnd(90) + 10}`;
  text += '\n';
}
const hash = s => { let h = 0; for (let i = 0; i < s.length; i++) h = (Math.imul(h, 31) + s.charCodeAt(i)) | 0; return (h >>> 0).toString(16); };
const out = [];
for (let r = 0; r < rounds; r++) {
  out.length = 0;
  out.push(`text ${text.length} ${hash(text)}`);
  const years = {};
  for (const m of text.matchAll(/^(?<y>\d{4})-(?<m>\d\d)-(?<d>\d\d)/gm)) years[m.groups.y] = (years[m.groups.y] || 0) + +m.groups.d;
  out.push(JSON.stringify(years));
  out.push([/(\b\w+\b) \1/g, /(?<=\$)\d+(?:\.\d\d)?/g, /<(\w+)[^>]*>(?!\n\d{3}1)/g, /\p{Lu}\p{Ll}+/gu, /(?:[a-z]+ ){3,5}?[^\x00-\x7f]/gi, /[\u3040-\u9fff]+/g, /(a|ab)(c|bcd)?(d*)/g, /^.*?loop.*?loop/gm]
    .map(re => { const m = text.match(re) || []; return `${re.source.length}:${m.length}:${hash(m.join('|'))}`; }).join(' '));
  out.push(hash(text.replace(/(\d+)-(\d+)-(\d+)/g, '$3/$2/$1').replace(/\$(\d+)\.(\d+)/g, (_, a, b) => `${+a * 100 + +b}c`)));
  out.push(text.split(/\s*\n\s*/).map(l => l.split(/[ ]+/).length).reduce((a, b) => a + b, 0) + ' parts');
}
for (const line of out) print(line);
print(/^(?:(\d+)|(\w+))$/.exec('abc').map(String).join(), 'aBc'.replace(/b/i, x => x.toUpperCase() + '$&'), /(?:a*)*b/.test('aaaaaaaaaac'), 'x'.search(/y/), JSON.stringify('a1b22'.split(/(\d+)/)));
const sticky = /\w\d/y;
sticky.lastIndex = 2;
print(sticky.test('a1b2'), sticky.lastIndex, /[^]/.test('\n'), /\u{1f600}/u.test('😀'), '😀'.match(/./gu).length, '😀'.match(/./g).length);
