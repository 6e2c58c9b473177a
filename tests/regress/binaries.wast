;; Encodings that text cannot express: numbers with more bytes than they need.

;; call_indirect with table 0 in five bytes
(module binary
  "\00asm\01\00\00\00"
  "\01\05\01\60\00\01\7f"             ;; type 0: () -> i32
  "\03\03\02\00\00"                    ;; two functions
  "\04\04\01\70\00\01"                 ;; a table of one
  "\07\05\01\01f\00\01"                ;; export function 1
  "\09\07\01\00\41\00\0b\01\00"        ;; element 0 is function 0
  "\0a\13\02"
  "\04\00\41\2a\0b"
  "\0c\00\41\00\11\80\00\80\80\80\80\00\0b"
)
(assert_return (invoke "f") (i32.const 42))

;; constants, indices and offsets in their longest forms
(module binary
  "\00asm\01\00\00\00"
  "\01\07\01\60\02\7f\7e\01\7e"        ;; type 0: (i32, i64) -> i64
  "\03\02\01\00"
  "\05\03\01\00\01"
  "\07\05\01\01f\00\00"
  "\0a\29\01"
  "\27\00"
  "\20\80\80\80\80\00"                 ;; local.get 0
  "\42\fe\ff\ff\ff\ff\ff\ff\ff\ff\7f"  ;; i64.const -2
  "\37\83\80\80\80\00\90\80\80\80\00"  ;; i64.store offset=16
  "\20\00\29\03\10"                    ;; i64.load offset=16
  "\20\81\00\7c\0b"                    ;; local.get 1, i64.add
)
(assert_return (invoke "f" (i32.const 8) (i64.const 5)) (i64.const 3))
(assert_trap (invoke "f" (i32.const 65520) (i64.const 5)) "out of bounds memory access")

;; locals in many groups, some empty
(module binary
  "\00asm\01\00\00\00"
  "\01\06\01\60\01\7f\01\7f"
  "\03\02\01\00"
  "\07\05\01\01f\00\00"
  "\0a\19\01"
  "\17\06\00\7f\02\7e\00\7c\01\7f\00\7d\80\80\00\7f"
  "\20\00\22\03\20\03\6a\0b"
)
(assert_return (invoke "f" (i32.const 21)) (i32.const 42))
