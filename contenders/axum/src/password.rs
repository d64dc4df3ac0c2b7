//! Stored hashes: argon2id in the PHC string form, with one set of parameters.

use base64::Engine;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use subtle::ConstantTimeEq;

use crate::store::Error;

pub const MEMORY_KIB: u32 = 19 * 1024;
pub const PASSES: u32 = 2;
pub const SALT_BYTES: usize = 16;
pub const HASH_BYTES: usize = 32;

/// What stands before salt and hash; a test holds it to the constants above.
const PREFIX: &str = "$argon2id$v=19$m=19456,t=2,p=1$";

/// Argon2id of a password and a salt with the parameters above, by one library or another.
pub type Derive = fn(&[u8], &[u8; SALT_BYTES]) -> Result<[u8; HASH_BYTES], Error>;

pub fn hash(derive: Derive, password: &str) -> Result<String, Error> {
    let mut salt = [0; SALT_BYTES];
    getrandom::fill(&mut salt)?;
    let hash = derive(password.as_bytes(), &salt)?;
    Ok(format!(
        "{PREFIX}{}${}",
        STANDARD_NO_PAD.encode(salt),
        STANDARD_NO_PAD.encode(hash)
    ))
}

pub fn verify(derive: Derive, stored: &str, password: &str) -> Result<bool, Error> {
    let (salt, hash) = parse(stored).ok_or("a stored hash has another form")?;
    Ok(derive(password.as_bytes(), &salt)?.ct_eq(&hash).into())
}

fn parse(stored: &str) -> Option<([u8; SALT_BYTES], [u8; HASH_BYTES])> {
    let (salt, hash) = stored.strip_prefix(PREFIX)?.split_once('$')?;
    let decode = |text| STANDARD_NO_PAD.decode(text).ok();
    Some((
        decode(salt)?.try_into().ok()?,
        decode(hash)?.try_into().ok()?,
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_prefix_names_the_parameters() {
        assert_eq!(
            PREFIX,
            format!("$argon2id$v=19$m={MEMORY_KIB},t={PASSES},p=1$")
        );
    }
}
