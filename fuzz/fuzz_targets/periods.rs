//! See `fuzz::periods`.
#![no_main]

libfuzzer_sys::fuzz_target!(|input: fuzz::Times| fuzz::periods(input));
