//! Names and secrets in hexadecimal.

use data_encoding::HEXLOWER;
use ring::digest::{SHA256, digest};

use super::id::random;

/// The SHA-256 of `bytes`, as 64 digits: a name for what is too long, or must not be kept.
pub fn sha256(bytes: impl AsRef<[u8]>) -> String {
    HEXLOWER.encode(digest(&SHA256, bytes.as_ref()).as_ref())
}

/// `N` random bytes as 2·`N` digits, which nobody guesses.
pub fn random_text<const N: usize>() -> String {
    HEXLOWER.encode(&random::<N>())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hash_is_written_as_others_write_it() {
        // FIPS 180-2, example B.1.
        let of_abc = sha256("abc");
        assert!(of_abc.starts_with("ba7816bf") && of_abc.ends_with("f20015ad"), "{of_abc}");
        assert_eq!((random_text::<3>().len(), random_text::<16>().len()), (6, 32));
    }
}
