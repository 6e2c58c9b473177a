#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| wasmote_fuzz::api(input));
