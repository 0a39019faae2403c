//! Links nothing but what the compiler itself calls. What is missing then stays a symbol without a definition, which
//! `.ci/no_panic` looks for.

fn main() {
    for argument in ["-nostartfiles", "-nostdlib", "-Wl,--gc-sections"] {
        println!("cargo::rustc-link-arg-cdylib={argument}");
    }
}
