;; fib [N]: prints the Nth Fibonacci number, computed by plain double recursion. N is one or two decimal digits (30 if none).
;; Also exports "fib" itself, for calling it from a host.
(module
  (import "wasi_snapshot_preview1" "args_sizes_get" (func $sizes (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "args_get" (func $args (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (func $fib (export "fib") (param $n i32) (result i32)
    (if (result i32) (i32.lt_u (local.get $n) (i32.const 2))
      (then (local.get $n))
      (else
        (i32.add
          (call $fib (i32.sub (local.get $n) (i32.const 1)))
          (call $fib (i32.sub (local.get $n) (i32.const 2)))))))
  (func (export "_start") (local $n i32) (local $p i32) (local $c i32)
    (drop (call $sizes (i32.const 0) (i32.const 4)))
    (local.set $n (i32.const 30))
    (if (i32.and
          (i32.gt_u (i32.load (i32.const 0)) (i32.const 1))
          (i32.lt_u (i32.load (i32.const 0)) (i32.const 1000)))
      (then
        (drop (call $args (i32.const 64) (i32.const 8192)))
        (local.set $p (i32.load (i32.const 68)))
        (local.set $n (i32.const 0))
        (loop $digits
          (if (local.tee $c (i32.load8_u (local.get $p)))
            (then
              (local.set $n (i32.add (i32.mul (local.get $n) (i32.const 10)) (i32.sub (local.get $c) (i32.const 48))))
              (local.set $p (i32.add (local.get $p) (i32.const 1)))
              (br $digits))))))
    (local.set $n (call $fib (local.get $n)))
    (local.set $p (i32.const 40))
    (i32.store8 (local.get $p) (i32.const 10))
    (loop $print
      (local.set $p (i32.sub (local.get $p) (i32.const 1)))
      (i32.store8 (local.get $p) (i32.add (i32.const 48) (i32.rem_u (local.get $n) (i32.const 10))))
      (br_if $print (local.tee $n (i32.div_u (local.get $n) (i32.const 10)))))
    (i32.store (i32.const 0) (local.get $p))
    (i32.store (i32.const 4) (i32.sub (i32.const 41) (local.get $p)))
    (drop (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8)))))
