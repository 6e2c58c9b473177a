;; Returns an address and a length that are not in its memory.
(module
  (memory (export "memory") 1)
  (func (export "allocate") (param i32) (result i32) (i32.const 0))
  (func (export "transform") (param i32 i32) (result i32 i32) (i32.const -1) (i32.const -1)))
