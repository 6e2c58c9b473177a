;; Structures with descriptors: allocation, access, casts by descriptor, and what the collector must find.

(module
  (rec
    (type $shape (sub (descriptor $shape.desc) (struct (field i32))))
    (type $shape.desc (sub (describes $shape) (struct (field i64))))
    (type $circle (sub $shape (descriptor $circle.desc) (struct (field i32) (field i8) (field i64) (field f64))))
    (type $circle.desc (sub $shape.desc (describes $circle) (struct (field i64) (field i32)))))
  ;; Descriptors that have descriptors.
  (rec
    (type $a (descriptor $b) (struct))
    (type $b (describes $a) (descriptor $c) (struct))
    (type $c (describes $b) (struct (field i32))))
  (type $array (array i32))

  (global $plain (ref (exact $shape.desc)) (struct.new $shape.desc (i64.const 1)))
  (global $other (ref (exact $shape.desc)) (struct.new $shape.desc (i64.const 2)))
  (global $round (ref (exact $circle.desc)) (struct.new $circle.desc (i64.const 3) (i32.const 30)))
  (global $shape (ref $shape) (struct.new_desc $shape (i32.const 10) (global.get $plain)))
  (global $circle (ref $shape) (struct.new_default_desc $circle (global.get $round)))

  (func (export "constants") (result i32 i64 i32 i64)
    (struct.get $shape 0 (global.get $shape)) (struct.get $shape.desc 0 (ref.get_desc $shape (global.get $shape)))
    (struct.get $shape 0 (global.get $circle)) (struct.get $shape.desc 0 (ref.get_desc $shape (global.get $circle))))

  ;; Fields of all sizes, in order, and the descriptor.
  (func (export "fields") (result i32 i32 i64 f64 i64)
    (local $new (ref $circle))
    (local.set $new (struct.new_desc $circle
      (i32.const 5) (i32.const -6) (i64.const 7) (f64.const 8) (global.get $round)))
    (struct.get $circle 0 (local.get $new)) (struct.get_s $circle 1 (local.get $new))
    (struct.get $circle 2 (local.get $new)) (struct.get $circle 3 (local.get $new)) (struct.get $circle.desc 0 (ref.get_desc $circle (local.get $new))))

  (func (export "chain") (result i32)
    (struct.get $c 0 (ref.get_desc $b (ref.get_desc $a
      (struct.new_desc $a (struct.new_default_desc $b (struct.new $c (i32.const 77))))))))

  (func $pick (param i32) (result (ref null $shape.desc))
    (if (i32.eq (local.get 0) (i32.const 0)) (then (return (global.get $plain))))
    (if (i32.eq (local.get 0) (i32.const 1)) (then (return (global.get $other))))
    (if (i32.eq (local.get 0) (i32.const 2)) (then (return (global.get $round))))
    (ref.null $shape.desc))
  (func $object (param i32) (result anyref)
    (if (i32.eq (local.get 0) (i32.const 0)) (then (return (global.get $shape))))
    (if (i32.eq (local.get 0) (i32.const 1)) (then (return (ref.i31 (i32.const 1)))))
    (if (i32.eq (local.get 0) (i32.const 2)) (then (return (global.get $circle))))
    (if (i32.eq (local.get 0) (i32.const 3)) (then (return (array.new $array (i32.const 0) (i32.const 3)))))
    (ref.null any))

  (func (export "cast") (param i32 i32) (result i32)
    (struct.get $shape 0 (ref.cast_desc_eq (ref $shape) (call $object (local.get 0)) (call $pick (local.get 1)))))
  (func (export "cast-null") (param i32 i32) (result i32)
    (ref.is_null (ref.cast_desc_eq (ref null $shape) (call $object (local.get 0)) (call $pick (local.get 1)))))
  ;; The operands that a branch carries stay what they are, whether it is taken or not.
  (func (export "branch") (param i32 i32) (result i32)
    (block $is (result i32 (ref $shape))
      (i32.const 100)
      (br_on_cast_desc_eq $is anyref (ref $shape) (call $object (local.get 0)) (call $pick (local.get 1)))
      (drop) (return (i32.add (i32.const 1))))
    (drop))
  (func (export "branch-fail") (param i32 i32) (result i32)
    (block $not (result i32 anyref)
      (i32.const 100)
      (br_on_cast_desc_eq_fail $not anyref (ref null $shape) (call $object (local.get 0)) (call $pick (local.get 1)))
      (drop) (return (i32.add (i32.const 1))))
    (drop))

  (func (export "new-null") (drop (struct.new_desc $shape (i32.const 1) (ref.null none))))
  (func (export "new-default-null") (drop (struct.new_default_desc $shape (ref.null none))))
  (func (export "get-null") (drop (ref.get_desc $shape (ref.null none))))

  ;; Only its object leads to the descriptor, while other objects are made and dropped.
  (func (export "collected") (param $rounds i32) (result i64)
    (local $kept (ref $shape))
    (local.set $kept (struct.new_desc $shape (i32.const 1) (struct.new $shape.desc (i64.const 0x1234567890))))
    (loop $again
      (drop (struct.new_desc $shape (i32.const 2) (struct.new $shape.desc (i64.const -1))))
      (drop (array.new $array (i32.const -1) (i32.const 1000)))
      (local.set $rounds (i32.sub (local.get $rounds) (i32.const 1)))
      (br_if $again (local.get $rounds)))
    (struct.get $shape.desc 0 (ref.get_desc $shape (local.get $kept))))

  (func (export "exact") (param i32) (result i32 i32 i32)
    (ref.test (ref $shape) (call $object (local.get 0)))
    (ref.test (ref (exact $shape)) (call $object (local.get 0)))
    (ref.test (ref null (exact $circle)) (call $object (local.get 0))))
  (func (export "exact-cast") (param i32) (drop (ref.cast (ref (exact $shape)) (call $object (local.get 0)))))
)

(assert_return (invoke "constants") (i32.const 10) (i64.const 1) (i32.const 0) (i64.const 3))
(assert_return (invoke "fields") (i32.const 5) (i32.const -6) (i64.const 7) (f64.const 8) (i64.const 3))
(assert_return (invoke "chain") (i32.const 77))
(assert_return (invoke "cast" (i32.const 0) (i32.const 0)) (i32.const 10))
(assert_return (invoke "cast" (i32.const 2) (i32.const 2)) (i32.const 0))
(assert_trap (invoke "cast" (i32.const 0) (i32.const 1)) "cast failure")
(assert_trap (invoke "cast" (i32.const 0) (i32.const 2)) "cast failure")
(assert_trap (invoke "cast" (i32.const 1) (i32.const 0)) "cast failure")
(assert_trap (invoke "cast" (i32.const 3) (i32.const 0)) "cast failure")
(assert_trap (invoke "cast" (i32.const 4) (i32.const 0)) "cast failure")
(assert_trap (invoke "cast" (i32.const 0) (i32.const 3)) "null descriptor reference")
(assert_return (invoke "cast-null" (i32.const 4) (i32.const 0)) (i32.const 1))
(assert_return (invoke "cast-null" (i32.const 0) (i32.const 0)) (i32.const 0))
(assert_trap (invoke "cast-null" (i32.const 4) (i32.const 3)) "null descriptor reference")
(assert_trap (invoke "cast-null" (i32.const 3) (i32.const 1)) "cast failure")
(assert_return (invoke "branch" (i32.const 0) (i32.const 0)) (i32.const 100))
(assert_return (invoke "branch" (i32.const 0) (i32.const 1)) (i32.const 101))
(assert_return (invoke "branch" (i32.const 1) (i32.const 1)) (i32.const 101))
(assert_return (invoke "branch" (i32.const 4) (i32.const 1)) (i32.const 101))
(assert_trap (invoke "branch" (i32.const 0) (i32.const 3)) "null descriptor reference")
(assert_return (invoke "branch-fail" (i32.const 2) (i32.const 2)) (i32.const 101))
(assert_return (invoke "branch-fail" (i32.const 2) (i32.const 0)) (i32.const 100))
(assert_return (invoke "branch-fail" (i32.const 3) (i32.const 0)) (i32.const 100))
(assert_return (invoke "branch-fail" (i32.const 4) (i32.const 0)) (i32.const 101))
(assert_trap (invoke "branch-fail" (i32.const 4) (i32.const 3)) "null descriptor reference")
(assert_trap (invoke "new-null") "null descriptor reference")
(assert_trap (invoke "new-default-null") "null descriptor reference")
(assert_trap (invoke "get-null") "null reference")
(assert_return (invoke "collected" (i32.const 5000)) (i64.const 0x1234567890))
(assert_return (invoke "exact" (i32.const 0)) (i32.const 1) (i32.const 1) (i32.const 0))
(assert_return (invoke "exact" (i32.const 2)) (i32.const 1) (i32.const 0) (i32.const 1))
(assert_return (invoke "exact" (i32.const 3)) (i32.const 0) (i32.const 0) (i32.const 0))
(assert_return (invoke "exact" (i32.const 4)) (i32.const 0) (i32.const 0) (i32.const 1))
(assert_return (invoke "exact-cast" (i32.const 0)))
(assert_trap (invoke "exact-cast" (i32.const 2)) "cast failure")

;; A constant expression traps, too.
(assert_trap
  (module
    (rec (type $a (descriptor $b) (struct)) (type $b (describes $a) (struct)))
    (global (ref $a) (struct.new_default_desc $a (ref.null none))))
  "null descriptor reference")

;; Imported functions that must have exactly a type.
(module
  (type $super (sub (func)))
  (type $sub (sub $super (func)))
  (func (export "super") (type $super))
  (func (export "sub") (type $sub)))
(register "m")
(module
  (type $super (sub (func)))
  (type $sub (sub $super (func)))
  (import "m" "super" (func $f (exact (type $super))))
  (import "m" "sub" (func $g (type $super)))
  (global (export "exact") (ref (exact $super)) (ref.func $f))
  (elem declare func $g)
  (func (export "test") (result i32 i32)
    (ref.test (ref (exact $super)) (ref.func $f)) (ref.test (ref (exact $super)) (ref.func $g))))
(assert_return (invoke "test") (i32.const 1) (i32.const 0))
(assert_unlinkable
  (module
    (type $super (sub (func)))
    (type $sub (sub $super (func)))
    (import "m" "sub" (func (exact (type $super)))))
  "incompatible import type")
(assert_invalid
  (module
    (type $super (sub (func)))
    (import "m" "super" (func $f (type $super)))
    (global (ref (exact $super)) (ref.func $f)))
  "type mismatch")

;; Types with and without descriptors are different, and need them or must not have them.
(assert_invalid
  (module
    (rec (type $a (descriptor $b) (struct)) (type $b (describes $a) (struct)))
    (func (drop (struct.new $a))))
  "type with descriptor requires descriptor allocation")
(assert_invalid
  (module (type $a (struct)) (func (drop (struct.new_desc $a (ref.null none)))))
  "type without descriptor")
(assert_invalid
  (module
    (rec (type $a (sub (descriptor $b) (struct))) (type $b (sub (describes $a) (struct))))
    (rec (type $c (sub $a (descriptor $d) (struct))) (type $d (sub $b (describes $c) (struct))))
    (func (param (ref $b)) (drop (struct.new_desc $a (local.get 0)))))
  "type mismatch")
(assert_invalid
  (module
    (rec (type $a (descriptor $b) (struct)) (type $b (describes $a) (struct)))
    (rec (type $c (struct)) (type $d (struct)))
    (func (param (ref $a)) (result (ref $c)) (local.get 0)))
  "type mismatch")
