//! See `fuzz::shares`.
#![no_main]

libfuzzer_sys::fuzz_target!(|input: fuzz::Lines| fuzz::shares(input));
