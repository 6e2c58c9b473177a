;; Takes what it can get.
(module
  (memory 1)
  (func (export "spin") (loop $more (br $more)))
  (func (export "grow") (result i32)
    (loop $more (br_if $more (i32.ne (memory.grow (i32.const 1)) (i32.const -1))))
    (memory.size))
  (func $recurse (export "recurse") (call $recurse)))
