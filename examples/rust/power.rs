//! Calls libm's pow as V8 would, through a trampoline: power [SERVER].

use std::ffi::{c_void, CStr, CString};
use std::mem::{size_of, transmute, MaybeUninit};
use std::os::raw::{c_char, c_double, c_int};
use std::process::ExitCode;
use std::ptr::{null, null_mut};

/// springboard.h, as far as this program needs it.
mod springboard {
    use super::*;

    #[repr(C)]
    pub struct Options {
        pub struct_size: usize,
        pub pack: *const c_char,
        pub server: *const c_char,
        pub in_process: c_int,
        pub require_remote: c_int,
        pub timeout_ms: i64,
        pub server_patience_ms: i64,
        pub cache_bytes: usize,
        pub reserve_bytes: usize,
        pub way: *const c_char,
        pub tls_authorities: *const c_char,
        pub tls_certificate: *const c_char,
        pub tls_key: *const c_char,
        pub tls_server_name: *const c_char,
        pub token_file: *const c_char,
        pub signing_keys: *const c_char,
    }

    #[repr(C)]
    pub struct Symbol {
        pub name: *const c_char,
        pub signature: *const c_char,
        pub symbol: *const c_char,
        pub is_optional: c_int,
    }

    #[repr(C)]
    #[derive(Default)]
    pub struct Stats {
        pub struct_size: usize,
        pub from_pack: u64,
        pub from_server: u64,
        pub from_process: u64,
    }

    pub enum Client {}
    pub enum Error {}
    pub enum Library {}

    #[link(name = "springboard")]
    extern "C" {
        pub fn springboard_options_init_sized(options: *mut Options, struct_size: usize);
        pub fn springboard_client_create(
            options: *const Options,
            error: *mut *mut Error,
        ) -> *mut Client;
        pub fn springboard_client_stats(client: *const Client, stats: *mut Stats);
        pub fn springboard_client_free(client: *mut Client);
        pub fn springboard_link_library(
            client: *mut Client,
            path: *const c_char,
            symbols: *const Symbol,
            count: usize,
            call: *const c_void,
            error: *mut *mut Error,
        ) -> *mut Library;
        pub fn springboard_library_entry(
            library: *const Library,
            name: *const c_char,
        ) -> *const c_void;
        pub fn springboard_library_free(library: *mut Library);
        pub fn springboard_error_message(error: *const Error) -> *const c_char;
        pub fn springboard_error_free(error: *mut Error);
    }
}
use springboard::*;

/// The error's text; frees it.
unsafe fn take(error: *mut Error) -> String {
    let message = CStr::from_ptr(springboard_error_message(error)).to_string_lossy().into_owned();
    springboard_error_free(error);
    message
}

struct OwnedClient(*mut Client);
impl Drop for OwnedClient {
    fn drop(&mut self) {
        unsafe { springboard_client_free(self.0) }
    }
}

struct OwnedLibrary(*mut Library);
impl Drop for OwnedLibrary {
    fn drop(&mut self) {
        unsafe { springboard_library_free(self.0) }
    }
}

fn run(server: Option<CString>) -> Result<(f64, Stats), String> {
    unsafe {
        let mut options = MaybeUninit::<Options>::uninit();
        springboard_options_init_sized(options.as_mut_ptr(), size_of::<Options>());
        let mut options = options.assume_init();
        options.server = server.as_ref().map_or(null(), |address| address.as_ptr());

        let mut error = null_mut();
        let client = springboard_client_create(&options, &mut error);
        if client.is_null() {
            return Err(take(error));
        }
        let client = OwnedClient(client);

        let name = CString::new("pow").unwrap();
        let signature = CString::new("f64(f64,f64)").unwrap();
        let path = CString::new("libm.so.6").unwrap();
        let symbol = Symbol {
            name: name.as_ptr(),
            signature: signature.as_ptr(),
            symbol: null(),
            is_optional: 0,
        };
        let libm = springboard_link_library(client.0, path.as_ptr(), &symbol, 1, null(), &mut error);
        if libm.is_null() {
            return Err(take(error));
        }
        let libm = OwnedLibrary(libm);

        // What v8::CFunction takes. Here we are V8: the receiver comes first.
        let entry = springboard_library_entry(libm.0, name.as_ptr());
        let power: extern "C" fn(*mut c_void, c_double, c_double) -> c_double = transmute(entry);
        let mut stats = Stats { struct_size: size_of::<Stats>(), ..Stats::default() };
        springboard_client_stats(client.0, &mut stats);
        Ok((power(null_mut(), 2.0, 10.0), stats))
    }
}

fn main() -> ExitCode {
    let server = std::env::args().nth(1).map(|address| CString::new(address).unwrap());
    match run(server) {
        Ok((power, stats)) => {
            println!("{}", power);
            println!(
                "trampolines: {} from the server, {} from this process",
                stats.from_server, stats.from_process
            );
            ExitCode::SUCCESS
        }
        Err(message) => {
            eprintln!("power: {}", message);
            ExitCode::FAILURE
        }
    }
}
