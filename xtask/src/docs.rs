//! `cargo xtask docs`: the API documentation and the book.

use crate::step;

/// Builds both. Nothing is installed; what is missing is named.
pub(crate) fn run() -> bool {
    let api = step::run(
        "cargo doc",
        step::cargo()
            .args(["doc", "--release", "--workspace", "--no-deps", "--exclude", "xtask"])
            .env("RUSTDOCFLAGS", "-D warnings"),
    );
    if api.success {
        println!("API: {}", crate::target().join("doc/attractorlab/index.html").display());
    }
    if !step::there("mdbook", "--version") {
        println!("\nThe book was not built: mdbook is missing (cargo install mdbook --locked).");
        return false;
    }
    let book = step::run("mdbook build", step::command("mdbook".as_ref()).args(["build", "docs"]));
    if book.success {
        println!("book: {}", crate::root().join("docs/book/index.html").display());
    }
    api.success && book.success
}
