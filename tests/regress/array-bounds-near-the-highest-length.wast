;; Indices and lengths whose sum exceeds 32 bits, and arrays without elements. The first of these is the first object of
;; its heap.
(module
  (type $bytes (array (mut i8)))
  (type $longs (array (mut i64)))
  (type $refs (array (mut (ref null $bytes))))
  (data $data "\01\02\03\04\05\06\07\08")
  (elem $elem (ref null $bytes) (ref.null $bytes) (ref.null $bytes))

  (func (export "len of none") (param i32) (result i32)
    (array.len (array.new_default $longs (local.get 0))))
  (func (export "get of none") (param i32) (result i64)
    (array.get $longs (array.new_fixed $longs 0) (local.get 0)))

  (func (export "fill") (param $len i32) (param $at i32) (param $count i32)
    (array.fill $longs (array.new_default $longs (local.get $len)) (local.get $at) (i64.const -1) (local.get $count)))
  (func (export "copy to") (param $len i32) (param $at i32) (param $count i32)
    (array.copy $longs $longs
      (array.new_default $longs (local.get $len)) (local.get $at)
      (array.new_default $longs (i32.const 8)) (i32.const 0) (local.get $count)))
  (func (export "copy from") (param $len i32) (param $at i32) (param $count i32)
    (array.copy $longs $longs
      (array.new_default $longs (i32.const 8)) (i32.const 0)
      (array.new_default $longs (local.get $len)) (local.get $at) (local.get $count)))
  (func (export "init to") (param $len i32) (param $at i32) (param $count i32)
    (array.init_data $bytes $data
      (array.new_default $bytes (local.get $len)) (local.get $at) (i32.const 0) (local.get $count)))
  (func (export "init from") (param $at i32) (param $count i32)
    (array.init_data $longs $data
      (array.new_default $longs (i32.const 8)) (i32.const 0) (local.get $at) (local.get $count)))
  (func (export "init refs") (param $at i32) (param $count i32)
    (array.init_elem $refs $elem
      (array.new_default $refs (i32.const 8)) (i32.const 0) (local.get $at) (local.get $count)))

  (func (export "new_data") (param $at i32) (param $count i32) (result i32)
    (array.len (array.new_data $longs $data (local.get $at) (local.get $count))))
  (func (export "new_elem") (param $at i32) (param $count i32) (result i32)
    (array.len (array.new_elem $refs $elem (local.get $at) (local.get $count))))
  (func (export "new") (param i32) (result i32)
    (array.len (array.new $longs (i64.const -1) (local.get 0))))
  (func (export "drop segments") (data.drop $data) (elem.drop $elem)))

(assert_return (invoke "len of none" (i32.const 0)) (i32.const 0))
(assert_trap (invoke "get of none" (i32.const 0)) "out of bounds array access")
(assert_trap (invoke "get of none" (i32.const -1)) "out of bounds array access")

(assert_return (invoke "fill" (i32.const 0) (i32.const 0) (i32.const 0)))
(assert_return (invoke "fill" (i32.const 4) (i32.const 4) (i32.const 0)))
(assert_return (invoke "fill" (i32.const 4) (i32.const 1) (i32.const 3)))
(assert_trap (invoke "fill" (i32.const 0) (i32.const 1) (i32.const 0)) "out of bounds array access")
(assert_trap (invoke "fill" (i32.const 4) (i32.const 5) (i32.const 0)) "out of bounds array access")
(assert_trap (invoke "fill" (i32.const 4) (i32.const 1) (i32.const 4)) "out of bounds array access")
(assert_trap (invoke "fill" (i32.const 4) (i32.const -1) (i32.const 1)) "out of bounds array access")
(assert_trap (invoke "fill" (i32.const 4) (i32.const -1) (i32.const 2)) "out of bounds array access")
(assert_trap (invoke "fill" (i32.const 4) (i32.const 2) (i32.const -1)) "out of bounds array access")
(assert_trap (invoke "fill" (i32.const 4) (i32.const 2) (i32.const -2)) "out of bounds array access")
(assert_trap (invoke "fill" (i32.const 4) (i32.const -1) (i32.const -1)) "out of bounds array access")

(assert_return (invoke "copy to" (i32.const 0) (i32.const 0) (i32.const 0)))
(assert_return (invoke "copy to" (i32.const 4) (i32.const 4) (i32.const 0)))
(assert_trap (invoke "copy to" (i32.const 4) (i32.const 5) (i32.const 0)) "out of bounds array access")
(assert_trap (invoke "copy to" (i32.const 4) (i32.const -1) (i32.const 2)) "out of bounds array access")
(assert_trap (invoke "copy to" (i32.const 4) (i32.const 1) (i32.const -1)) "out of bounds array access")
(assert_return (invoke "copy from" (i32.const 0) (i32.const 0) (i32.const 0)))
(assert_return (invoke "copy from" (i32.const 4) (i32.const 4) (i32.const 0)))
(assert_trap (invoke "copy from" (i32.const 4) (i32.const 5) (i32.const 0)) "out of bounds array access")
(assert_trap (invoke "copy from" (i32.const 4) (i32.const -1) (i32.const 2)) "out of bounds array access")

(assert_return (invoke "init to" (i32.const 8) (i32.const 0) (i32.const 8)))
(assert_return (invoke "init to" (i32.const 0) (i32.const 0) (i32.const 0)))
(assert_trap (invoke "init to" (i32.const 8) (i32.const -1) (i32.const 2)) "out of bounds array access")
(assert_trap (invoke "init to" (i32.const 16) (i32.const 0) (i32.const 9)) "out of bounds memory access")
(assert_return (invoke "init from" (i32.const 0) (i32.const 1)))
(assert_return (invoke "init from" (i32.const 8) (i32.const 0)))
(assert_trap (invoke "init from" (i32.const 9) (i32.const 0)) "out of bounds memory access")
(assert_trap (invoke "init from" (i32.const 1) (i32.const 1)) "out of bounds memory access")
(assert_trap (invoke "init from" (i32.const -8) (i32.const 1)) "out of bounds memory access")
(assert_trap (invoke "init from" (i32.const 0) (i32.const 0x20000000)) "out of bounds array access")
(assert_return (invoke "init refs" (i32.const 2) (i32.const 0)))
(assert_trap (invoke "init refs" (i32.const 3) (i32.const 0)) "out of bounds table access")
(assert_trap (invoke "init refs" (i32.const -1) (i32.const 2)) "out of bounds table access")

;; Eight times this number of elements is 0 in 32 bits.
(assert_trap (invoke "new_data" (i32.const 0) (i32.const 0x20000000)) "out of bounds memory access")
(assert_trap (invoke "new_data" (i32.const -8) (i32.const 1)) "out of bounds memory access")
(assert_trap (invoke "new_data" (i32.const 0) (i32.const -1)) "out of bounds memory access")
(assert_return (invoke "new_data" (i32.const 8) (i32.const 0)) (i32.const 0))
(assert_trap (invoke "new_elem" (i32.const -1) (i32.const 2)) "out of bounds table access")
(assert_trap (invoke "new_elem" (i32.const 0) (i32.const -1)) "out of bounds table access")
(assert_return (invoke "new_elem" (i32.const 2) (i32.const 0)) (i32.const 0))

;; The length exceeds every heap: no memory is requested, and the length is not truncated.
(assert_trap (invoke "len of none" (i32.const -1)) "out of memory for objects")
(assert_trap (invoke "new" (i32.const -1)) "out of memory for objects")
(assert_trap (invoke "new" (i32.const 0x20000000)) "out of memory for objects")

(invoke "drop segments")
(assert_return (invoke "new_data" (i32.const 0) (i32.const 0)) (i32.const 0))
(assert_return (invoke "new_elem" (i32.const 0) (i32.const 0)) (i32.const 0))
(assert_trap (invoke "new_data" (i32.const 1) (i32.const 0)) "out of bounds memory access")
(assert_trap (invoke "new_elem" (i32.const 1) (i32.const 0)) "out of bounds table access")
