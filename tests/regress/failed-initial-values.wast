;; The second global has no value, since the heap is too small. The first one's function reference survives.
(assert_trap
  (module
    (type $bytes (array i8))
    (func $f (export "f"))
    (global funcref (ref.func $f))
    (global (ref $bytes) (array.new_default $bytes (i32.const -1))))
  "out of memory for objects")

(module
  (type $bytes (array i8))
  (global $kept (ref $bytes) (array.new_default $bytes (i32.const 3)))
  (func (export "len") (result i32) (array.len (global.get $kept))))
(assert_return (invoke "len") (i32.const 3))
