//! An interpreter for scripts that walks a syntax tree, by the crate rhai.
fn main() {
    let mut engine = rhai::Engine::new();
    engine.on_print(|text| println!("{text}"));
    let script = r#"
        fn fib(n) { if n < 2 { n } else { fib(n - 1) + fib(n - 2) } }
        print(fib(15));
        let sieve = []; sieve.pad(3000, true);
        let found = 0;
        for i in 2..3000 { if sieve[i] { found += 1; let j = i * i; while j < 3000 { sieve[j] = false; j += i; } } }
        print(found);
        let words = #{}; let text = "";
        for i in 0..1500 { let w = "w" + (i * 7919 % 101); if w in words { words[w] += 1 } else { words[w] = 1 } text += w; }
        print(words.len() + " " + text.len() + " " + words.values().reduce(|a, b| a + b, 0));
    "#;
    engine.run(script).unwrap();
}
