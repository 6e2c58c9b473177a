;; A constant that fits no immediate, and the zero of `i64.eqz`, were written to the same slot if neither had an
;; accumulator.
(module
  (func (export "eqz") (result i32) (i64.eqz (i64.const 0x123456789abcdef0)))
  (func (export "branch") (result i32)
    (block (br_if 0 (i64.eqz (i64.const -3136179115690830804))) (return (i32.const 1)))
    (i32.const 2))
  (func (export "select") (result i32) (select (i32.const 1) (i32.const 2) (i64.eqz (i64.const 0x8000000000000000))))
  (func (export "sub") (result i64) (i64.sub (i64.const 0x123456789abcdef0) (i64.const 16)))
  (func (export "sub from") (result i64) (i64.sub (i64.const 16) (i64.const 0x123456789abcdef0)))
  (func (export "both") (result i64) (i64.mul (i64.const 0x100000001) (i64.const 0x100000003)))
  (func (export "less") (result i32) (i64.lt_s (i64.const 0x123456789abcdef0) (i64.const -5)))
  (func (export "more") (result i32) (i64.lt_u (i64.const 0x123456789abcdef0) (i64.const -5)))
)

(assert_return (invoke "eqz") (i32.const 0))
(assert_return (invoke "branch") (i32.const 1))
(assert_return (invoke "select") (i32.const 2))
(assert_return (invoke "sub") (i64.const 0x123456789abcdee0))
(assert_return (invoke "sub from") (i64.const -0x123456789abcdee0))
(assert_return (invoke "both") (i64.const 0x400000003))
(assert_return (invoke "less") (i32.const 0))
(assert_return (invoke "more") (i32.const 1))
