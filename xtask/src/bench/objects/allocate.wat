;; Allocates structures of two numbers, and reads each once. The sum is that of the native program (xtask/peers/bump).
(module
  (type $pair (struct (field $a i32) (field $b i32)))
  (func (export "allocate") (param $n i32) (result i32)
    (local $pair (ref null $pair)) (local $sum i32)
    (loop $again
      (local.set $pair (struct.new $pair (local.get $n) (i32.const 1)))
      (local.set $sum (i32.add (local.get $sum) (i32.add
        (struct.get $pair $b (local.get $pair))
        (i32.and (struct.get $pair $a (local.get $pair)) (i32.const 1)))))
      (br_if $again (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
    (local.get $sum)))
