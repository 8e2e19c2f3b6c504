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

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::{Path, PathBuf};

    /// Every page below a folder.
    fn pages(folder: &Path) -> Vec<PathBuf> {
        let mut found = Vec::new();
        for entry in fs::read_dir(folder).expect("the folder is there") {
            let path = entry.expect("readable").path();
            if path.is_dir() {
                found.extend(pages(&path));
            } else if path.extension().is_some_and(|extension| extension == "md") {
                found.push(path);
            }
        }
        found
    }

    /// Targets of links and pictures that are files of this repository.
    fn local_links(text: &str) -> Vec<&str> {
        let targets = text.split("](").skip(1).filter_map(|rest| rest.split(')').next());
        targets
            .filter(|target| {
                !target.contains("://") && !target.starts_with('#') && !target.contains(char::is_whitespace)
            })
            .map(|target| target.split('#').next().unwrap_or(target))
            .collect()
    }

    #[test]
    fn every_link_leads_somewhere_and_every_page_is_in_the_summary() {
        let book = crate::root().join("docs/src");
        let mut all = pages(&book);
        let summary = fs::read_to_string(book.join("SUMMARY.md")).expect("the summary");
        let listed: Vec<PathBuf> =
            local_links(&summary).into_iter().map(|target| book.join(target)).collect();
        for page in all.iter().filter(|page| !page.ends_with("SUMMARY.md")) {
            assert!(listed.contains(page), "{} is not in the summary", page.display());
        }
        all.extend(["README.md", "CONTRIBUTING.md"].map(|name| crate::root().join(name)));
        let mut count = 0;
        for page in &all {
            let text = fs::read_to_string(page).expect("a page");
            let folder = page.parent().expect("a page is in a folder");
            for target in local_links(&text) {
                assert!(
                    folder.join(target).exists(),
                    "{} links to {target}, which is not there",
                    page.display()
                );
                count += 1;
            }
        }
        assert!(count >= 15, "only {count} links were found");
    }

    #[test]
    fn the_book_needs_no_network() {
        // Equations are text: mdBook's own support of MathJax loads it from elsewhere.
        let settings = fs::read_to_string(crate::root().join("docs/book.toml")).expect("the settings");
        assert!(!settings.contains("mathjax-support = true"));
        for page in pages(&crate::root().join("docs/src")) {
            let text = fs::read_to_string(&page).expect("a page");
            assert!(!text.contains("$$") && !text.contains("\\\\("), "{} has LaTeX", page.display());
        }
    }
}
