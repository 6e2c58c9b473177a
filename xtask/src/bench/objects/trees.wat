;; Binary trees: one of a depth lives all the while, 64 of the depth less 4 are made and counted after each other. So what is alive
;; at a time is known: 17/16 of the large tree, each node 16 bytes.
(module
  (type $tree (struct (field $left (ref null $tree)) (field $right (ref null $tree))))
  (global $long (mut (ref null $tree)) (ref.null $tree))
  (func $make (param $depth i32) (result (ref $tree))
    (if (result (ref $tree)) (local.get $depth)
      (then (struct.new $tree
        (call $make (i32.sub (local.get $depth) (i32.const 1)))
        (call $make (i32.sub (local.get $depth) (i32.const 1)))))
      (else (struct.new $tree (ref.null $tree) (ref.null $tree)))))
  (func $count (param $tree (ref null $tree)) (result i32)
    (if (result i32) (ref.is_null (local.get $tree))
      (then (i32.const 0))
      (else (i32.add (i32.const 1) (i32.add
        (call $count (struct.get $tree $left (local.get $tree)))
        (call $count (struct.get $tree $right (local.get $tree))))))))
  (func (export "trees") (param $depth i32) (result i32)
    (local $times i32) (local $sum i32)
    (global.set $long (call $make (local.get $depth)))
    (local.set $times (i32.const 64))
    (loop $again
      (local.set $sum (i32.add (local.get $sum) (call $count (call $make (i32.sub (local.get $depth) (i32.const 4))))))
      (br_if $again (local.tee $times (i32.sub (local.get $times) (i32.const 1)))))
    (i32.add (local.get $sum) (call $count (global.get $long)))))
