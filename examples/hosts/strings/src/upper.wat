;; Turns small letters into capitals, in place.
(module
  (memory (export "memory") 1)
  (global $free (mut i32) (i32.const 1024))
  (func (export "allocate") (param $size i32) (result i32)
    (global.get $free)
    (global.set $free (i32.add (global.get $free) (local.get $size))))
  (func (export "transform") (param $at i32) (param $len i32) (result i32 i32)
    (local $next i32) (local $end i32) (local $byte i32)
    (local.set $next (local.get $at))
    (local.set $end (i32.add (local.get $at) (local.get $len)))
    (block $done
      (loop $more
        (br_if $done (i32.ge_u (local.get $next) (local.get $end)))
        (local.set $byte (i32.load8_u (local.get $next)))
        (if (i32.lt_u (i32.sub (local.get $byte) (i32.const 97)) (i32.const 26))
          (then (i32.store8 (local.get $next) (i32.sub (local.get $byte) (i32.const 32)))))
        (local.set $next (i32.add (local.get $next) (i32.const 1)))
        (br $more)))
    (local.get $at) (local.get $len)))
