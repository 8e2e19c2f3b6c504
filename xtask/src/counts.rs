//! Counting tests from what the test runners print.

use std::fmt;
use std::ops::AddAssign;

/// How many passed, failed, and were skipped.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Counts {
    pub(crate) passed: usize,
    pub(crate) failed: usize,
    pub(crate) skipped: usize,
}

impl Counts {
    /// One check that passed or failed.
    pub(crate) fn one(success: bool) -> Self {
        Self { passed: usize::from(success), failed: usize::from(!success), skipped: 0 }
    }

    /// A runner that failed without a failed test (a build error, a crash) is one failure.
    pub(crate) fn checked(mut self, success: bool) -> Self {
        if !success && self.failed == 0 {
            self.failed = 1;
        }
        self
    }

    /// Tests that found at run time that they could not do their work: they passed for the runner only.
    pub(crate) fn not_really_run(mut self, count: usize) -> Self {
        let moved = count.min(self.passed);
        self.passed -= moved;
        self.skipped += moved;
        self
    }
}

impl AddAssign for Counts {
    fn add_assign(&mut self, other: Self) {
        self.passed += other.passed;
        self.failed += other.failed;
        self.skipped += other.skipped;
    }
}

impl fmt::Display for Counts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} passed, {} failed", self.passed, self.failed)?;
        if self.skipped > 0 {
            write!(f, ", {} skipped", self.skipped)?;
        }
        Ok(())
    }
}

/// Adds up `NUMBER WORD` pairs of a summary such as `3 passed, 1 failed, 2 skipped`.
fn summary(text: &str) -> Counts {
    let mut counts = Counts::default();
    let words: Vec<&str> = text
        .split(|c: char| c.is_whitespace() || c == ',' || c == ';')
        .filter(|word| !word.is_empty())
        .collect();
    for pair in words.windows(2) {
        let Ok(number) = pair[0].parse::<usize>() else { continue };
        match pair[1] {
            "passed" | "xfailed" => counts.passed += number,
            "failed" | "error" | "errors" | "xpassed" | "exec" | "timed" => counts.failed += number,
            "skipped" | "ignored" => counts.skipped += number,
            _ => {}
        }
    }
    counts
}

/// `cargo test`: one `test result:` line a binary.
pub(crate) fn cargo_test(output: &str) -> Counts {
    let mut counts = Counts::default();
    for line in output.lines() {
        if let Some((_, result)) = line.split_once("test result: ") {
            counts += summary(result);
        }
    }
    counts
}

/// `cargo nextest run`: one `Summary` line. Its passed tests may be qualified: `12 passed (1 slow)`.
pub(crate) fn nextest(output: &str) -> Counts {
    output
        .lines()
        .filter_map(|line| line.trim_start().strip_prefix("Summary ["))
        .next_back()
        .and_then(|line| line.split_once(" run: "))
        .map(|(_, result)| summary(result))
        .unwrap_or_default()
}

/// pytest: its last line, ` N passed, N failed in 0.12s`, with or without rules around it.
pub(crate) fn pytest(output: &str) -> Counts {
    output
        .lines()
        .rfind(|line| {
            let line = line.trim_matches(|c| c == '=' || c == ' ');
            line.contains(" in ") && line.starts_with(|c: char| c.is_ascii_digit())
        })
        .map(summary)
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counts(passed: usize, failed: usize, skipped: usize) -> Counts {
        Counts { passed, failed, skipped }
    }

    #[test]
    fn cargo_test_adds_up_its_binaries() {
        let output = "\
running 2 tests
test result: ok. 2 passed; 0 failed; 1 ignored; 0 measured; 5 filtered out; finished in 0.00s
test result: FAILED. 7 passed; 3 failed; 0 ignored; 0 measured; 0 filtered out; finished in 1.50s
";
        assert_eq!(cargo_test(output), counts(9, 3, 1));
    }

    #[test]
    fn nextest_has_one_summary() {
        let good = "     Summary [   0.337s] 37 tests run: 37 passed, 0 skipped\n";
        assert_eq!(nextest(good), counts(37, 0, 0));
        let mixed = "     Summary [ 61.2s] 40 tests run: 36 passed (2 slow, 1 flaky), 2 failed, 1 timed out, 2 skipped\n";
        assert_eq!(nextest(mixed), counts(36, 3, 2));
        let single = "     Summary [   0.1s] 1 test run: 1 passed, 0 skipped\n";
        assert_eq!(nextest(single), counts(1, 0, 0));
    }

    #[test]
    fn pytest_counts_errors_as_failures() {
        assert_eq!(pytest("....\n4 passed in 0.12s\n"), counts(4, 0, 0));
        assert_eq!(
            pytest("== 1 failed, 4 passed, 2 skipped, 1 warning, 1 error in 3.02s ==\n"),
            counts(4, 2, 2)
        );
        assert_eq!(pytest("no tests ran in 0.01s\n"), counts(0, 0, 0));
    }

    #[test]
    fn a_failure_that_no_test_explains_is_counted() {
        assert_eq!(cargo_test("error: could not compile").checked(false), counts(0, 1, 0));
        assert_eq!(counts(3, 2, 0).checked(false), counts(3, 2, 0));
        assert_eq!(counts(3, 0, 0).checked(true), counts(3, 0, 0));
    }

    #[test]
    fn the_last_line_has_its_form() {
        assert_eq!(counts(12, 0, 0).to_string(), "12 passed, 0 failed");
        assert_eq!(counts(12, 1, 2).to_string(), "12 passed, 1 failed, 2 skipped");
        assert_eq!(counts(12, 0, 0).not_really_run(1).to_string(), "11 passed, 0 failed, 1 skipped");
    }
}
