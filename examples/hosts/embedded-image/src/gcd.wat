(module
  (func $gcd (export "gcd") (param $a i32) (param $b i32) (result i32)
    (if (result i32) (local.get $b)
      (then (return_call $gcd (local.get $b) (i32.rem_u (local.get $a) (local.get $b))))
      (else (local.get $a)))))
