;; Calls: pending operands below the arguments survive, arguments are evaluated before the call changes anything, and
;; memory, globals and tables afterwards are the caller's.

(module $other
  (memory (export "memory") 1 3)
  (global $g (export "g") (mut i32) (i32.const 1000))
  (table 2 funcref)
  (elem (i32.const 0) $load $load)
  (func $load (export "load") (param i32) (result i32)
    local.get 0
    i32.load)
  (func (export "store") (param i32 i32)
    local.get 0
    local.get 1
    i32.store)
  (func (export "bump") (result i32)
    global.get $g
    i32.const 1
    i32.add
    global.set $g
    global.get $g)
  (func (export "grow") (result i32)
    i32.const 1
    memory.grow)
  (func (export "trap") (result i32)
    unreachable)
  (func (export "pass") (param i32 i32 i32) (result i32 i32 i32)
    local.get 2
    local.get 0
    local.get 1))
(register "other" $other)

(module
  (type $binary (func (param i32 i32) (result i32)))
  (type $unary (func (param i32) (result i32)))
  (import "other" "load" (func $other_load (param i32) (result i32)))
  (import "other" "store" (func $other_store (param i32 i32)))
  (import "other" "bump" (func $other_bump (result i32)))
  (import "other" "grow" (func $other_grow (result i32)))
  (import "other" "trap" (func $other_trap (result i32)))
  (import "other" "pass" (func $other_pass (param i32 i32 i32) (result i32 i32 i32)))
  (import "spectest" "print_i32" (func $print (param i32)))
  (memory 1 4)
  (global $g (mut i32) (i32.const 5))
  (table 8 funcref)
  (elem (i32.const 0) $sub $sub_reversed $other_load $twice $print)

  (func $sub (param i32 i32) (result i32) local.get 0 local.get 1 i32.sub)
  (func $sub_reversed (param i32 i32) (result i32) local.get 1 local.get 0 i32.sub)
  (func $twice (param i32) (result i32) local.get 0 i32.const 2 i32.mul)
  (func $clobber (param i32) (result i32)
    (local i32 i32 i32 i32 i32 i32 i32 i32)
    i32.const -1 local.set 1 i32.const -1 local.set 2 i32.const -1 local.set 3 i32.const -1 local.set 4
    i32.const -1 local.set 5 i32.const -1 local.set 6 i32.const -1 local.set 7 i32.const -1 local.set 8
    local.get 0)
  (func $grow (result i32)
    i32.const 1
    memory.grow)
  (func $fib (export "fib") (param $n i32) (result i32)
    local.get $n
    i32.const 2
    i32.lt_u
    if (result i32)
      local.get $n
    else
      local.get $n
      i32.const 1
      i32.sub
      call $fib
      local.get $n
      i32.const 2
      i32.sub
      call $fib
      i32.add
    end)

  (func (export "pending_local") (param $x i32) (result i32)
    local.get $x
    i32.const 7
    call $clobber
    i32.sub)
  (func (export "pending_const") (param $x i32) (result i32)
    i32.const 100
    local.get $x
    call $clobber
    i32.sub)
  (func (export "pending_temps") (param $x i32) (result i32)
    local.get $x
    i32.const 1
    i32.add
    local.get $x
    i32.const 2
    i32.add
    local.get $x
    i32.const 3
    i32.add
    call $clobber
    i32.mul
    i32.sub)
  (func (export "pending_local_then_written") (param $x i32) (result i32)
    local.get $x
    i32.const 7
    call $clobber
    local.set $x
    local.get $x
    i32.sub)
  (func (export "pending_compare") (param $x i32) (result i32)
    local.get $x
    i32.const 5
    i32.gt_s
    local.get $x
    call $clobber
    i32.const 10
    i32.mul
    i32.add)
  (func (export "arguments_reversed") (param $a i32) (param $b i32) (result i32)
    local.get $b
    local.get $a
    call $sub)
  (func (export "argument_twice") (param $a i32) (result i32)
    local.get $a
    local.get $a
    call $sub)
  (func (export "argument_teed") (param $a i32) (result i32)
    local.get $a
    local.get $a
    i32.const 10
    i32.add
    local.tee $a
    call $sub
    local.get $a
    i32.add)
  (func (export "arguments_nested") (param $a i32) (result i32)
    local.get $a
    i32.const 1
    call $sub
    local.get $a
    i32.const 2
    call $sub
    call $sub
    i32.const 50
    local.get $a
    call $sub
    call $sub)
  (func (export "result_into_argument_local") (param $a i32) (param $b i32) (result i32)
    local.get $a
    local.get $b
    call $sub
    local.set $a
    local.get $a
    local.get $b
    call $sub)
  (func (export "result_twice") (param $a i32) (result i32)
    local.get $a
    call $twice
    local.tee $a
    local.get $a
    i32.mul)
  (func (export "result_below_call") (param $a i32) (result i32)
    local.get $a
    call $twice
    i32.const 3
    call $twice
    i32.sub)
  (func (export "result_dropped") (param $a i32) (result i32)
    local.get $a
    i32.const 1
    i32.add
    local.get $a
    call $twice
    drop)
  (func (export "global_after_call") (result i32)
    global.get $g
    call $other_bump
    i32.const 0
    i32.mul
    i32.add
    global.get $g
    i32.add)

  (func (export "indirect") (param $i i32) (param $a i32) (param $b i32) (result i32)
    local.get $a
    local.get $b
    local.get $i
    call_indirect (type $binary))
  (func (export "indirect_const") (param $a i32) (param $b i32) (result i32)
    local.get $a
    local.get $b
    i32.const 1
    call_indirect (type $binary))
  (func (export "indirect_index_teed") (param $i i32) (result i32)
    ;; an argument is the old value of the local that becomes the index
    local.get $i
    i32.const 100
    local.get $i
    i32.const 1
    i32.add
    local.tee $i
    call_indirect (type $binary)
    local.get $i
    i32.add)
  (func (export "indirect_index_computed") (param $i i32) (param $a i32) (result i32)
    i32.const 1000
    local.get $a
    local.get $a
    local.get $i
    i32.const 1
    i32.and
    call_indirect (type $binary)
    i32.sub)
  (func (export "indirect_imported") (param $p i32) (result i32)
    local.get $p
    i32.const 2
    call_indirect (type $unary)
    local.get $p
    i32.load
    i32.const 1000
    i32.mul
    i32.add)
  (func (export "indirect_host")
    i32.const 1
    i32.const 4
    call_indirect (param i32))

  (func (export "memory_of_each") (param $p i32) (result i32)
    local.get $p
    i32.const 1
    i32.store
    local.get $p
    i32.const 2
    call $other_store
    local.get $p
    i32.load
    i32.const 10
    i32.mul
    local.get $p
    call $other_load
    i32.add
    i32.const 10
    i32.mul
    local.get $p
    i32.load
    i32.add)
  (func (export "host_keeps_memory") (param $p i32) (result i32)
    local.get $p
    i32.const 77
    i32.store
    i32.const 1
    call $print
    local.get $p
    i32.load)
  (func (export "grow_in_callee") (result i32)
    (local $end i32)
    ;; beyond the old end, directly after the callee grew the memory
    memory.size
    i32.const 16
    i32.shl
    local.set $end
    i32.const 0
    i32.const 42
    i32.store
    call $grow
    drop
    local.get $end
    i32.const 8
    i32.store
    local.get $end
    i32.load
    i32.const 0
    i32.load
    i32.add)
  (func (export "grow_here") (result i32)
    (local $end i32)
    memory.size
    i32.const 16
    i32.shl
    local.set $end
    i32.const 1
    memory.grow
    drop
    local.get $end
    i32.const 9
    i32.store
    local.get $end
    i32.load
    i32.const 0
    i32.load
    i32.add)
  (func (export "grow_other") (result i32)
    i32.const 4
    i32.const 6
    i32.store
    call $other_grow
    drop
    i32.const 4
    i32.load
    i32.const 0x10000
    call $other_load
    i32.add)
  (func (export "grow_other_has_not_grown_ours") (param $p i32) (result i32)
    call $other_grow
    drop
    local.get $p
    i32.load)
  (func (export "trap_in_other") (result i32)
    call $other_trap)
  (func (export "own_load") (param i32) (result i32)
    local.get 0
    i32.load)
  (func (export "passed") (param $a i32) (param $b i32) (param $c i32) (result i32)
    local.get $a
    local.get $b
    local.get $c
    call $other_pass
    i32.const 10
    i32.mul
    i32.add
    i32.const 10
    i32.mul
    i32.add)

  ;; locals are zeroed, even where other calls left their values
  (func $fresh (param $x i32) (result i64)
    (local i32 i64 f32 f64 funcref externref)
    local.get 1
    i64.extend_i32_u
    local.get 2
    i64.add
    local.get 3
    i32.reinterpret_f32
    i64.extend_i32_u
    i64.add
    local.get 4
    i64.reinterpret_f64
    i64.add
    local.get 5
    ref.is_null
    local.get 6
    ref.is_null
    i32.and
    i64.extend_i32_u
    i64.add
    local.get $x
    i32.eqz
    if
      i32.const -1 local.set 1
      i64.const -1 local.set 2
      f32.const 1 local.set 3
      f64.const 1 local.set 4
    end)
  (func (export "locals_are_fresh") (result i64)
    i32.const 1
    call $clobber
    drop
    i32.const 0
    call $fresh
    i32.const 1
    call $fresh
    i64.add)

  (func $many_arguments (param i32 i64 f32 f64 i32 i64 f32 f64 i32 i64) (result i64)
    local.get 0 i64.extend_i32_u
    local.get 1 i64.sub
    local.get 2 i64.trunc_f32_s i64.add
    local.get 3 i64.trunc_f64_s i64.sub
    local.get 4 i64.extend_i32_s i64.add
    local.get 5 i64.sub
    local.get 6 i64.trunc_f32_s i64.add
    local.get 7 i64.trunc_f64_s i64.sub
    local.get 8 i64.extend_i32_u i64.add
    local.get 9 i64.sub)
  (func (export "many_arguments") (param i32 i64 f32 f64) (result i64)
    local.get 0 local.get 1 local.get 2 local.get 3
    i32.const 5 i64.const 0x100000000
    local.get 2 local.get 2 f32.add
    local.get 3 local.get 3 f64.mul
    local.get 0 i32.const 1 i32.add
    i64.const -1
    call $many_arguments)

  (func $overflow (export "overflow") (param i32) (result i32)
    local.get 0
    i32.const 1
    i32.add
    call $overflow
    i32.const 1
    i32.add)
  (func $ping (export "ping") (result i32)
    call $pong
    i32.const 1
    i32.add)
  (func $pong (result i32)
    i32.const 5
    call_indirect (result i32))
  (elem (i32.const 5) $ping)
  (func $depth (export "depth") (param $n i32) (result i32)
    (local $a i64)
    local.get $n
    i32.eqz
    if (result i32)
      i32.const 0
    else
      local.get $n
      i32.const 1
      i32.sub
      call $depth
      i32.const 1
      i32.add
    end))

(assert_return (invoke "fib" (i32.const 20)) (i32.const 6765))
(assert_return (invoke "pending_local" (i32.const 10)) (i32.const 3))
(assert_return (invoke "pending_const" (i32.const 10)) (i32.const 90))
(assert_return (invoke "pending_temps" (i32.const 10)) (i32.const -145))
(assert_return (invoke "pending_local_then_written" (i32.const 10)) (i32.const 3))
(assert_return (invoke "pending_compare" (i32.const 10)) (i32.const 101))
(assert_return (invoke "arguments_reversed" (i32.const 10) (i32.const 3)) (i32.const -7))
(assert_return (invoke "argument_twice" (i32.const 10)) (i32.const 0))
(assert_return (invoke "argument_teed" (i32.const 10)) (i32.const 10))
(assert_return (invoke "arguments_nested" (i32.const 10)) (i32.const -39))
(assert_return (invoke "result_into_argument_local" (i32.const 10) (i32.const 3)) (i32.const 4))
(assert_return (invoke "result_twice" (i32.const 3)) (i32.const 36))
(assert_return (invoke "result_below_call" (i32.const 10)) (i32.const 14))
(assert_return (invoke "result_dropped" (i32.const 10)) (i32.const 11))
(assert_return (invoke "global_after_call") (i32.const 10))
(assert_return (invoke "indirect" (i32.const 0) (i32.const 10) (i32.const 3)) (i32.const 7))
(assert_return (invoke "indirect" (i32.const 1) (i32.const 10) (i32.const 3)) (i32.const -7))
(assert_trap (invoke "indirect" (i32.const 2) (i32.const 10) (i32.const 3)) "indirect call type mismatch")
(assert_trap (invoke "indirect" (i32.const 7) (i32.const 10) (i32.const 3)) "uninitialized element")
(assert_trap (invoke "indirect" (i32.const 8) (i32.const 10) (i32.const 3)) "undefined element")
(assert_trap (invoke "indirect" (i32.const -1) (i32.const 10) (i32.const 3)) "undefined element")
(assert_return (invoke "indirect_const" (i32.const 10) (i32.const 3)) (i32.const -7))
(assert_return (invoke "indirect_index_teed" (i32.const 0)) (i32.const 101))
(assert_return (invoke "indirect_index_computed" (i32.const 3) (i32.const 10)) (i32.const 1000))
(assert_return (invoke "memory_of_each" (i32.const 16)) (i32.const 121))
(assert_return (invoke "indirect_imported" (i32.const 16)) (i32.const 1002))
(assert_return (invoke "indirect_host"))
(assert_return (invoke "host_keeps_memory" (i32.const 20)) (i32.const 77))
(assert_return (invoke "grow_in_callee") (i32.const 50))
(assert_return (invoke "grow_here") (i32.const 51))
(assert_return (invoke "grow_other") (i32.const 6))
(assert_trap (invoke "grow_other_has_not_grown_ours" (i32.const 0x3fffd)) "out of bounds memory access")
(assert_trap (invoke "trap_in_other") "unreachable")
(assert_return (invoke "own_load" (i32.const 16)) (i32.const 1))
(assert_return (invoke "passed" (i32.const 1) (i32.const 2) (i32.const 3)) (i32.const 213))
(assert_return (invoke "locals_are_fresh") (i64.const 2))
(assert_return (invoke "many_arguments" (i32.const 1) (i64.const 2) (f32.const 3) (f64.const 4)) (i64.const -4294967300))
(assert_return (invoke "depth" (i32.const 5000)) (i32.const 5000))
(assert_exhaustion (invoke "overflow" (i32.const 0)) "call stack exhausted")
(assert_return (invoke "fib" (i32.const 10)) (i32.const 55))
(assert_exhaustion (invoke "ping") "call stack exhausted")
(assert_return (invoke "fib" (i32.const 10)) (i32.const 55))
