;; splay [N]: fills a splay tree with 8,000 nodes, each with a tree of 32 leaves as its payload, then inserts a node and
;; removes its neighbour N times (800 if no N is given). So all that lives is replaced bit by bit, and what dies is old.
;; Prints a sum over the keys, the payloads and the shape of the tree.
(module
  (import "wasi_snapshot_preview1" "args_sizes_get" (func $sizes (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "args_get" (func $args (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1)

  (type $numbers (array (mut i32)))
  (type $text (array (mut i8)))
  (type $payload (sub (struct)))
  (type $leaf (sub final $payload (struct (field $numbers (ref $numbers)) (field $text (ref $text)))))
  (type $inner (sub final $payload (struct (field $left (ref $payload)) (field $right (ref $payload)))))
  (rec
    (type $node (struct
      (field $key i32)
      (field $payload (ref null $payload))
      (field $left (mut (ref null $node)))
      (field $right (mut (ref null $node))))))

  (global $root (mut (ref null $node)) (ref.null $node))
  (global $seed (mut i32) (i32.const 49734321))
  ;; The text of a leaf: "String for key 01234567 in leaf node".
  (data $words "String for key ........ in leaf node")

  (func $random (result i32)
    (global.set $seed (i32.xor (global.get $seed) (i32.shl (global.get $seed) (i32.const 13))))
    (global.set $seed (i32.xor (global.get $seed) (i32.shr_u (global.get $seed) (i32.const 17))))
    (global.set $seed (i32.xor (global.get $seed) (i32.shl (global.get $seed) (i32.const 5))))
    (global.get $seed))

  (func $make_leaf (param $key i32) (result (ref $leaf))
    (local $numbers (ref $numbers)) (local $text (ref $text)) (local $i i32)
    (local.set $numbers (array.new_default $numbers (i32.const 10)))
    (loop $next
      (array.set $numbers (local.get $numbers) (local.get $i) (local.get $i))
      (br_if $next (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 10))))
    (local.set $text (array.new_data $text $words (i32.const 0) (i32.const 36)))
    (local.set $i (i32.const 23))
    (loop $digits
      (local.set $i (i32.sub (local.get $i) (i32.const 1)))
      (array.set $text (local.get $text) (local.get $i)
        (i32.add (i32.const 48) (i32.and (local.get $key) (i32.const 7))))
      (local.set $key (i32.shr_u (local.get $key) (i32.const 3)))
      (br_if $digits (i32.gt_u (local.get $i) (i32.const 15))))
    (struct.new $leaf (local.get $numbers) (local.get $text)))

  (func $make_payload (param $depth i32) (param $key i32) (result (ref $payload))
    (if (i32.eqz (local.get $depth)) (then (return (call $make_leaf (local.get $key)))))
    (struct.new $inner
      (call $make_payload (i32.sub (local.get $depth) (i32.const 1)) (local.get $key))
      (call $make_payload (i32.sub (local.get $depth) (i32.const 1)) (local.get $key))))

  ;; Brings the node with this key, or a neighbour of its place, to the root. The tree has a node.
  (func $splay (param $key i32)
    (local $dummy (ref $node)) (local $left (ref $node)) (local $right (ref $node))
    (local $current (ref $node)) (local $child (ref null $node))
    (local.set $dummy (struct.new $node (i32.const 0) (ref.null $payload) (ref.null $node) (ref.null $node)))
    (local.set $left (local.get $dummy))
    (local.set $right (local.get $dummy))
    (local.set $current (ref.as_non_null (global.get $root)))
    (block $found
      (loop $down
        (br_if $found (i32.eq (local.get $key) (struct.get $node $key (local.get $current))))
        (if (i32.lt_s (local.get $key) (struct.get $node $key (local.get $current)))
          (then
            (br_if $found (ref.is_null (local.tee $child (struct.get $node $left (local.get $current)))))
            (if (i32.lt_s (local.get $key) (struct.get $node $key (local.get $child)))
              (then
                (struct.set $node $left (local.get $current) (struct.get $node $right (local.get $child)))
                (struct.set $node $right (local.get $child) (local.get $current))
                (local.set $current (ref.as_non_null (local.get $child)))
                (br_if $found (ref.is_null (struct.get $node $left (local.get $current))))))
            (struct.set $node $left (local.get $right) (local.get $current))
            (local.set $right (local.get $current))
            (local.set $current (ref.as_non_null (struct.get $node $left (local.get $current)))))
          (else
            (br_if $found (ref.is_null (local.tee $child (struct.get $node $right (local.get $current)))))
            (if (i32.gt_s (local.get $key) (struct.get $node $key (local.get $child)))
              (then
                (struct.set $node $right (local.get $current) (struct.get $node $left (local.get $child)))
                (struct.set $node $left (local.get $child) (local.get $current))
                (local.set $current (ref.as_non_null (local.get $child)))
                (br_if $found (ref.is_null (struct.get $node $right (local.get $current))))))
            (struct.set $node $right (local.get $left) (local.get $current))
            (local.set $left (local.get $current))
            (local.set $current (ref.as_non_null (struct.get $node $right (local.get $current))))))
        (br $down)))
    (struct.set $node $right (local.get $left) (struct.get $node $left (local.get $current)))
    (struct.set $node $left (local.get $right) (struct.get $node $right (local.get $current)))
    (struct.set $node $left (local.get $current) (struct.get $node $right (local.get $dummy)))
    (struct.set $node $right (local.get $current) (struct.get $node $left (local.get $dummy)))
    (global.set $root (local.get $current)))

  ;; Inserts a node with a new key, and returns the key.
  (func $insert (result i32) (local $key i32) (local $root (ref null $node))
    (loop $again
      (local.set $key (call $random))
      (br_if $again (i32.eqz (local.get $key)))
      (if (i32.eqz (ref.is_null (global.get $root)))
        (then
          (call $splay (local.get $key))
          (br_if $again (i32.eq (local.get $key) (struct.get $node $key (global.get $root)))))))
    (local.set $root (global.get $root))
    (if (ref.is_null (local.get $root))
      (then
        (global.set $root (struct.new $node (local.get $key)
          (call $make_payload (i32.const 5) (local.get $key)) (ref.null $node) (ref.null $node))))
      (else
        (if (i32.gt_s (local.get $key) (struct.get $node $key (local.get $root)))
          (then
            (global.set $root (struct.new $node (local.get $key)
              (call $make_payload (i32.const 5) (local.get $key))
              (local.get $root) (struct.get $node $right (local.get $root))))
            (struct.set $node $right (local.get $root) (ref.null $node)))
          (else
            (global.set $root (struct.new $node (local.get $key)
              (call $make_payload (i32.const 5) (local.get $key))
              (struct.get $node $left (local.get $root)) (local.get $root)))
            (struct.set $node $left (local.get $root) (ref.null $node))))))
    (local.get $key))

  ;; Removes the node with the greatest key below this one, or the node with this key if there is none.
  (func $remove_below (param $key i32) (local $at (ref null $node)) (local $right (ref null $node))
    (call $splay (local.get $key))
    (if (i32.eqz (ref.is_null (local.tee $at (struct.get $node $left (global.get $root)))))
      (then
        (loop $greatest
          (if (i32.eqz (ref.is_null (struct.get $node $right (local.get $at))))
            (then
              (local.set $at (struct.get $node $right (local.get $at)))
              (br $greatest))))
        (local.set $key (struct.get $node $key (local.get $at)))))
    (call $splay (local.get $key))
    (local.set $right (struct.get $node $right (global.get $root)))
    (if (ref.is_null (struct.get $node $left (global.get $root)))
      (then (global.set $root (local.get $right)))
      (else
        (global.set $root (struct.get $node $left (global.get $root)))
        (call $splay (local.get $key))
        (struct.set $node $right (global.get $root) (local.get $right)))))

  (func $sum_payload (param $payload (ref $payload)) (result i32)
    (local $inner (ref $inner)) (local $leaf (ref $leaf)) (local $i i32) (local $sum i32)
    (if (ref.test (ref $inner) (local.get $payload))
      (then
        (local.set $inner (ref.cast (ref $inner) (local.get $payload)))
        (return (i32.add
          (call $sum_payload (struct.get $inner $left (local.get $inner)))
          (i32.mul (i32.const 31) (call $sum_payload (struct.get $inner $right (local.get $inner))))))))
    (local.set $leaf (ref.cast (ref $leaf) (local.get $payload)))
    (loop $bytes
      (local.set $sum (i32.add
        (i32.mul (local.get $sum) (i32.const 31))
        (array.get_u $text (struct.get $leaf $text (local.get $leaf)) (local.get $i))))
      (br_if $bytes (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 36))))
    (i32.add (local.get $sum) (array.get $numbers (struct.get $leaf $numbers (local.get $leaf)) (i32.const 9))))

  (func $sum (param $node (ref null $node)) (result i32)
    (if (ref.is_null (local.get $node)) (then (return (i32.const 1))))
    (i32.add
      (i32.add
        (call $sum_payload (ref.as_non_null (struct.get $node $payload (local.get $node))))
        (i32.mul (i32.const 7) (call $sum (struct.get $node $left (local.get $node)))))
      (i32.add
        (struct.get $node $key (local.get $node))
        (i32.mul (i32.const 13) (call $sum (struct.get $node $right (local.get $node)))))))

  (func (export "_start") (local $n i32) (local $i i32) (local $p i32) (local $c i32)
    (drop (call $sizes (i32.const 0) (i32.const 4)))
    (local.set $n (i32.const 800))
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
    (loop $fill
      (drop (call $insert))
      (br_if $fill (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 8000))))
    (block $done
      (loop $replace
        (br_if $done (i32.eqz (local.get $n)))
        (call $remove_below (call $insert))
        (local.set $n (i32.sub (local.get $n) (i32.const 1)))
        (br $replace)))
    (local.set $n (call $sum (global.get $root)))
    (local.set $p (i32.const 40))
    (i32.store8 (local.get $p) (i32.const 10))
    (loop $print
      (local.set $p (i32.sub (local.get $p) (i32.const 1)))
      (i32.store8 (local.get $p) (i32.add (i32.const 48) (i32.rem_u (local.get $n) (i32.const 10))))
      (br_if $print (local.tee $n (i32.div_u (local.get $n) (i32.const 10)))))
    (i32.store (i32.const 0) (local.get $p))
    (i32.store (i32.const 4) (i32.sub (i32.const 41) (local.get $p)))
    (drop (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8)))))
