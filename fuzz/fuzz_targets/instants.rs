//! See `fuzz::instants`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| fuzz::instants(data));
