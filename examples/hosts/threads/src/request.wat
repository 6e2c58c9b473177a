;; Answers with the square of the request's number, plus what is in its memory, which is zero.
(module
  (import "host" "request" (func $request (result i64)))
  (memory 1)
  (func (export "answer") (result i64)
    (local $number i64)
    (local.set $number (call $request))
    (local.set $number (i64.add (i64.mul (local.get $number) (local.get $number)) (i64.load (i32.const 8))))
    (i64.store (i32.const 8) (i64.const 1000000))
    (local.get $number)))
