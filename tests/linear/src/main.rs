//! Counts the work of everything that is done with a module, for families of modules at a number and at twice the number, and fails where the
//! second is more than a little over twice the first. Nothing is timed: the counts are the same on every machine, and in every run.
//!
//! - [`count`]: what is counted, and how;
//! - [`wasm`], [`families`]: the modules;
//! - [`phases`]: what is done with each module; [`scenes`]: what is done with some of them as they run.

mod count;
mod families;
mod phases;
mod scenes;
mod wasm;

use std::process::ExitCode;

use count::Work;

/// What twice the number may cost, in units of what the number costs. Maps and sorting, n log n, take up to 2.25; n to the power of 1.5 would take
/// 2.83, and squares 4.
const LINEAR: f64 = 2.35;
/// The same where the cost must not depend on the number.
const CONSTANT: f64 = 1.2;
/// Smaller differences of steps, or of bytes, are no growth, because buffers double at some size.
const NOISE: Work = Work { steps: 4_000, bytes: 40_000 };

/// How work may grow with the number.
#[derive(Clone, Copy, PartialEq)]
pub enum Growth {
    Linear,
    Constant,
}

/// Takes down what phases cost.
#[derive(Default)]
pub struct Record {
    /// What stands in front of the names of phases.
    context: &'static str,
    phases: Vec<(String, Growth, Work)>,
}

impl Record {
    /// Says in what way a module is dealt with from here on.
    pub fn set_context(&mut self, context: &'static str) {
        self.context = context;
    }

    /// Measures something that may cost in proportion to the number.
    pub fn linear<T>(&mut self, phase: &str, body: impl FnOnce() -> T) -> T {
        self.add(phase, Growth::Linear, body)
    }

    /// Measures something that must cost the same, whatever the number is.
    pub fn constant<T>(&mut self, phase: &str, body: impl FnOnce() -> T) -> T {
        self.add(phase, Growth::Constant, body)
    }

    fn add<T>(&mut self, phase: &str, growth: Growth, body: impl FnOnce() -> T) -> T {
        let (work, value) = count::measure(body);
        self.phases.push((format!("{}{phase}", self.context), growth, work));
        value
    }
}

/// What a phase cost at both numbers.
struct Row {
    phase: String,
    growth: Growth,
    small: Work,
    large: Work,
}

impl Row {
    /// How much of what is allowed it takes.
    fn share(&self) -> f64 {
        let limit = if self.growth == Growth::Linear { LINEAR } else { CONSTANT };
        let share = |one: u64, two: u64, noise: u64| two as f64 / (one as f64 * limit + noise as f64);
        let Row { small, large, .. } = self;
        share(small.steps, large.steps, NOISE.steps).max(share(small.bytes, large.bytes, NOISE.bytes))
    }

    fn is_good(&self) -> bool {
        self.share() <= 1.0
    }

    fn print(&self, name: &str, n: usize) {
        let Row { phase, growth, small, large } = self;
        let counts = |one: u64, two: u64| format!("{one:>11} {two:>11} {:>5.2}", two as f64 / one.max(1) as f64);
        println!(
            "{}{name:<40} {n:>6}  {phase:<34} {}  {}{}",
            if self.is_good() { "     " } else { "FAIL " },
            counts(small.steps, large.steps),
            counts(small.bytes, large.bytes),
            if *growth == Growth::Constant { "  must not grow" } else { "" },
        );
    }
}

/// Runs something at both numbers, and prints the phase that grows fastest, and all that grow too fast; or all. How many phases there
/// are, and how many of them grow too fast.
fn compare(name: &str, n: usize, all: bool, run: &dyn Fn(usize, &mut Record)) -> (usize, usize) {
    let (mut one, mut two) = (Record::default(), Record::default());
    run(n, &mut one);
    run(2 * n, &mut two);
    assert_eq!(one.phases.len(), two.phases.len(), "{name}: as many phases");
    let both = one.phases.into_iter().zip(two.phases);
    let rows: Vec<Row> =
        both.map(|((phase, growth, small), (_, _, large))| Row { phase, growth, small, large }).collect();
    let worst = rows.iter().map(Row::share).fold(0.0, f64::max);
    for row in rows.iter().filter(|row| all || !row.is_good() || row.share() == worst) {
        row.print(name, n);
    }
    (rows.len(), rows.iter().filter(|row| !row.is_good()).count())
}

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let all = arguments.iter().any(|argument| argument == "--all");
    let wanted: Vec<_> = arguments.iter().filter(|argument| !argument.starts_with("--")).collect();
    let wants = |name: &str| wanted.is_empty() || wanted.iter().any(|wanted| name.contains(wanted.as_str()));
    let (mut total, mut failed, mut rows) = (0, 0, 0);
    let mut add = |(phases, bad): (usize, usize)| {
        total += phases;
        failed += bad;
        rows += 1;
    };
    println!(
        "     {:<40} {:>6}  {:<34} {:>11} {:>11} {:>5}  {:>11} {:>11} {:>5}",
        "", "n", "phase", "steps at n", "at 2n", "ratio", "bytes at n", "at 2n", "ratio"
    );
    for family in families::all().filter(|family| wants(family.name)) {
        add(compare(family.name, family.n, all, &|n, record| phases::all(&(family.module)(n), record)));
    }
    for scene in scenes::SCENES.iter().filter(|scene| wants(scene.name)) {
        add(compare(scene.name, scene.n, all, &|n, record| (scene.play)(n, record)));
    }
    println!("{rows} families, {total} phases: {failed} grow too fast");
    if failed == 0 && total > 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
