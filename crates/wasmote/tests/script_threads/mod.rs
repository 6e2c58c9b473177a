//! Threads in scripts: they share memories, wait for each other, and their failures are those of the script.

use wasmote::script::{Options, Summary, run};

fn summary(script: &str) -> Summary {
    run("threads.wast", script, &Options::default())
}

/// Returns the lines of the failures, and what they say.
fn failures(summary: &Summary) -> Vec<(u32, &str)> {
    summary.failed.iter().map(|failure| (failure.line, &*failure.what)).collect()
}

#[test]
fn threads_share_memories_and_wake_each_other() {
    let summary = summary(
        r#"(module $m (memory (export "shared") 1 1 shared))
        (thread $waits (shared (module $m))
          (register "m" $m)
          (module (memory (import "m" "shared") 1 1 shared)
            (func (export "wait") (result i32 i32)
              (memory.atomic.wait32 (i32.const 0) (i32.const 0) (i64.const -1)) (i32.load (i32.const 4))))
          (assert_return (invoke "wait") (either (i32.const 0) (i32.const 1)) (i32.const 42)))
        (thread $wakes (shared (module $m))
          ;; A thread in a thread passes the memory on.
          (thread $inner (shared (module $m))
            (register "inner" $m)
            (module (memory (import "inner" "shared") 1 1 shared)
              (func (export "wake")
                (i32.atomic.store (i32.const 4) (i32.const 42))
                (i32.atomic.store (i32.const 0) (i32.const 1))
                (drop (memory.atomic.notify (i32.const 0) (i32.const -1)))))
            (assert_return (invoke "wake")))
          (wait $inner))
        (wait $waits)
        (wait $wakes)
        (register "m" $m)
        (module (memory (import "m" "shared") 1 1 shared)
          (func (export "get") (result i32) (i32.load (i32.const 4))))
        (assert_return (invoke "get") (i32.const 42))"#,
    );
    assert_eq!(failures(&summary), []);
    assert_eq!(summary.passed, 16);
}

#[test]
fn a_thread_has_only_what_it_shares() {
    let summary = summary(
        r#"(module $m (memory (export "shared") 1 1 shared))
        (register "m")
        (thread $t (shared (module $m))
          (assert_unlinkable (module (memory (import "m" "shared") 1 1 shared)) "unknown import"))
        (wait $t)"#,
    );
    assert_eq!((failures(&summary), summary.passed), (vec![], 5));
}

#[test]
fn failures_of_threads_count_with_their_lines_even_if_nothing_waits() {
    let summary = summary(
        "(module $m (func (export \"f\") (result i32) (i32.const 1)))
        (thread $t
          (module (func (export \"f\") (result i32) (i32.const 1)))
          (assert_return (invoke \"f\") (i32.const 2)))
        (wait $u)
        (thread (shared (module $none)) (module))",
    );
    let lines: Vec<u32> = summary.failed.iter().map(|failure| failure.line).collect();
    assert_eq!(lines, [5, 6, 4], "{:?}", summary.failed);
    assert_eq!(summary.passed, 3);
}
