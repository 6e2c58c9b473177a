;; Loops that copy or fill memory byte by byte: what they write, also when they trap or overlap.

(module
  (memory 1 1)
  (data (i32.const 0) "abcdefgh")
  (func $copy (export "copy") (param $to i32) (param $from i32) (param $n i32) (result i32 i32 i32)
    (loop $l
      (i32.store8 (local.get $to) (i32.load8_u (local.get $from)))
      (local.set $to (i32.add (local.get $to) (i32.const 1)))
      (local.set $from (i32.add (local.get $from) (i32.const 1)))
      (br_if $l (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
    (local.get $to) (local.get $from) (local.get $n))
  (func (export "copy down") (param $to i32) (param $from i32) (param $n i32) (result i32)
    (loop $l
      (local.set $n (i32.sub (local.get $n) (i32.const 1)))
      (i32.store8 (i32.add (local.get $to) (local.get $n)) (i32.load8_u (i32.add (local.get $from) (local.get $n))))
      (br_if $l (local.get $n)))
    (local.get $n))
  (func (export "fill") (param $to i32) (param $end i32) (param $value i64) (result i32)
    (loop $l
      (i64.store (local.get $to) (local.get $value))
      (br_if $l (i32.lt_s (local.tee $to (i32.add (local.get $to) (i32.const 8))) (local.get $end))))
    (local.get $to))
  (func (export "count") (param $to i32) (param $n i32) (result i32 i32)
    (local $i i32)
    (loop $l
      (i32.store8 offset=100 (i32.add (local.get $to) (local.get $i)) (i32.const 7))
      (br_if $l (i32.ne (local.tee $i (i32.add (local.get $i) (i32.const 1))) (local.get $n))))
    (local.get $i) (i32.load8_u offset=99 (i32.add (local.get $to) (local.get $n))))
  (func (export "i32") (param i32) (result i32) (i32.load (local.get 0)))
  (func (export "i64") (param i32) (result i64) (i64.load (local.get 0))))

(assert_return (invoke "copy" (i32.const 100) (i32.const 0) (i32.const 8)) (i32.const 108) (i32.const 8) (i32.const 0))
(assert_return (invoke "i64" (i32.const 100)) (i64.const 0x6867666564636261))
(assert_return (invoke "copy" (i32.const 200) (i32.const 0) (i32.const 1)) (i32.const 201) (i32.const 1) (i32.const 0))
(assert_return (invoke "i64" (i32.const 200)) (i64.const 0x61))

;; The ranges overlap: what was written is read again.
(assert_return (invoke "copy" (i32.const 101) (i32.const 100) (i32.const 15)) (i32.const 116) (i32.const 115) (i32.const 0))
(assert_return (invoke "i64" (i32.const 108)) (i64.const 0x6161616161616161))
(assert_return (invoke "copy" (i32.const 303) (i32.const 300) (i32.const 9)) (i32.const 312) (i32.const 309) (i32.const 0))
(assert_return (invoke "copy" (i32.const 300) (i32.const 0) (i32.const 3)) (i32.const 303) (i32.const 3) (i32.const 0))
(assert_return (invoke "copy" (i32.const 303) (i32.const 300) (i32.const 9)) (i32.const 312) (i32.const 309) (i32.const 0))
(assert_return (invoke "i64" (i32.const 300)) (i64.const 0x6261636261636261))
(assert_return (invoke "copy down" (i32.const 1) (i32.const 0) (i32.const 8)) (i32.const 0))
(assert_return (invoke "i64" (i32.const 1)) (i64.const 0x6867666564636261))

;; All bytes in front of the end are written before the trap.
(assert_trap (invoke "copy" (i32.const 65532) (i32.const 1) (i32.const 100)) "out of bounds memory access")
(assert_return (invoke "i32" (i32.const 65532)) (i32.const 0x64636261))
(assert_trap (invoke "fill" (i32.const 65500) (i32.const 70000) (i64.const -1)) "out of bounds memory access")
(assert_return (invoke "i32" (i32.const 65528)) (i32.const -1))
(assert_return (invoke "i32" (i32.const 65532)) (i32.const 0x64636261))
;; A counter that starts at zero goes around.
(assert_trap (invoke "copy" (i32.const 400) (i32.const 0) (i32.const 0)) "out of bounds memory access")

;; The end lies in front of the start: one iteration.
(assert_return (invoke "fill" (i32.const 1000) (i32.const -5) (i64.const 0x0102030405060708)) (i32.const 1008))
(assert_return (invoke "fill" (i32.const 1000) (i32.const 1033) (i64.const 0x0102030405060708)) (i32.const 1040))
(assert_return (invoke "i64" (i32.const 1032)) (i64.const 0x0102030405060708))
(assert_return (invoke "i64" (i32.const 1040)) (i64.const 0))

;; An offset is added without wrapping.
(assert_return (invoke "count" (i32.const 1000) (i32.const 50)) (i32.const 50) (i32.const 7))
(assert_trap (invoke "count" (i32.const -50) (i32.const 50)) "out of bounds memory access")
