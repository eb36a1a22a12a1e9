//! See `fuzz::prices`.
#![no_main]

libfuzzer_sys::fuzz_target!(|input: fuzz::Order| fuzz::prices(input));
