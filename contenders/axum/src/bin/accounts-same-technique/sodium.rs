//! libsodium's argon2id in memory that a thread keeps.
//!
//! libsodium maps 19 MiB for each hash and unmaps them after it, which costs as much again as the
//! hash.  It is linked statically with `mmap` and `munmap` wrapped (see `build.rs`): the wrappers
//! lend the thread's kept region while it hashes, and pass everything else on.

use std::alloc::{Layout, alloc, dealloc, handle_alloc_error};
use std::cell::Cell;
use std::ffi::{c_char, c_int, c_ulonglong, c_void};
use std::io;
use std::ptr::null_mut;

use accounts::password::{HASH_BYTES, MEMORY_KIB, PASSES, SALT_BYTES};
use accounts::store::Error;

const ARGON2ID13: c_int = 2;
const MEMORY_BYTES: usize = MEMORY_KIB as usize * 1024;
const HUGE_PAGE: usize = 2 * 1024 * 1024;

unsafe extern "C" {
    fn sodium_init() -> c_int;
    fn crypto_pwhash(
        out: *mut u8,
        out_bytes: c_ulonglong,
        password: *const c_char,
        password_bytes: c_ulonglong,
        salt: *const u8,
        passes: c_ulonglong,
        memory_bytes: usize,
        algorithm: c_int,
    ) -> c_int;
    fn __real_mmap(
        at: *mut c_void,
        bytes: usize,
        protection: c_int,
        flags: c_int,
        file: c_int,
        offset: libc::off_t,
    ) -> *mut c_void;
    fn __real_munmap(at: *mut c_void, bytes: usize) -> c_int;
}

pub fn init() -> Result<(), Error> {
    match unsafe { sodium_init() } {
        -1 => Err("libsodium does not start".into()),
        _ => Ok(()),
    }
}

pub fn derive(password: &[u8], salt: &[u8; SALT_BYTES]) -> Result<[u8; HASH_BYTES], Error> {
    let mut hash = [0; HASH_BYTES];
    OFFERED.set(KEPT.with(|region| region.0));
    let status = unsafe {
        crypto_pwhash(
            hash.as_mut_ptr(),
            hash.len() as c_ulonglong,
            password.as_ptr().cast(),
            password.len() as c_ulonglong,
            salt.as_ptr(),
            PASSES.into(),
            MEMORY_BYTES,
            ARGON2ID13,
        )
    };
    OFFERED.set(null_mut());
    if status == 0 {
        Ok(hash)
    } else {
        Err(io::Error::last_os_error().into())
    }
}

thread_local! {
    static KEPT: Region = Region::new();
    /// What the wrappers may lend: null but while this thread hashes.
    static OFFERED: Cell<*mut c_void> = const { Cell::new(null_mut()) };
}

struct Region(*mut c_void);

impl Region {
    const LAYOUT: Layout = match Layout::from_size_align(MEMORY_BYTES, HUGE_PAGE) {
        Ok(layout) => layout,
        Err(_) => panic!("no layout"),
    };

    fn new() -> Self {
        let region: *mut c_void = unsafe { alloc(Self::LAYOUT) }.cast();
        if region.is_null() {
            handle_alloc_error(Self::LAYOUT);
        }
        // A wish: where it is not granted the memory works all the same.
        unsafe { libc::madvise(region, MEMORY_BYTES, libc::MADV_HUGEPAGE) };
        Self(region)
    }
}

impl Drop for Region {
    fn drop(&mut self) {
        unsafe { dealloc(self.0.cast(), Self::LAYOUT) };
    }
}

#[unsafe(no_mangle)]
unsafe extern "C" fn __wrap_mmap(
    at: *mut c_void,
    bytes: usize,
    protection: c_int,
    flags: c_int,
    file: c_int,
    offset: libc::off_t,
) -> *mut c_void {
    let offered = OFFERED.get();
    if offered.is_null() || !at.is_null() || file != -1 || bytes != MEMORY_BYTES {
        return unsafe { __real_mmap(at, bytes, protection, flags, file, offset) };
    }
    offered
}

#[unsafe(no_mangle)]
unsafe extern "C" fn __wrap_munmap(at: *mut c_void, bytes: usize) -> c_int {
    if at.is_null() || at != OFFERED.get() {
        return unsafe { __real_munmap(at, bytes) };
    }
    0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kept_memory_gives_the_same_hashes() {
        init().unwrap();
        let first = derive(b"correct horse", b"0123456789abcdef").unwrap();
        let other = derive(b"battery staple", b"0123456789abcdef").unwrap();
        assert_ne!(first, other);
        assert_eq!(
            first,
            derive(b"correct horse", b"0123456789abcdef").unwrap()
        );
    }
}
