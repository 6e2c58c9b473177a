;; Loops that only fuel stops: one without an end, and one that gets to its end if it is given more.
(module
  (global $rounds (mut i64) (i64.const 0))
  (func (export "rounds") (result i64) (global.get $rounds))
  (func (export "run")
    (loop $again
      (global.set $rounds (i64.add (global.get $rounds) (i64.const 1)))
      (br $again)))
  ;; The sum of 1 to n.
  (func (export "sum") (param $n i32) (result i64)
    (local $sum i64)
    (block $done
      (loop $next
        (br_if $done (i32.eqz (local.get $n)))
        (local.set $sum (i64.add (local.get $sum) (i64.extend_i32_u (local.get $n))))
        (local.set $n (i32.sub (local.get $n) (i32.const 1)))
        (br $next)))
    (local.get $sum)))
