//! One fault for each thing that clippy.toml and Cargo.toml forbid by name; not compiled. `tests/run` shows this file to
//! clippy and counts what it finds.

pub fn clock() -> std::time::SystemTime {
    std::time::SystemTime::now()
}

pub fn environment() -> Option<std::ffi::OsString> {
    std::env::var_os("HOME")
}

pub fn rounded(yuan: f64) -> bool {
    yuan > 0.5
}

pub fn terminal() {
    println!("done");
}
