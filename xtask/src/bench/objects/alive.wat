;; Makes nodes in 100,000 lists, each at the front of a list drawn at random; then replaces first nodes, one by one, as
;; often as the second argument says. `run --stats` says how long collections stop it (docs/journal/gc.md).
(module
  (type $node (struct (field $next (mut (ref null $node))) (field $a i64) (field $b i64)))
  (type $all (array (mut (ref null $node))))
  (global $seed (mut i64) (i64.const 88172645463325252))
  (func $random (param $below i32) (result i32)
    (global.set $seed (i64.xor (global.get $seed) (i64.shl (global.get $seed) (i64.const 13))))
    (global.set $seed (i64.xor (global.get $seed) (i64.shr_u (global.get $seed) (i64.const 7))))
    (global.set $seed (i64.xor (global.get $seed) (i64.shl (global.get $seed) (i64.const 17))))
    (i32.wrap_i64 (i64.rem_u (global.get $seed) (i64.extend_i32_u (local.get $below)))))
  (func (export "run") (param $nodes i32) (param $changes i32) (result i64)
    (local $heads (ref $all)) (local $i i32) (local $at i32) (local $sum i64) (local $n (ref null $node))
    (local.set $heads (array.new_default $all (i32.const 100000)))
    (loop $fill
      (local.set $at (call $random (i32.const 100000)))
      (array.set $all (local.get $heads) (local.get $at)
        (struct.new $node (array.get $all (local.get $heads) (local.get $at)) (i64.extend_i32_u (local.get $i)) (i64.const 1)))
      (br_if $fill (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (local.get $nodes))))
    (local.set $i (i32.const 0))
    ;; A new node takes the place of a list's first.
    (loop $change
      (local.set $at (call $random (i32.const 100000)))
      (local.set $n (array.get $all (local.get $heads) (local.get $at)))
      (if (i32.eqz (ref.is_null (local.get $n)))
        (then
          (local.set $sum (i64.add (local.get $sum) (struct.get $node $a (local.get $n))))
          (array.set $all (local.get $heads) (local.get $at)
            (struct.new $node (struct.get $node $next (local.get $n)) (i64.extend_i32_u (local.get $i)) (i64.const 2)))))
      (br_if $change (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (local.get $changes))))
    (local.get $sum)))
