(module
  (rec (type $node (struct (field $number (mut i32)) (field $next (ref null $node)))))
  (func (export "sum") (param $list (ref null $node)) (result i32)
    (local $sum i32)
    (block $done
      (loop $more
        (br_if $done (ref.is_null (local.get $list)))
        (local.set $sum (i32.add (local.get $sum) (struct.get $node $number (local.get $list))))
        (local.set $list (struct.get $node $next (local.get $list)))
        (br $more)))
    (local.get $sum)))
