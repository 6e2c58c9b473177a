;; Imports of one module under one name: each with its type, or all with the same. Where they stand among others decides
;; which index each import has.

(module
  (func (export "one") (result i32) (i32.const 1))
  (func (export "two") (result i32) (i32.const 2))
  (func (export "eight") (result i64) (i64.const 8))
  (global (export "ten") i32 (i32.const 10))
  (global (export "twenty") i32 (i32.const 20))
  (memory (export "memory") 1 1)
  (table (export "table") 2 2 funcref)
  (tag (export "tag") (param i32))
)
(register "m")

(module
  (import "m" (item "eight" (func $eight (result i64))) (item "ten" (global $ten i32)) (item "one" (func $one (result i32))))
  (import "m" "two" (func $two (result i32)))
  (import "m" (item "two") (item "one") (item "two") (func (result i32)))
  (import "m" (item "memory" (memory $memory 1)) (item "table" (table $table 2 funcref)) (item "tag" (tag $tag (param i32))))
  (import "m" (item "twenty") (item "ten") (global i32))
  (import "m")
  (import "m" (func (param i64)))
  (global $last i32 (i32.const 30))
  (func (export "calls") (result i32)
    (i32.add (i32.mul (i32.const 1000) (call 1)) (i32.add (i32.mul (i32.const 100) (call $two))
      (i32.add (i32.mul (i32.const 10) (call 4)) (call 5)))))
  (func (export "globals") (result i32 i32 i32 i32)
    (global.get $ten) (global.get 1) (global.get 2) (global.get $last))
  (func (export "eight") (result i64) (call $eight))
  (func (export "throws") (throw $tag (i32.const 0)))
  (func (export "size") (result i32) (i32.add (memory.size $memory) (table.size $table)))
)
(assert_return (invoke "calls") (i32.const 1212))
(assert_return (invoke "globals") (i32.const 10) (i32.const 20) (i32.const 10) (i32.const 30))
(assert_return (invoke "eight") (i64.const 8))
(assert_return (invoke "size") (i32.const 3))
(assert_exception (invoke "throws"))

;; Each of them is looked up and compared.
(assert_unlinkable (module (import "m" (item "one" (func (result i32))) (item "three" (func)))) "unknown import")
(assert_unlinkable (module (import "m" (item "one") (item "three") (func (result i32)))) "unknown import")
(assert_unlinkable (module (import "m" (item "one") (item "eight") (func (result i32)))) "incompatible import type")

;; The binary form. A module without imports in such a list imports nothing.
(module binary "\00asm" "\01\00\00\00" "\01\05\01\60\00\01\7f"
  "\02\0d" "\02" "\01x" "\00\7f" "\00" "\01x" "\00\7e" "\00\00" "\00")
(module binary "\00asm" "\01\00\00\00" "\01\05\01\60\00\01\7f"
  "\02\17" "\02" "\01m" "\00\7f" "\01" "\03one" "\00\00" "\01m" "\00\7e" "\00\00" "\01" "\03two"
  "\07\05" "\01" "\01f" "\00\01")
(assert_return (invoke "f") (i32.const 2))

;; The list ends too early, has too many items, or comes after a name.
(assert_malformed
  (module binary "\00asm" "\01\00\00\00" "\01\05\01\60\00\01\7f"
    "\02\0c" "\01" "\01m" "\00\7f" "\02" "\03one" "\00\00")
  "unexpected end")
(assert_malformed
  (module binary "\00asm" "\01\00\00\00" "\01\05\01\60\00\01\7f"
    "\02\0c" "\01" "\01m" "\00\7e" "\00\00" "\02" "\03one")
  "unexpected end")
(assert_malformed
  (module binary "\00asm" "\01\00\00\00" "\01\05\01\60\00\01\7f"
    "\02\0d" "\01" "\01m" "\01x\7f" "\01" "\03one" "\00\00")
  "malformed import kind")
(assert_malformed
  (module binary "\00asm" "\01\00\00\00" "\01\05\01\60\00\01\7f"
    "\02\0c" "\01" "\01m" "\00\7d" "\01" "\03one" "\00\00")
  "malformed import kind")
;; A list in a list.
(assert_malformed
  (module binary "\00asm" "\01\00\00\00" "\01\05\01\60\00\01\7f"
    "\02\0f" "\01" "\01m" "\00\7f" "\01" "\00\7f" "\01" "\03one" "\00\00")
  "malformed import kind")
(assert_invalid
  (module (import "m" (item "one") (item "two") (func (type 1))))
  "unknown type")

(assert_malformed (module quote "(import \"m\" (item \"one\") (func $f (result i32)))") "identifier not allowed")
(assert_malformed (module quote "(import \"m\" (item \"one\" (func)) (item \"two\"))") "unexpected token")
(assert_malformed (module quote "(import \"m\" (item \"one\" (func)) (func))") "unexpected token")
(assert_malformed (module quote "(import \"m\" (item (func)))") "unexpected token")
(assert_malformed (module quote "(func) (import \"m\" (item \"one\" (func)))") "import after function")
