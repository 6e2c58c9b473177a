;; Tail calls: the new arguments are computed from the old ones, and then overwrite them. The frame may become larger or
;; smaller, and belong to another instance, for any number of calls.

(module $other
  (memory 1)
  (data (i32.const 0) "\07")
  (func (export "load") (param i32) (result i32) local.get 0 i32.load8_u)
  (func (export "swap") (param i32 i32) (result i32 i32) local.get 1 local.get 0))
(register "tail_other" $other)

(module
  (type $ii (func (param i32 i32) (result i32)))
  (type $pair (func (param i32 i32) (result i32 i32)))
  (import "tail_other" "load" (func $other_load (param i32) (result i32)))
  (import "tail_other" "swap" (func $other_swap (param i32 i32) (result i32 i32)))
  (memory 1)
  (data (i32.const 0) "\09")
  (table 4 funcref)
  (elem (i32.const 0) $sub $other_swap $count_indirect)

  (func $sub (param i32 i32) (result i32) local.get 0 local.get 1 i32.sub)
  (func $sub3 (param i32 i32 i32) (result i32) local.get 0 local.get 1 i32.sub local.get 2 i32.sub)
  (func $first (param i32) (result i32) local.get 0)
  (func $digits (param i32 i32 i32 i32) (result i32)
    local.get 0 i32.const 10 i32.mul
    local.get 1 i32.add i32.const 10 i32.mul
    local.get 2 i32.add i32.const 10 i32.mul
    local.get 3 i32.add)

  (func (export "swapped") (param i32 i32) (result i32) local.get 1 local.get 0 return_call $sub)
  (func (export "same") (param i32 i32) (result i32) local.get 0 local.get 1 return_call $sub)
  (func (export "const_then_param") (param i32 i32) (result i32) i32.const 100 local.get 0 return_call $sub)
  (func (export "computed_then_param") (param i32 i32) (result i32)
    local.get 0 local.get 1 i32.add local.get 0 return_call $sub)
  (func (export "more_arguments") (param i32) (result i32)
    i32.const 100 local.get 0 local.get 0 return_call $sub3)
  (func (export "fewer_arguments") (param i32 i32 i32 i32) (result i32) local.get 3 return_call $first)
  (func (export "reversed") (param i32 i32 i32 i32) (result i32)
    local.get 3 local.get 2 local.get 1 local.get 0 return_call $digits)
  (func (export "rotated") (param i32 i32 i32 i32) (result i32)
    local.get 1 local.get 2 local.get 3 local.get 0 return_call $digits)
  (func (export "from_locals") (param i32) (result i32)
    (local i32 i32 i32)
    i32.const 1 local.set 1
    i32.const 2 local.set 2
    i32.const 3 local.set 3
    local.get 2 local.get 0 local.get 3 local.get 1 return_call $digits)
  (func (export "with_pending") (param i32 i32) (result i32)
    i32.const 55
    local.get 0
    i32.const 1
    i32.add
    local.get 1
    local.get 0
    return_call $sub)
  (func (export "in_arm") (param i32 i32) (result i32)
    i32.const 1
    local.get 0
    if (param i32) (result i32)
      drop
      local.get 1
      local.get 0
      return_call $sub
    end
    local.get 1
    i32.add)
  (func (export "indirect_swapped") (param i32 i32 i32) (result i32)
    local.get 1 local.get 0 local.get 2 return_call_indirect (type $ii))
  (func (export "indirect_index_first") (param i32 i32) (result i32)
    ;; the index is in the slot of an argument
    i32.const 50 local.get 1 local.get 0 return_call_indirect (type $ii))
  (func (export "indirect_pair") (param i32 i32) (result i32 i32)
    local.get 0 local.get 1 i32.const 1 return_call_indirect (type $pair))
  (func (export "import_swapped") (param i32 i32) (result i32 i32)
    local.get 1 local.get 0 return_call $other_swap)
  (func $via_import (param i32) (result i32) local.get 0 return_call $other_load)
  (func (export "memory_after_import") (result i32)
    i32.const 0
    call $via_import
    i32.const 10
    i32.mul
    i32.const 0
    i32.load8_u
    i32.add)
  (func $count (export "count") (param i32 i64) (result i64)
    local.get 0
    i32.eqz
    if (result i64)
      local.get 1
    else
      local.get 0
      i32.const 1
      i32.sub
      local.get 1
      i64.const 2
      i64.add
      return_call $count
    end)
  (func $count_indirect (export "count_indirect") (param i32 i64) (result i64)
    local.get 0
    i32.eqz
    if
      local.get 1
      return
    end
    local.get 0
    i32.const 1
    i32.sub
    local.get 1
    i64.const 3
    i64.add
    i32.const 2
    return_call_indirect (param i32 i64) (result i64))
  (func $even (export "even") (param i32) (result i32)
    local.get 0
    i32.eqz
    if
      i32.const 1
      return
    end
    local.get 0
    i32.const 1
    i32.sub
    return_call $odd)
  ;; a larger frame than the other function's
  (func $odd (param i32) (result i32)
    (local i64 i64 i64 i64 i64 i64 i64 i64)
    local.get 0
    i32.eqz
    if
      local.get 8
      i32.wrap_i64
      return
    end
    i64.const -1
    local.set 8
    local.get 0
    i32.const 1
    i32.sub
    return_call $even)
  (func (export "fresh_locals") (param i32) (result i32)
    (local i32)
    local.get 1
    if
      unreachable
    end
    i32.const 1
    local.set 1
    local.get 0
    return_call $first)
  (func (export "trap_in_callee") (param i32) (result i32)
    i32.const 0 local.get 0 i32.const 3 return_call_indirect (type $ii)))

(assert_return (invoke "swapped" (i32.const 10) (i32.const 3)) (i32.const -7))
(assert_return (invoke "same" (i32.const 10) (i32.const 3)) (i32.const 7))
(assert_return (invoke "const_then_param" (i32.const 10) (i32.const 3)) (i32.const 90))
(assert_return (invoke "computed_then_param" (i32.const 10) (i32.const 3)) (i32.const 3))
(assert_return (invoke "more_arguments" (i32.const 10)) (i32.const 80))
(assert_return (invoke "fewer_arguments" (i32.const 1) (i32.const 2) (i32.const 3) (i32.const 4)) (i32.const 4))
(assert_return (invoke "reversed" (i32.const 1) (i32.const 2) (i32.const 3) (i32.const 4)) (i32.const 4321))
(assert_return (invoke "rotated" (i32.const 1) (i32.const 2) (i32.const 3) (i32.const 4)) (i32.const 2341))
(assert_return (invoke "from_locals" (i32.const 9)) (i32.const 2931))
(assert_return (invoke "with_pending" (i32.const 10) (i32.const 3)) (i32.const -7))
(assert_return (invoke "in_arm" (i32.const 10) (i32.const 3)) (i32.const -7))
(assert_return (invoke "in_arm" (i32.const 0) (i32.const 3)) (i32.const 4))
(assert_return (invoke "indirect_swapped" (i32.const 10) (i32.const 3) (i32.const 0)) (i32.const -7))
(assert_trap (invoke "indirect_swapped" (i32.const 10) (i32.const 3) (i32.const 1)) "indirect call type mismatch")
(assert_trap (invoke "indirect_swapped" (i32.const 10) (i32.const 3) (i32.const 3)) "uninitialized element")
(assert_trap (invoke "indirect_swapped" (i32.const 10) (i32.const 3) (i32.const 4)) "undefined element")
(assert_return (invoke "indirect_index_first" (i32.const 0) (i32.const 3)) (i32.const 47))
(assert_return (invoke "indirect_pair" (i32.const 1) (i32.const 3)) (i32.const 3) (i32.const 1))
(assert_return (invoke "import_swapped" (i32.const 1) (i32.const 3)) (i32.const 1) (i32.const 3))
(assert_return (invoke "memory_after_import") (i32.const 79))
(assert_return (invoke "count" (i32.const 1000000) (i64.const 1)) (i64.const 2000001))
(assert_return (invoke "count_indirect" (i32.const 1000000) (i64.const 1)) (i64.const 3000001))
(assert_return (invoke "even" (i32.const 100000)) (i32.const 1))
(assert_return (invoke "even" (i32.const 100001)) (i32.const 0))
(assert_return (invoke "fresh_locals" (i32.const 5)) (i32.const 5))
(assert_return (invoke "fresh_locals" (i32.const 6)) (i32.const 6))
(assert_trap (invoke "trap_in_callee" (i32.const 6)) "uninitialized element")
