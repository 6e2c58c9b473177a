;; Traps three calls deep when its argument is 0, and can be called again afterwards.
(module
  (memory 1024 (pagesize 1))
  (func $innermost (param $a i32) (param $b i32) (result i32)
    (i32.div_s (local.get $a) (local.get $b)))
  (func $inner (param $b i32) (result i32)
    (i32.add (call $innermost (i32.const 1000) (local.get $b)) (i32.const 1)))
  (func (export "run") (param $b i32) (result i32)
    (i32.mul (call $inner (local.get $b)) (i32.const 2)))
  (func (export "outside") (result i32) (i32.load (i32.const 1024)))
  (func (export "unreachable") (unreachable)))
