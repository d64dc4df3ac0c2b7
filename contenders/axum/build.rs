//! Finds the system's libsodium for the form that hashes with it.

fn main() {
    #[cfg(feature = "same-technique")]
    {
        let directory = pkg_config::get_variable("libsodium", "libdir").expect("libsodium");
        println!("cargo::rustc-link-search=native={directory}");
        println!("cargo::rustc-link-lib=static=sodium");
        println!("cargo::rustc-link-arg-bins=-Wl,--wrap=mmap,--wrap=munmap");
    }
}
