//! The report as a reader sees it: opened in headless Chromium, without a network.

use std::path::Path;
use std::process::{Command, Stdio};

use crate::world::{Ended, Scratch, own_studies, run, skip};

/// A Chromium that starts, under any of its names.
fn chromium() -> Option<&'static str> {
    ["chromium", "chromium-browser", "google-chrome"].into_iter().find(|name| {
        Command::new(name)
            .arg("--version")
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status()
            .is_ok_and(|status| status.success())
    })
}

/// Opens a page; the DOM after its scripts have run, and what it wrote to the console.
fn open(browser: &str, page: &Path, profile: &Path) -> (String, Vec<String>) {
    let output = Command::new(browser)
        .args(["--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"])
        // No network: whatever the report needs, it must carry.
        .args(["--proxy-server=127.0.0.1:9", "--disable-background-networking", "--no-first-run"])
        .args(["--enable-logging=stderr", "--virtual-time-budget=4000", "--dump-dom"])
        .arg(format!("--user-data-dir={}", profile.display()))
        .arg(format!("file://{}", page.display()))
        .output()
        .expect("the browser starts");
    let ended = Ended::from(output);
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    let console = ended.stderr.lines().filter(|line| line.contains(":CONSOLE")).map(str::to_owned).collect();
    (ended.stdout, console)
}

#[test]
fn the_report_opens_without_a_network_and_without_complaints() {
    let Some(browser) = chromium() else {
        return skip("the_report_opens_without_a_network_and_without_complaints: Chromium is not installed");
    };
    let scratch = Scratch::new("browser");
    let ran = run(own_studies(), &format!("study run coin impossible -o {}", scratch.0.display()));
    assert_eq!(ran.code, Some(2), "{}", ran.stderr);

    let (dom, console) = open(browser, &scratch.0.join("report.html"), &scratch.0.join("profile"));
    assert!(console.is_empty(), "{console:#?}");
    for shown in [
        "coin/fair",
        "coin/bent",
        "impossible/coin",
        "Heads come up half of the time.",
        "five standard errors of a fair coin",
        "a probability lies between 0 and 1",
        "--seed 1",
    ] {
        assert!(dom.contains(shown), "the report does not show '{shown}'");
    }
    // A figure is drawn inside the page, and nothing is fetched from elsewhere.
    assert!(dom.contains("<svg"), "no figure is drawn");
    for fetched in ["src=\"http", "href=\"http", "src=\"//", "@import", "url(http"] {
        assert!(!dom.contains(fetched), "the report fetches something: {fetched}");
    }
}

#[test]
fn the_console_is_heard() {
    let Some(browser) = chromium() else { return skip("the_console_is_heard: Chromium is not installed") };
    let scratch = Scratch::new("console");
    let page = scratch.0.join("page.html");
    std::fs::write(&page, "<!doctype html><p id=a></p><script>a.textContent='drawn';missing()</script>")
        .unwrap();
    let (dom, console) = open(browser, &page, &scratch.0.join("profile"));
    assert!(dom.contains("drawn"), "{dom}");
    assert_eq!(console.len(), 1, "{console:#?}");
    assert!(console[0].contains("missing is not defined"), "{console:#?}");
}
