//! Writes random functions full of jumps that lead to jumps: state machines in loops, as Go's compiler writes them,
//! loops that begin with a test, branches on constants, branches to branches.
//!
//! The text has two forms of equal size and cost. In the plain one, states are constants, and loops begin with tests.
//! In the opaque one, parameters hold the constants, and loops begin with an instruction that the translator never
//! repeats.

use std::fmt::Write;

use wasmote_test_support::Random;

/// How many parameters hold the numbers from 0 on.
pub const CONSTANTS: u32 = 8;

/// Writes a function in both forms at once.
pub struct Generator {
    random: Random,
    plain: String,
    opaque: String,
    labels: u32,
}

impl Generator {
    pub fn new(seed: u64) -> Generator {
        Generator { random: Random::new(seed), plain: String::new(), opaque: String::new(), labels: 0 }
    }

    fn below(&mut self, bound: u32) -> u32 {
        self.random.below(bound as usize) as u32
    }

    fn line(&mut self, line: impl AsRef<str>) {
        self.either(line.as_ref(), line.as_ref());
    }

    fn either(&mut self, plain: &str, opaque: &str) {
        writeln!(self.plain, "{plain}").unwrap();
        writeln!(self.opaque, "{opaque}").unwrap();
    }

    fn label(&mut self) -> String {
        self.labels += 1;
        format!("$l{}", self.labels)
    }

    /// Sets a local to a number below [`CONSTANTS`].
    fn set(&mut self, local: &str, value: u32) {
        self.either(&format!("i32.const {value}"), &format!("local.get $k{value}"));
        self.line(format!("local.set {local}"));
    }

    /// Begins a loop that begins with a test.
    fn begin_loop(&mut self, label: &str) {
        self.line(format!("loop {label}"));
        self.either("i32.const 0 drop", "memory.size drop");
    }

    /// Pushes something that is zero now and then.
    fn condition(&mut self) {
        let bit = 1 << self.below(5);
        self.line(format!("local.get $x i32.const {bit} i32.and"));
    }

    /// Pushes a test of a local that holds a number below [`CONSTANTS`].
    fn test(&mut self, local: &str) {
        let operator =
            self.random.pick(&["eq", "ne", "lt_s", "lt_u", "gt_s", "gt_u", "le_s", "le_u", "ge_s", "ge_u", "and"]);
        let value = self.below(CONSTANTS) as i32 - 1;
        match self.below(4) {
            0 => self.line(format!("local.get {local}")),
            1 => self.line(format!("local.get {local} i32.eqz")),
            _ => self.line(format!("local.get {local} i32.const {value} i32.{operator}")),
        }
    }

    /// Returns a module in both forms. Its export `run` takes a number, then those from 0 to [`CONSTANTS`].
    pub fn module(mut self) -> [String; 2] {
        // The end of the memory is not zero, so that some loops run beyond it.
        self.line("(module (memory 1) (data (i32.const 65490) \"abcdefghijklmnopqrstuvwxyz0123456789abcdefghij\")");
        self.line("(data (i32.const 0) \"state machines\")");
        self.line("(func (export \"run\") (param $x i32)");
        for constant in 0..CONSTANTS {
            self.line(format!("(param $k{constant} i32)"));
        }
        self.line("(result i32) (local $s i32) (local $t i32) (local $i i32) (local $c i32)");
        self.line("i32.const 400 local.set $c");
        let states = 2 + self.below(CONSTANTS - 2);
        let first = self.below(states);
        self.set("$s", first);
        self.line("block $out");
        self.machine("$s", states, 2);
        self.line("end");
        self.line("local.get $x local.get $s i32.add local.get $t i32.xor))");
        [self.plain, self.opaque]
    }

    /// Writes a loop around a table of states. `depth` says how deep machines may nest.
    fn machine(&mut self, state: &str, states: u32, depth: u32) {
        let again = self.label();
        let cases: Vec<String> = (0..states).map(|_| self.label()).collect();
        self.line(format!("loop {again}"));
        for case in cases.iter().rev() {
            self.line(format!("block {case}"));
        }
        self.line(format!("local.get {state} br_table {}", cases.join(" ")));
        for _ in 0..states {
            self.line("end");
            // All of it comes to an end, since each state counts down.
            self.line("local.get $c i32.const 1 i32.sub local.tee $c i32.eqz br_if $out");
            for _ in 0..self.below(3) {
                self.stmt(depth);
            }
            self.transition(state, states, &again);
        }
        self.line("end");
    }

    /// Writes the end of a state: the next state, or the end of the loop.
    fn transition(&mut self, state: &str, states: u32, again: &str) {
        let [one, two] = [self.below(states), self.below(states + 1).min(CONSTANTS - 1)];
        let jump = format!("br {again}");
        match self.below(12) {
            0..4 => {
                self.set(state, one);
                self.line(jump);
            }
            4 => {
                self.condition();
                self.line("if");
                self.set(state, one);
                self.line(&jump);
                self.line("end");
                self.set(state, two);
                self.line(jump);
            }
            5 => {
                // Both arms end, and one branch follows.
                self.condition();
                self.line("if");
                self.set(state, one);
                self.line("else");
                self.set(state, two);
                self.line("end");
                self.line(jump);
            }
            6 => {
                self.set(state, one);
                self.condition();
                self.line(format!("br_if {again}"));
                self.set(state, two);
                self.line(jump);
            }
            7 => {
                // A branch to a branch.
                let [outer, inner] = [self.label(), self.label()];
                self.set(state, one);
                self.line(format!("block {outer} block {inner}"));
                self.condition();
                self.line(format!("br_if {inner}"));
                self.set(state, two);
                self.line(format!("br {outer} end br {outer} end"));
                self.line(jump);
            }
            8 => {
                self.line(format!("local.get $x i32.const 7 i32.and local.set {state}"));
                self.line(jump);
            }
            9 => self.line("br $out"),
            10 => {
                self.condition();
                self.line("if local.get $x return end");
                self.set(state, one);
                self.line(jump);
            }
            // The code of the next state follows.
            _ => {}
        }
    }

    fn stmt(&mut self, depth: u32) {
        match self.below(if depth > 1 { 12 } else { 11 }) {
            0..2 => self.simple(),
            2..4 => self.test_of_a_constant(),
            4..10 => self.loop_with_a_test(),
            10 => {
                self.condition();
                let label = self.label();
                self.line(format!("if {label}"));
                self.simple();
                self.condition();
                self.line(format!("br_if {label}"));
                self.simple();
                self.line("else");
                self.simple();
                self.line("end");
            }
            _ => {
                let (states, first) = (2 + self.below(3), self.below(3));
                self.set("$t", first);
                self.machine("$t", states, depth - 1);
            }
        }
    }

    fn simple(&mut self) {
        let value = 1 + self.below(100);
        match self.below(3) {
            0 => self.line(format!("local.get $x i32.const 31 i32.mul i32.const {value} i32.add local.set $x")),
            1 => self.line(format!("local.get $x i32.const {value} i32.xor local.set $x")),
            _ => self.line("local.get $x local.get $x i32.const 0xffff i32.and i32.load8_u i32.add local.set $x"),
        }
    }

    /// Sets a local to a constant, or to another one, and tests it.
    fn test_of_a_constant(&mut self) {
        let [one, two] = [self.below(CONSTANTS), self.below(CONSTANTS)];
        let [tested, skipped] = [self.label(), self.label()];
        self.line(format!("block {skipped} block {tested}"));
        self.set("$t", one);
        self.condition();
        self.line(format!("br_if {tested}"));
        self.simple();
        self.set("$t", two);
        self.line(format!("br {tested} end"));
        self.test("$t");
        self.line(format!("br_if {skipped}"));
        self.simple();
        self.test("$t");
        self.line(format!("br_if {skipped}"));
        self.simple();
        self.line("end");
    }

    /// Writes a loop that begins with a test and ends with a jump back.
    fn loop_with_a_test(&mut self) {
        let first = self.random.pick(&["i32.const 0", "local.get $x i32.const 7 i32.and", "i32.const 65500"]);
        self.line(format!("{first} local.set $i"));
        let turns = 1 + self.below(6);
        let tests = [
            format!("local.get $i i32.const {turns} i32.ge_s"),
            "local.get $i local.get $x i32.const 15 i32.and i32.gt_u".to_string(),
            "local.get $i i32.load8_u i32.eqz".to_string(),
            "local.get $i i32.load8_u local.tee $t i32.eqz".to_string(),
            "local.get $i i32.load16_u offset=1 i32.const 0x3000 i32.lt_u".to_string(),
            format!("local.get $i f32.convert_i32_s f32.const {turns} f32.ge"),
            format!("local.get $i i64.extend_i32_u i64.const {turns} i64.gt_u"),
        ];
        let test = self.random.pick(&tests);
        let [leave, again] = [self.label(), self.label()];
        let step = "local.get $i i32.const 1 i32.add local.set $i";
        let as_if = self.below(3) == 0;
        if as_if {
            self.begin_loop(&again);
            self.line(format!("{test} i32.eqz if"));
        } else {
            self.line(format!("block {leave}"));
            self.begin_loop(&again);
            self.line(format!("{test} br_if {leave}"));
        }
        if self.below(3) == 0 {
            self.line(step);
            self.condition();
            self.line(format!("br_if {again}"));
            self.simple();
            self.line(format!("br {again} end"));
        } else {
            self.simple();
            self.line(step);
            self.line(format!("br {again} end"));
        }
        self.line("end");
    }
}
