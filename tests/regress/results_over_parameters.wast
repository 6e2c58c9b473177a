;; Results are returned in the slots of parameters. A result must not overwrite a parameter that another result, or the
;; code after a branch that is not taken, still reads.

(module
  (type $two (func (param i32 i32) (result i32 i32)))
  (table 4 funcref)
  (elem (i32.const 0) $swap $minus $three_to_two $swap_const)

  (func $swap (export "swap") (param i32 i32) (result i32 i32)
    local.get 1
    local.get 0)

  (func $swap_const (param i32 i32) (result i32 i32)
    i32.const 7
    local.get 0)

  (func (export "const_then_param") (param i32) (result i32 i32)
    i32.const 7
    local.get 0)

  (func (export "param_second") (param i32) (result i32 i32 i32)
    i32.const 7
    i32.const 8
    local.get 0)

  (func (export "rotate_left") (param i32 i32 i32) (result i32 i32 i32)
    local.get 1
    local.get 2
    local.get 0)

  (func (export "rotate_right") (param i32 i32 i32) (result i32 i32 i32)
    local.get 2
    local.get 0
    local.get 1)

  (func (export "reverse_four") (param i32 i32 i32 i32) (result i32 i32 i32 i32)
    local.get 3
    local.get 2
    local.get 1
    local.get 0)

  (func (export "shift_up") (param i32 i32 i32) (result i32 i32 i32 i32)
    i32.const 0
    local.get 0
    local.get 1
    local.get 2)

  (func (export "shift_down") (param i32 i32 i32 i32) (result i32 i32 i32)
    local.get 1
    local.get 2
    local.get 3)

  (func (export "same_twice") (param i32 i32) (result i32 i32 i32)
    local.get 1
    local.get 1
    local.get 0)

  (func (export "two_cycles") (param i32 i32 i32 i32) (result i32 i32 i32 i32)
    local.get 1
    local.get 0
    local.get 3
    local.get 2)

  (func (export "computed_then_param") (param i32 i32) (result i32 i32)
    local.get 0
    local.get 1
    i32.add
    local.get 0)

  (func (export "param_then_computed") (param i32 i32) (result i32 i32)
    local.get 1
    local.get 0
    local.get 1
    i32.sub)

  (func (export "computed_both") (param i32 i32) (result i32 i32)
    local.get 0
    local.get 1
    i32.add
    local.get 0
    local.get 1
    i32.sub)

  (func (export "return_swapped") (param i32 i32) (result i32 i32)
    local.get 1
    local.get 0
    return)

  (func (export "return_from_depth") (param i32 i32 i32) (result i32 i32)
    i32.const 100
    block
      i32.const 200
      local.get 2
      if
        i32.const 300
        local.get 1
        local.get 0
        return
      end
      drop
    end
    drop
    local.get 0
    local.get 1)

  (func (export "br_if_function_swapped") (param i32 i32 i32) (result i32 i32)
    ;; not taken: the parameters are unchanged
    local.get 1
    local.get 0
    local.get 2
    br_if 0
    drop
    drop
    local.get 0
    i32.const 10
    i32.mul
    local.get 1
    i32.const 10
    i32.mul)

  (func (export "br_if_function_one") (param i32 i32) (result i32)
    i32.const 77
    local.get 1
    br_if 0
    local.get 0
    i32.add)

  (func (export "br_if_on_what_is_overwritten") (param i32 i32) (result i32 i32)
    ;; the condition is a parameter that the results overwrite
    i32.const 5
    i32.const 6
    local.get 0
    br_if 0
    drop
    drop
    local.get 1
    local.get 0)

  (func (export "br_if_compare_on_what_is_overwritten") (param i32 i32) (result i32 i32)
    i32.const 5
    i32.const 6
    local.get 0
    local.get 1
    i32.lt_s
    br_if 0
    drop
    drop
    local.get 1
    local.get 0)

  (func (export "br_table_function_swapped") (param i32 i32 i32) (result i32 i32)
    block (result i32 i32)
      local.get 1
      local.get 0
      local.get 2
      br_table 0 1
    end
    i32.const 100
    i32.add)

  (func (export "br_table_on_what_is_overwritten") (param i32 i32) (result i32 i32)
    block (result i32 i32)
      local.get 1
      i32.const 3
      local.get 0
      br_table 0 1
    end
    i32.const 100
    i32.add)

  (func (export "if_arm_returns_swapped") (param i32 i32 i32) (result i32 i32)
    local.get 2
    if (result i32 i32)
      local.get 1
      local.get 0
    else
      local.get 0
      local.get 1
    end)

  (func $pair (param i32) (result i32 i32)
    local.get 0
    local.get 0
    i32.const 1
    i32.add)

  (func (export "results_of_call_swapped") (param i32) (result i32 i32)
    (local $a i32) (local $b i32)
    local.get 0
    call $pair
    local.set $a
    local.set $b
    local.get $a
    local.get $b)

  (func (export "results_of_call_passed_on") (param i32) (result i32 i32)
    local.get 0
    call $pair
    call $swap
    call $swap
    call $swap)

  (func $minus (param i32 i32) (result i32 i32)
    local.get 0
    local.get 1
    i32.sub
    local.get 1
    local.get 0
    i32.sub)

  (func $three_to_two (param i32 i32 i32) (result i32 i32)
    local.get 2
    local.get 1)

  (func (export "indirect_swap") (param i32 i32 i32) (result i32 i32)
    local.get 0
    local.get 1
    local.get 2
    call_indirect (type $two))

  (func (export "more_results_than_params_over_pending") (param i32) (result i32)
    ;; the results reach beyond the arguments, into unused slots
    i32.const 1000
    local.get 0
    i32.add
    local.get 0
    call $many
    i32.add
    i32.add
    i32.add
    i32.add
    i32.sub)

  (func $many (param i32) (result i32 i32 i32 i32 i32)
    local.get 0
    i32.const 1
    i32.add
    local.get 0
    i32.const 2
    i32.add
    local.get 0
    i32.const 3
    i32.add
    local.get 0
    local.get 0)

  (func (export "i64_swap") (param i64 i64) (result i64 i64)
    local.get 1
    local.get 0)

  (func (export "mixed_types") (param i32 i64 f32 f64) (result f64 f32 i64 i32)
    local.get 3
    local.get 2
    local.get 1
    local.get 0)

  (func (export "f64_const_then_param") (param f64) (result f64 f64)
    f64.const 0.1
    local.get 0))

(assert_return (invoke "swap" (i32.const 1) (i32.const 2)) (i32.const 2) (i32.const 1))
(assert_return (invoke "const_then_param" (i32.const 1)) (i32.const 7) (i32.const 1))
(assert_return (invoke "param_second" (i32.const 1)) (i32.const 7) (i32.const 8) (i32.const 1))
(assert_return (invoke "rotate_left" (i32.const 1) (i32.const 2) (i32.const 3)) (i32.const 2) (i32.const 3) (i32.const 1))
(assert_return (invoke "rotate_right" (i32.const 1) (i32.const 2) (i32.const 3)) (i32.const 3) (i32.const 1) (i32.const 2))
(assert_return (invoke "reverse_four" (i32.const 1) (i32.const 2) (i32.const 3) (i32.const 4))
  (i32.const 4) (i32.const 3) (i32.const 2) (i32.const 1))
(assert_return (invoke "shift_up" (i32.const 1) (i32.const 2) (i32.const 3))
  (i32.const 0) (i32.const 1) (i32.const 2) (i32.const 3))
(assert_return (invoke "shift_down" (i32.const 1) (i32.const 2) (i32.const 3) (i32.const 4))
  (i32.const 2) (i32.const 3) (i32.const 4))
(assert_return (invoke "same_twice" (i32.const 1) (i32.const 2)) (i32.const 2) (i32.const 2) (i32.const 1))
(assert_return (invoke "two_cycles" (i32.const 1) (i32.const 2) (i32.const 3) (i32.const 4))
  (i32.const 2) (i32.const 1) (i32.const 4) (i32.const 3))
(assert_return (invoke "computed_then_param" (i32.const 5) (i32.const 2)) (i32.const 7) (i32.const 5))
(assert_return (invoke "param_then_computed" (i32.const 5) (i32.const 2)) (i32.const 2) (i32.const 3))
(assert_return (invoke "computed_both" (i32.const 5) (i32.const 2)) (i32.const 7) (i32.const 3))
(assert_return (invoke "return_swapped" (i32.const 5) (i32.const 2)) (i32.const 2) (i32.const 5))
(assert_return (invoke "return_from_depth" (i32.const 5) (i32.const 2) (i32.const 1)) (i32.const 2) (i32.const 5))
(assert_return (invoke "return_from_depth" (i32.const 5) (i32.const 2) (i32.const 0)) (i32.const 5) (i32.const 2))
(assert_return (invoke "br_if_function_swapped" (i32.const 5) (i32.const 2) (i32.const 1)) (i32.const 2) (i32.const 5))
(assert_return (invoke "br_if_function_swapped" (i32.const 5) (i32.const 2) (i32.const 0)) (i32.const 50) (i32.const 20))
(assert_return (invoke "br_if_function_one" (i32.const 5) (i32.const 1)) (i32.const 77))
(assert_return (invoke "br_if_function_one" (i32.const 5) (i32.const 0)) (i32.const 82))
(assert_return (invoke "br_if_on_what_is_overwritten" (i32.const 1) (i32.const 2)) (i32.const 5) (i32.const 6))
(assert_return (invoke "br_if_on_what_is_overwritten" (i32.const 0) (i32.const 2)) (i32.const 2) (i32.const 0))
(assert_return (invoke "br_if_compare_on_what_is_overwritten" (i32.const 1) (i32.const 2)) (i32.const 5) (i32.const 6))
(assert_return (invoke "br_if_compare_on_what_is_overwritten" (i32.const 3) (i32.const 2)) (i32.const 2) (i32.const 3))
(assert_return (invoke "br_table_function_swapped" (i32.const 5) (i32.const 2) (i32.const 0)) (i32.const 2) (i32.const 105))
(assert_return (invoke "br_table_function_swapped" (i32.const 5) (i32.const 2) (i32.const 1)) (i32.const 2) (i32.const 5))
(assert_return (invoke "br_table_on_what_is_overwritten" (i32.const 0) (i32.const 9)) (i32.const 9) (i32.const 103))
(assert_return (invoke "br_table_on_what_is_overwritten" (i32.const 1) (i32.const 9)) (i32.const 9) (i32.const 3))
(assert_return (invoke "if_arm_returns_swapped" (i32.const 5) (i32.const 2) (i32.const 1)) (i32.const 2) (i32.const 5))
(assert_return (invoke "if_arm_returns_swapped" (i32.const 5) (i32.const 2) (i32.const 0)) (i32.const 5) (i32.const 2))
(assert_return (invoke "results_of_call_swapped" (i32.const 5)) (i32.const 6) (i32.const 5))
(assert_return (invoke "results_of_call_passed_on" (i32.const 5)) (i32.const 6) (i32.const 5))
(assert_return (invoke "indirect_swap" (i32.const 5) (i32.const 2) (i32.const 0)) (i32.const 2) (i32.const 5))
(assert_return (invoke "indirect_swap" (i32.const 5) (i32.const 2) (i32.const 1)) (i32.const 3) (i32.const -3))
(assert_return (invoke "indirect_swap" (i32.const 5) (i32.const 2) (i32.const 3)) (i32.const 7) (i32.const 5))
(assert_trap (invoke "indirect_swap" (i32.const 5) (i32.const 2) (i32.const 2)) "indirect call type mismatch")
(assert_trap (invoke "indirect_swap" (i32.const 5) (i32.const 2) (i32.const 4)) "undefined element")
(assert_return (invoke "more_results_than_params_over_pending" (i32.const 10)) (i32.const 954))
(assert_return (invoke "i64_swap" (i64.const 0x100000001) (i64.const 0x200000002)) (i64.const 0x200000002) (i64.const 0x100000001))
(assert_return (invoke "mixed_types" (i32.const -1) (i64.const -2) (f32.const -3) (f64.const -4))
  (f64.const -4) (f32.const -3) (i64.const -2) (i32.const -1))
(assert_return (invoke "f64_const_then_param" (f64.const 3)) (f64.const 0.1) (f64.const 3))
