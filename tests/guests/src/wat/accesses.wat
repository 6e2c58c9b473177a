;; Loads and stores of several sizes, and little else. `build.sh` makes it twice: with a memory of its own, and with the
;; same memory shared. Their times tell what sharing costs. It uses nothing of WASI but the end of the process, whose
;; status says whether the sums are right.
(module
  (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
  (memory (export "memory") 2 2)
  (func (export "_start")
    (local $time i32) (local $wrong i32)
    (local $round i32) (local $i i32) (local $hash i32) (local $sum i64)
    (loop $times
    (local.set $round (i32.const 0)) (local.set $hash (i32.const 0)) (local.set $sum (i64.const 0))
    (loop $rounds
      ;; 32 bits: stores that depend on the round.
      (local.set $i (i32.const 0))
      (loop $words
        (i32.store (local.get $i)
          (i32.add (i32.mul (local.get $i) (i32.const 0x9e3779b1)) (local.get $round)))
        (br_if $words
          (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 4))) (i32.const 65536))))
      ;; 8 bits: a hash of them all.
      (local.set $i (i32.const 0))
      (loop $bytes
        (local.set $hash
          (i32.add (i32.mul (local.get $hash) (i32.const 31)) (i32.load8_u (local.get $i))))
        (br_if $bytes
          (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 65536))))
      ;; 64 bits, from one page to the other, and 16 bits of the result, which are not aligned.
      (local.set $i (i32.const 0))
      (loop $longs
        (local.set $sum (i64.rotl (i64.add (local.get $sum) (i64.load (local.get $i))) (i64.const 7)))
        (i64.store offset=65536 (local.get $i) (local.get $sum))
        (local.set $hash (i32.add (local.get $hash) (i32.load16_s offset=65539 (local.get $i))))
        (br_if $longs
          (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 8))) (i32.const 65536))))
      (br_if $rounds
        (i32.lt_u (local.tee $round (i32.add (local.get $round) (i32.const 1))) (i32.const 40))))
    (local.set $wrong
      (i32.or (local.get $wrong)
        (i32.or
          (i32.ne (local.get $hash) (i32.const 0xf31a69b3))
          (i64.ne (local.get $sum) (i64.const 0x2bbe208804693e1b)))))
    (br_if $times
      (i32.lt_u (local.tee $time (i32.add (local.get $time) (i32.const 1))) (i32.const 10))))
    (call $exit (local.get $wrong))))
