;; Lazy evaluation must not move effects: a load, a global, a size or a trap keeps its order with a store, a call, a
;; grow or another trap. Dropped operations still trap.

(module
  (memory 1)
  (table $t 4 8 funcref)
  (global $g (mut i32) (i32.const 0))
  (global $h (mut i64) (i64.const 0))
  (elem declare func $nothing)

  (func $nothing)
  (func $set_g (param i32) (result i32)
    local.get 0
    global.set $g
    i32.const 0)
  (func $poke (param i32 i32) (result i32)
    local.get 0
    local.get 1
    i32.store
    i32.const 0)
  (func $grow (result i32)
    i32.const 1
    memory.grow
    drop
    i32.const 0)

  (func (export "peek") (param i32) (result i32)
    local.get 0
    i32.load)
  (func (export "global") (result i32)
    global.get $g)
  (func (export "reset")
    i32.const 0
    i32.const 0
    i32.const 64
    memory.fill
    i32.const 0
    global.set $g)

  (func (export "global_before_call") (result i32)
    i32.const 1
    global.set $g
    global.get $g
    i32.const 50
    call $set_g
    i32.add
    global.get $g
    i32.add)

  (func (export "load_before_call") (result i32)
    i32.const 16
    i32.const 1
    i32.store
    i32.const 16
    i32.load
    i32.const 16
    i32.const 50
    call $poke
    i32.add
    i32.const 16
    i32.load
    i32.add)

  (func (export "load_before_store_same_address") (param $p i32) (result i32)
    local.get $p
    i32.const 3
    i32.store
    local.get $p
    i32.load
    local.get $p
    local.get $p
    i32.load
    i32.const 1
    i32.add
    i32.store
    local.get $p
    i32.load
    i32.const 10
    i32.mul
    i32.add)

  (func (export "two_loads_one_store") (param $p i32) (result i32)
    local.get $p
    i32.const 0x01020304
    i32.store
    local.get $p
    i32.load8_u
    local.get $p
    i32.const 0x0a0b0c0d
    i32.store
    local.get $p
    i32.load8_u offset=1
    i32.const 256
    i32.mul
    i32.add)

  (func (export "store_sees_earlier_value") (param $p i32) (result i32)
    ;; swap two words of memory
    local.get $p
    i32.const 1
    i32.store
    local.get $p
    i32.const 2
    i32.store offset=4
    local.get $p
    local.get $p
    i32.load offset=4
    local.get $p
    local.get $p
    i32.load
    i32.store offset=4
    i32.store
    local.get $p
    i32.load
    i32.const 10
    i32.mul
    local.get $p
    i32.load offset=4
    i32.add)

  (func (export "size_before_grow_in_call") (result i32)
    memory.size
    call $grow
    i32.add
    i32.const 100
    i32.mul
    memory.size
    i32.add)

  (func (export "table_get_before_set") (result i32)
    i32.const 1
    ref.null func
    table.set $t
    i32.const 1
    table.get $t
    i32.const 1
    ref.func $nothing
    table.set $t
    ref.is_null
    i32.const 1
    table.get $t
    ref.is_null
    i32.const 10
    i32.mul
    i32.add)

  (func (export "table_size_before_grow") (result i32)
    table.size $t
    ref.null func
    i32.const 2
    table.grow $t
    i32.const 10
    i32.mul
    i32.add
    table.size $t
    i32.const 100
    i32.mul
    i32.add)

  (func (export "table_grow_too_far") (result i64)
    ref.null func
    i32.const 100
    table.grow $t
    i64.extend_i32_u)

  (func (export "memory_grow_too_far") (result i64)
    i32.const 0x10000
    memory.grow
    i64.extend_i32_u)

  ;; a dropped trap traps
  (func (export "drop_load") (param i32)
    local.get 0
    i32.load
    drop)
  (func (export "drop_load_const")
    i32.const 0x7fffffff
    i64.load offset=4
    drop)
  (func (export "drop_div") (param i32 i32)
    local.get 0
    local.get 1
    i32.div_s
    drop)
  (func (export "drop_div_const")
    i32.const 1
    i32.const 0
    i32.div_u
    drop)
  (func (export "drop_rem_const") (param i64)
    local.get 0
    i64.const 0
    i64.rem_s
    drop)
  (func (export "drop_trunc") (param f32)
    local.get 0
    i32.trunc_f32_s
    drop)
  (func (export "drop_trunc_const")
    f64.const nan
    i64.trunc_f64_u
    drop)
  (func (export "drop_table_get") (param i32)
    local.get 0
    table.get $t
    drop)
  (func (export "drop_in_select") (param i32) (result i32)
    i32.const 1
    i32.const 2
    i32.const 8
    local.get 0
    i32.div_u
    select)
  (func (export "div_min") (param i32 i32)
    local.get 0
    local.get 1
    i32.div_s
    drop)
  (func (export "div_min_by_const")
    i32.const 0x80000000
    i32.const -1
    i32.div_s
    drop)
  (func (export "div_min64_by_const") (param i64)
    local.get 0
    i64.const -1
    i64.div_s
    drop)
  (func (export "rem_min_by_const") (param i32) (result i32)
    local.get 0
    i32.const -1
    i32.rem_s)
  (func (export "rem_min64_by_const") (param i64) (result i64)
    local.get 0
    i64.const -1
    i64.rem_s)

  ;; the order of a trap and of visible effects
  (func (export "div_then_store") (param $d i32)
    i32.const 0
    i32.const 1
    local.get $d
    i32.div_u
    i32.const 4
    i32.const 9
    i32.store
    i32.store)
  (func (export "store_then_div") (param $d i32) (result i32)
    i32.const 4
    i32.const 9
    i32.store
    i32.const 1
    local.get $d
    i32.div_u)
  (func (export "div_then_global") (param $d i32) (result i32)
    i32.const 1
    local.get $d
    i32.div_u
    i32.const 5
    global.set $g)
  (func (export "load_then_call") (param $p i32) (result i32)
    local.get $p
    i32.load
    i32.const 5
    call $set_g
    i32.add)
  (func (export "trunc_then_store") (param $x f64)
    i32.const 8
    local.get $x
    i32.trunc_f64_s
    i32.const 12
    i32.const 1
    i32.store
    i32.store)
  (func (export "load_then_div") (param $p i32) (param $d i32) (result i32)
    ;; which trap comes first
    local.get $p
    i32.load
    i32.const 1
    local.get $d
    i32.div_u
    i32.add)
  (func (export "div_then_load") (param $p i32) (param $d i32) (result i32)
    i32.const 1
    local.get $d
    i32.div_u
    local.get $p
    i32.load
    i32.add)
  (func (export "div_of_load") (param $p i32) (param $d i32) (result i32)
    local.get $p
    i32.load
    local.get $d
    i32.div_u)
  (func (export "div_by_load") (param $p i32) (result i32)
    i32.const 100
    local.get $p
    i32.load
    i32.div_u)
  (func (export "div_in_dead_arm") (param $c i32) (param $d i32) (result i32)
    local.get $c
    if (result i32)
      i32.const 1
      local.get $d
      i32.div_u
    else
      i32.const 7
    end)
  (func (export "div_before_unreachable") (param $d i32)
    i32.const 1
    local.get $d
    i32.div_u
    unreachable)
  (func (export "div_before_br") (param $d i32) (result i32)
    block
      i32.const 1
      local.get $d
      i32.div_u
      br 0
    end
    i32.const 3)
  (func (export "div_before_return") (param $d i32) (result i32)
    i32.const 1
    local.get $d
    i32.div_u
    i32.const 3
    return)
  (func (export "local_after_trap_in_tree") (param $d i32) (result i32)
    (local $x i32)
    i32.const 5
    local.set $x
    i32.const 10
    local.get $d
    i32.div_u
    local.get $x
    i32.mul
    local.set $x
    local.get $x)
  (func (export "store_of_trap") (param $d i32)
    i32.const 0x7fffffff
    i32.const 1
    local.get $d
    i32.div_u
    i32.store)
  (func (export "global_i64_pending") (result i64)
    i64.const 0x100000000
    global.set $h
    global.get $h
    i64.const -0x80000000
    global.set $h
    global.get $h
    i64.sub))

(assert_return (invoke "global_before_call") (i32.const 51))
(assert_return (invoke "load_before_call") (i32.const 51))
(assert_return (invoke "load_before_store_same_address" (i32.const 20)) (i32.const 43))
(assert_return (invoke "two_loads_one_store" (i32.const 20)) (i32.const 0x0c04))
(assert_return (invoke "store_sees_earlier_value" (i32.const 24)) (i32.const 21))
(assert_return (invoke "size_before_grow_in_call") (i32.const 102))
(assert_return (invoke "table_get_before_set") (i32.const 1))
(assert_return (invoke "table_size_before_grow") (i32.const 644))
(assert_return (invoke "table_grow_too_far") (i64.const 0xffffffff))
(assert_return (invoke "memory_grow_too_far") (i64.const 0xffffffff))

(assert_trap (invoke "drop_load" (i32.const -1)) "out of bounds memory access")
(assert_trap (invoke "drop_load_const") "out of bounds memory access")
(assert_trap (invoke "drop_div" (i32.const 1) (i32.const 0)) "integer divide by zero")
(assert_trap (invoke "drop_div_const") "integer divide by zero")
(assert_trap (invoke "drop_rem_const" (i64.const 5)) "integer divide by zero")
(assert_trap (invoke "drop_trunc" (f32.const nan)) "invalid conversion to integer")
(assert_trap (invoke "drop_trunc" (f32.const 2147483648)) "integer overflow")
(assert_return (invoke "drop_trunc" (f32.const -2147483648)))
(assert_trap (invoke "drop_trunc_const") "invalid conversion to integer")
(assert_trap (invoke "drop_table_get" (i32.const 100)) "out of bounds table access")
(assert_trap (invoke "drop_in_select" (i32.const 0)) "integer divide by zero")
(assert_return (invoke "drop_in_select" (i32.const 9)) (i32.const 2))
(assert_trap (invoke "div_min" (i32.const 0x80000000) (i32.const -1)) "integer overflow")
(assert_trap (invoke "div_min_by_const") "integer overflow")
(assert_trap (invoke "div_min64_by_const" (i64.const 0x8000000000000000)) "integer overflow")
(assert_return (invoke "div_min64_by_const" (i64.const 0x80000000)))
(assert_return (invoke "rem_min_by_const" (i32.const 0x80000000)) (i32.const 0))
(assert_return (invoke "rem_min64_by_const" (i64.const 0x8000000000000000)) (i64.const 0))

(invoke "reset")
(assert_trap (invoke "div_then_store" (i32.const 0)) "integer divide by zero")
(assert_return (invoke "peek" (i32.const 4)) (i32.const 0))
(assert_return (invoke "div_then_store" (i32.const 1)))
(assert_return (invoke "peek" (i32.const 4)) (i32.const 9))
(assert_return (invoke "peek" (i32.const 0)) (i32.const 1))
(invoke "reset")
(assert_trap (invoke "store_then_div" (i32.const 0)) "integer divide by zero")
(assert_return (invoke "peek" (i32.const 4)) (i32.const 9))
(invoke "reset")
(assert_trap (invoke "div_then_global" (i32.const 0)) "integer divide by zero")
(assert_return (invoke "global") (i32.const 0))
(assert_return (invoke "div_then_global" (i32.const 1)) (i32.const 1))
(assert_return (invoke "global") (i32.const 5))
(invoke "reset")
(assert_trap (invoke "load_then_call" (i32.const -4)) "out of bounds memory access")
(assert_return (invoke "global") (i32.const 0))
(assert_trap (invoke "trunc_then_store" (f64.const nan)) "invalid conversion to integer")
(assert_return (invoke "peek" (i32.const 12)) (i32.const 0))
(assert_trap (invoke "load_then_div" (i32.const -4) (i32.const 0)) "out of bounds memory access")
(assert_trap (invoke "load_then_div" (i32.const 0) (i32.const 0)) "integer divide by zero")
(assert_trap (invoke "div_then_load" (i32.const -4) (i32.const 0)) "integer divide by zero")
(assert_trap (invoke "div_then_load" (i32.const -4) (i32.const 1)) "out of bounds memory access")
(assert_trap (invoke "div_of_load" (i32.const -4) (i32.const 0)) "out of bounds memory access")
(assert_trap (invoke "div_of_load" (i32.const 0) (i32.const 0)) "integer divide by zero")
(assert_trap (invoke "div_by_load" (i32.const 0)) "integer divide by zero")
(assert_trap (invoke "div_by_load" (i32.const -4)) "out of bounds memory access")
(assert_return (invoke "div_in_dead_arm" (i32.const 0) (i32.const 0)) (i32.const 7))
(assert_trap (invoke "div_in_dead_arm" (i32.const 1) (i32.const 0)) "integer divide by zero")
(assert_trap (invoke "div_before_unreachable" (i32.const 0)) "integer divide by zero")
(assert_trap (invoke "div_before_unreachable" (i32.const 1)) "unreachable")
(assert_trap (invoke "div_before_br" (i32.const 0)) "integer divide by zero")
(assert_return (invoke "div_before_br" (i32.const 1)) (i32.const 3))
(assert_trap (invoke "div_before_return" (i32.const 0)) "integer divide by zero")
(assert_return (invoke "div_before_return" (i32.const 1)) (i32.const 3))
(assert_trap (invoke "local_after_trap_in_tree" (i32.const 0)) "integer divide by zero")
(assert_return (invoke "local_after_trap_in_tree" (i32.const 2)) (i32.const 25))
(assert_trap (invoke "store_of_trap" (i32.const 0)) "integer divide by zero")
(assert_trap (invoke "store_of_trap" (i32.const 1)) "out of bounds memory access")
(assert_return (invoke "global_i64_pending") (i64.const 0x180000000))
