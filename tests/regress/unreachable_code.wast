;; Unreachable code must be validated and skipped, and must not affect the code after it: neither locals, nor pending
;; operands, nor the instructions before it.

(module
  (func $f (param i32 i32) (result i32) local.get 0)
  (func (export "set_after_br") (param i32) (result i32)
    block
      local.get 0
      i32.const 1
      i32.add
      br 0
      local.set 0
    end
    local.get 0)
  (func (export "set_after_return") (param i32) (result i32)
    block
      local.get 0
      br_if 0
      i32.const 5
      return
      local.set 0
    end
    local.get 0)
  (func (export "pending_then_dead_write") (param i32 i32) (result i32)
    local.get 0
    block
      local.get 1
      br_if 0
      br 0
      i32.const 100
      local.set 0
    end
    local.get 0
    i32.add)
  (func (export "polymorphic_operands") (param i32) (result i32)
    block (result i32)
      local.get 0
      br 0
      i32.add
      i32.const 5
      i32.mul
      call $f
      select
      drop
      i32.eqz
    end)
  (func (export "dead_blocks") (param i32) (result i32)
    block (result i32)
      local.get 0
      br 0
      block (param i32 i64) (result f32)
        drop
        drop
        f32.const 1
        br 0
      end
      drop
      loop (result i32)
        br 0
      end
      if (result i32)
        i32.const 1
      else
        unreachable
      end
      br_if 0
      br_table 0 0
    end)
  (func (export "dead_if_without_else") (param i32) (result i32)
    block
      br 0
      if
        i32.const 1
        local.set 0
      end
    end
    local.get 0)
  (func (export "dead_tee") (param i32) (result i32)
    block (result i32)
      local.get 0
      br 0
      local.tee 0
      local.tee 0
    end)
  (func (export "then_dead") (param i32) (result i32)
    local.get 0
    if (result i32)
      i32.const 7
      return
    else
      local.get 0
      i32.const 9
      i32.add
    end
    i32.const 1
    i32.add)
  (func (export "else_dead") (param i32) (result i32)
    local.get 0
    if (result i32)
      local.get 0
      i32.const 9
      i32.add
    else
      i32.const 7
      return
    end
    i32.const 1
    i32.add)
  (func (export "both_dead") (param i32) (result i32)
    local.get 0
    if (result i32)
      i32.const 8
      return
    else
      i32.const 7
      return
    end
    i32.const 1
    i32.add)
  (func (export "then_dead_no_result") (param i32) (result i32)
    (local i32)
    i32.const 4
    local.set 1
    local.get 0
    if
      unreachable
    else
      i32.const 5
      local.set 1
    end
    local.get 1)
  (func (export "end_reached_only_by_br") (param i32) (result i32)
    block (result i32)
      block
        local.get 0
        br_if 0
        i32.const 3
        br 1
      end
      i32.const 4
      br 0
    end
    i32.const 10
    i32.mul)
  (func (export "loop_without_end") (param i32) (result i32)
    loop (result i32)
      local.get 0
      i32.const 1
      i32.sub
      local.tee 0
      br_if 0
      i32.const 42
      return
    end
    drop
    i32.const 0)
  (func (export "infinite_loop_left_by_br") (param i32) (result i32)
    block (result i32)
      loop
        local.get 0
        i32.const 2
        i32.mul
        local.set 0
        local.get 0
        local.get 0
        i32.const 100
        i32.gt_s
        br_if 1
        drop
        br 0
      end
      unreachable
    end)
  (func (export "br_table_then_dead") (param i32) (result i32)
    block
      block
        local.get 0
        br_table 0 1
        i32.const 5
        local.set 0
      end
      i32.const 10
      return
    end
    local.get 0)
  (func (export "unreachable_value") (result i32)
    unreachable
    i32.const 5)
  (func (export "unreachable_only") (result i64)
    unreachable)
  (func (export "return_then_code") (param i32) (result i32)
    local.get 0
    return
    i32.const 1
    i32.add
    local.set 0
    local.get 0)
  (func (export "br_function_then_code") (param i32) (result i32)
    local.get 0
    br 0
    drop
    i32.const 1)
  (func (export "pending_under_dead_block") (param i32) (result i32)
    local.get 0
    i32.const 3
    i32.mul
    block (result i32)
      i32.const 2
      br 0
      i32.const 3
      local.get 0
      i32.add
    end
    i32.sub)
  (func (export "typed_select_dead") (param i32) (result i32)
    block (result i32)
      local.get 0
      br 0
      select (result i32)
    end)
  (func (export "memory_dead") (result i32)
    block (result i32)
      i32.const 1
      br 0
      f64.convert_i32_u
      i64.trunc_f64_s
      i64.eqz
    end)
  (func (export "nested_dead_ends") (param i32) (result i32)
    block
      block
        block
          br 2
          block
            loop
              br 0
            end
          end
        end
        i32.const 1
        local.set 0
      end
      i32.const 2
      local.set 0
    end
    local.get 0)
  (func (export "dead_call") (param i32) (result i32)
    block (result i32)
      local.get 0
      br 0
      call $f
      i32.const 0
      call $f
    end)
  (func (export "dead_return_in_live_block") (param i32) (result i32)
    block (result i32)
      i32.const 3
      local.get 0
      br_if 0
      return
      i32.const 4
    end
    i32.const 100
    i32.add))

(assert_return (invoke "set_after_br" (i32.const 7)) (i32.const 7))
(assert_return (invoke "set_after_return" (i32.const 7)) (i32.const 7))
(assert_return (invoke "set_after_return" (i32.const 0)) (i32.const 5))
(assert_return (invoke "pending_then_dead_write" (i32.const 7) (i32.const 0)) (i32.const 14))
(assert_return (invoke "pending_then_dead_write" (i32.const 7) (i32.const 1)) (i32.const 14))
(assert_return (invoke "polymorphic_operands" (i32.const 7)) (i32.const 7))
(assert_return (invoke "dead_blocks" (i32.const 7)) (i32.const 7))
(assert_return (invoke "dead_if_without_else" (i32.const 7)) (i32.const 7))
(assert_return (invoke "dead_tee" (i32.const 7)) (i32.const 7))
(assert_return (invoke "then_dead" (i32.const 7)) (i32.const 7))
(assert_return (invoke "then_dead" (i32.const 0)) (i32.const 10))
(assert_return (invoke "else_dead" (i32.const 7)) (i32.const 17))
(assert_return (invoke "else_dead" (i32.const 0)) (i32.const 7))
(assert_return (invoke "both_dead" (i32.const 7)) (i32.const 8))
(assert_return (invoke "both_dead" (i32.const 0)) (i32.const 7))
(assert_return (invoke "then_dead_no_result" (i32.const 0)) (i32.const 5))
(assert_trap (invoke "then_dead_no_result" (i32.const 1)) "unreachable")
(assert_return (invoke "end_reached_only_by_br" (i32.const 0)) (i32.const 30))
(assert_return (invoke "end_reached_only_by_br" (i32.const 1)) (i32.const 40))
(assert_return (invoke "loop_without_end" (i32.const 3)) (i32.const 42))
(assert_return (invoke "infinite_loop_left_by_br" (i32.const 3)) (i32.const 192))
(assert_return (invoke "br_table_then_dead" (i32.const 0)) (i32.const 10))
(assert_return (invoke "br_table_then_dead" (i32.const 9)) (i32.const 9))
(assert_trap (invoke "unreachable_value") "unreachable")
(assert_trap (invoke "unreachable_only") "unreachable")
(assert_return (invoke "return_then_code" (i32.const 7)) (i32.const 7))
(assert_return (invoke "br_function_then_code" (i32.const 7)) (i32.const 7))
(assert_return (invoke "pending_under_dead_block" (i32.const 7)) (i32.const 19))
(assert_return (invoke "typed_select_dead" (i32.const 7)) (i32.const 7))
(assert_return (invoke "memory_dead") (i32.const 1))
(assert_return (invoke "nested_dead_ends" (i32.const 7)) (i32.const 7))
(assert_return (invoke "dead_call" (i32.const 7)) (i32.const 7))
(assert_return (invoke "dead_return_in_live_block" (i32.const 1)) (i32.const 103))
(assert_return (invoke "dead_return_in_live_block" (i32.const 0)) (i32.const 3))
