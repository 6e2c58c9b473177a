// Maps, strings, arrays and closures of AssemblyScript's library, and its garbage collector.
class Word {
  constructor(public text: string, public count: i32) {}
}

const counts = new Map<string, Word>();
let seed: u32 = 1;
for (let i = 0; i < 60000; i++) {
  seed = seed * 1664525 + 1013904223;
  const text = "w" + (seed >> 21).toString();
  if (counts.has(text)) counts.get(text).count += text.length;
  else counts.set(text, new Word(text, 1));
}
const words = counts.values();
words.sort((a, b) => a.count != b.count ? b.count - a.count : a.text < b.text ? -1 : 1);
console.log(words.length.toString());
for (let i = 0; i < 5; i++) console.log(words[i].text.toUpperCase() + " " + words[i].count.toString());
const line = words.map<string>((w) => w.text.padStart(8, ".")).join(",");
console.log(line.length.toString() + " " + line.split("1").length.toString() + " " + line.replaceAll("w1", "<>").indexOf("<>77").toString());
