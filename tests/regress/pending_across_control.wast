;; Operands that stay on the stack while control flow forks have the same value on every path, although a local that
;; they came from is written on one path only.

(module
  (memory 1)
  (global $g (mut i32) (i32.const 0))

  (func (export "if_writes") (param $x i32) (param $c i32) (result i32)
    local.get $x
    local.get $c
    if
      i32.const 100
      local.set $x
    end
    local.get $x
    i32.const 1000
    i32.mul
    i32.add)

  (func (export "else_writes") (param $x i32) (param $c i32) (result i32)
    local.get $x
    local.get $c
    if
    else
      i32.const 100
      local.set $x
    end
    local.get $x
    i32.const 1000
    i32.mul
    i32.add)

  (func (export "block_writes_after_br_if") (param $x i32) (param $c i32) (result i32)
    local.get $x
    block
      local.get $c
      br_if 0
      i32.const 100
      local.set $x
    end
    local.get $x
    i32.const 1000
    i32.mul
    i32.add)

  (func (export "block_writes_before_br_if") (param $x i32) (param $c i32) (result i32)
    local.get $x
    block
      i32.const 100
      local.set $x
      local.get $c
      br_if 0
      i32.const 200
      local.set $x
    end
    local.get $x
    i32.const 1000
    i32.mul
    i32.add)

  (func (export "loop_writes") (param $x i32) (param $n i32) (result i32)
    ;; the pending x is saved once, not in each iteration
    local.get $x
    loop
      local.get $x
      i32.const 1
      i32.add
      local.set $x
      local.get $n
      i32.const 1
      i32.sub
      local.tee $n
      br_if 0
    end
    local.get $x
    i32.const 1000
    i32.mul
    i32.add)

  (func (export "loop_writes_late") (param $x i32) (param $n i32) (result i32)
    ;; x is written only after a backward branch was taken
    local.get $x
    loop
      local.get $n
      i32.const 1
      i32.sub
      local.tee $n
      i32.const 2
      i32.gt_s
      br_if 0
      local.get $x
      i32.const 5
      i32.add
      local.set $x
      local.get $n
      br_if 0
    end
    local.get $x
    i32.const 1000
    i32.mul
    i32.add)

  (func (export "inside_loop_pending") (param $n i32) (result i32)
    ;; pending in the loop itself, and written in an arm
    (local $sum i32)
    loop
      local.get $sum
      local.get $n
      i32.const 1
      i32.and
      if
        i32.const 0
        local.set $sum
      end
      local.get $n
      i32.add
      local.set $sum
      local.get $n
      i32.const 1
      i32.sub
      local.tee $n
      br_if 0
    end
    local.get $sum)

  (func (export "nested_ifs") (param $x i32) (param $c i32) (param $d i32) (result i32)
    local.get $x
    local.get $c
    if
      local.get $d
      if
        i32.const 100
        local.set $x
      else
        local.get $x
        i32.const 1
        local.set $x
        local.get $x
        i32.add
        local.set $x
      end
    end
    local.get $x
    i32.const 1000
    i32.mul
    i32.add)

  (func (export "br_table_writes") (param $x i32) (param $i i32) (result i32)
    local.get $x
    block
      block
        block
          local.get $i
          br_table 0 1 2
        end
        i32.const 100
        local.set $x
        br 1
      end
      i32.const 200
      local.set $x
    end
    local.get $x
    i32.const 1000
    i32.mul
    i32.add)

  (func (export "compare_pending_over_block") (param $a i32) (param $b i32) (result i32)
    local.get $a
    local.get $b
    i32.lt_u
    block
      local.get $a
      br_if 0
      i32.const 77
      local.set $b
    end
    if (result i32)
      local.get $b
    else
      i32.const -1
    end)

  (func (export "const_pending_over_loop") (param $n i32) (result i32)
    i32.const 1000
    loop
      local.get $n
      i32.const 1
      i32.sub
      local.tee $n
      br_if 0
    end
    local.get $n
    i32.sub)

  (func (export "temp_pending_over_loop") (param $n i32) (result i32)
    local.get $n
    i32.const 3
    i32.mul
    loop
      local.get $n
      i32.const 1
      i32.sub
      local.tee $n
      br_if 0
    end
    local.get $n
    i32.sub)

  (func (export "global_pending") (param $c i32) (result i32)
    i32.const 5
    global.set $g
    global.get $g
    local.get $c
    if
      i32.const 100
      global.set $g
    end
    global.get $g
    i32.const 1000
    i32.mul
    i32.add)

  (func (export "global_pending_straight") (result i32)
    i32.const 5
    global.set $g
    global.get $g
    i32.const 7
    global.set $g
    global.get $g
    i32.const 10
    i32.mul
    i32.add)

  (func (export "load_pending") (param $c i32) (result i32)
    i32.const 8
    i32.const 5
    i32.store
    i32.const 8
    i32.load
    local.get $c
    if
      i32.const 8
      i32.const 100
      i32.store
    end
    i32.const 8
    i32.load
    i32.const 1000
    i32.mul
    i32.add)

  (func (export "load_pending_straight") (result i32)
    i32.const 8
    i32.const 5
    i32.store
    i32.const 8
    i32.load
    i32.const 8
    i32.const 100
    i32.store
    i32.const 8
    i32.load
    i32.const 1000
    i32.mul
    i32.add)

  (func (export "load_pending_over_fill") (result i32)
    i32.const 8
    i32.const 5
    i32.store
    i32.const 8
    i32.load
    (memory.fill (i32.const 8) (i32.const 1) (i32.const 4))
    i32.const 8
    i32.load
    i32.add)

  (func (export "size_pending_over_grow") (result i32)
    memory.size
    i32.const 2
    memory.grow
    i32.const 10
    i32.mul
    i32.add
    memory.size
    i32.const 100
    i32.mul
    i32.add)

  (func (export "local_of_three_levels") (param $x i32) (result i32)
    ;; pending at three depths, each written further inside
    local.get $x
    block (result i32)
      i32.const 2
      local.set $x
      local.get $x
      block (result i32)
        i32.const 3
        local.set $x
        local.get $x
        block (result i32)
          i32.const 4
          local.set $x
          local.get $x
        end
        i32.const 10
        i32.mul
        i32.add
      end
      i32.const 10
      i32.mul
      i32.add
    end
    i32.const 10
    i32.mul
    i32.add)

  (func (export "pending_at_return_in_arm") (param $x i32) (param $c i32) (result i32)
    local.get $x
    local.get $c
    if
      i32.const 9
      local.set $x
      local.get $x
      return
    end
    local.get $x
    i32.add)

  (func (export "pending_then_unreachable_arm") (param $x i32) (param $c i32) (result i32)
    local.get $x
    local.get $c
    if
      i32.const 9
      local.set $x
      unreachable
    end
    local.get $x
    i32.const 10
    i32.mul
    i32.add))

(assert_return (invoke "if_writes" (i32.const 7) (i32.const 0)) (i32.const 7007))
(assert_return (invoke "if_writes" (i32.const 7) (i32.const 1)) (i32.const 100007))
(assert_return (invoke "else_writes" (i32.const 7) (i32.const 0)) (i32.const 100007))
(assert_return (invoke "else_writes" (i32.const 7) (i32.const 1)) (i32.const 7007))
(assert_return (invoke "block_writes_after_br_if" (i32.const 7) (i32.const 0)) (i32.const 100007))
(assert_return (invoke "block_writes_after_br_if" (i32.const 7) (i32.const 1)) (i32.const 7007))
(assert_return (invoke "block_writes_before_br_if" (i32.const 7) (i32.const 0)) (i32.const 200007))
(assert_return (invoke "block_writes_before_br_if" (i32.const 7) (i32.const 1)) (i32.const 100007))
(assert_return (invoke "loop_writes" (i32.const 7) (i32.const 1)) (i32.const 8007))
(assert_return (invoke "loop_writes" (i32.const 7) (i32.const 4)) (i32.const 11007))
(assert_return (invoke "loop_writes_late" (i32.const 7) (i32.const 1)) (i32.const 12007))
(assert_return (invoke "loop_writes_late" (i32.const 7) (i32.const 5)) (i32.const 22007))
(assert_return (invoke "inside_loop_pending" (i32.const 5)) (i32.const 15))
(assert_return (invoke "nested_ifs" (i32.const 7) (i32.const 0) (i32.const 0)) (i32.const 7007))
(assert_return (invoke "nested_ifs" (i32.const 7) (i32.const 1) (i32.const 0)) (i32.const 8007))
(assert_return (invoke "nested_ifs" (i32.const 7) (i32.const 1) (i32.const 1)) (i32.const 100007))
(assert_return (invoke "br_table_writes" (i32.const 7) (i32.const 0)) (i32.const 100007))
(assert_return (invoke "br_table_writes" (i32.const 7) (i32.const 1)) (i32.const 200007))
(assert_return (invoke "br_table_writes" (i32.const 7) (i32.const 2)) (i32.const 7007))
(assert_return (invoke "br_table_writes" (i32.const 7) (i32.const -1)) (i32.const 7007))
(assert_return (invoke "compare_pending_over_block" (i32.const 0) (i32.const 1)) (i32.const 77))
(assert_return (invoke "compare_pending_over_block" (i32.const 0) (i32.const 0)) (i32.const -1))
(assert_return (invoke "compare_pending_over_block" (i32.const 1) (i32.const 2)) (i32.const 2))
(assert_return (invoke "const_pending_over_loop" (i32.const 3)) (i32.const 1000))
(assert_return (invoke "temp_pending_over_loop" (i32.const 3)) (i32.const 9))
(assert_return (invoke "global_pending" (i32.const 0)) (i32.const 5005))
(assert_return (invoke "global_pending" (i32.const 1)) (i32.const 100005))
(assert_return (invoke "global_pending_straight") (i32.const 75))
(assert_return (invoke "load_pending" (i32.const 0)) (i32.const 5005))
(assert_return (invoke "load_pending" (i32.const 1)) (i32.const 100005))
(assert_return (invoke "load_pending_straight") (i32.const 100005))
(assert_return (invoke "load_pending_over_fill") (i32.const 0x01010106))
(assert_return (invoke "size_pending_over_grow") (i32.const 311))
(assert_return (invoke "local_of_three_levels" (i32.const 1)) (i32.const 4321))
(assert_return (invoke "pending_at_return_in_arm" (i32.const 7) (i32.const 0)) (i32.const 14))
(assert_return (invoke "pending_at_return_in_arm" (i32.const 7) (i32.const 1)) (i32.const 9))
(assert_return (invoke "pending_then_unreachable_arm" (i32.const 7) (i32.const 0)) (i32.const 77))
(assert_trap (invoke "pending_then_unreachable_arm" (i32.const 7) (i32.const 1)) "unreachable")
