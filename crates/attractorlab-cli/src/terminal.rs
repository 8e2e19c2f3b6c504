//! The terminal: colour, width, and writing to a stdout that may have gone away.

use std::io::{self, IsTerminal, Write};

/// Whether to use colour on a stream. `NO_COLOR`, set to anything, turns it off.
pub(crate) fn colour(is_terminal: bool) -> bool {
    is_terminal && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
}

/// Columns of the terminal, or 100 where nothing is known.
pub(crate) fn width() -> usize {
    terminal_size::terminal_size().map_or(100, |(width, _)| usize::from(width.0).max(40))
}

/// Text for stdout.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Page {
    colour: bool,
    width: Option<usize>,
}

impl Page {
    /// A page for this program's stdout: coloured and as wide as the terminal, if it is one.
    pub(crate) fn stdout() -> Self {
        let is_terminal = io::stdout().is_terminal();
        Self { colour: colour(is_terminal), width: is_terminal.then(width) }
    }

    #[cfg(test)]
    pub(crate) fn plain(width: Option<usize>) -> Self {
        Self { colour: false, width }
    }

    pub(crate) fn bold(self, text: &str) -> String {
        self.paint("1", text)
    }

    pub(crate) fn dim(self, text: &str) -> String {
        self.paint("2", text)
    }

    pub(crate) fn good(self, text: &str) -> String {
        self.paint("32", text)
    }

    pub(crate) fn bad(self, text: &str) -> String {
        self.paint("1;31", text)
    }

    fn paint(self, code: &str, text: &str) -> String {
        if self.colour { format!("\x1b[{code}m{text}\x1b[0m") } else { text.to_owned() }
    }

    /// `text` broken into lines that fit the page beside `indent` columns; one line where the page has no width.
    pub(crate) fn lines(self, text: &str, indent: usize) -> Vec<String> {
        let Some(room) = self.width.map(|width| width.saturating_sub(indent).max(20)) else {
            return vec![text.to_owned()];
        };
        let mut lines = vec![String::new()];
        let mut used = 0;
        for word in text.split_whitespace() {
            let length = word.chars().count();
            if used > 0 && used + 1 + length > room {
                lines.push(String::new());
                used = 0;
            }
            if let Some(line) = lines.last_mut() {
                if used > 0 {
                    line.push(' ');
                    used += 1;
                }
                line.push_str(word);
                used += length;
            }
        }
        lines
    }
}

/// Writes to stdout at once. A reader that has gone away (`| head`) is not this program's trouble.
pub(crate) fn print(text: &str) {
    let mut stdout = io::stdout().lock();
    let _ = stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_fit_beside_the_indent_and_lose_no_word() {
        let text = "a target that the readout's direction cannot realise";
        let lines = Page::plain(Some(50)).lines(text, 20);
        assert!(lines.iter().all(|line| line.chars().count() <= 30), "{lines:?}");
        assert_eq!(lines.join(" "), text);
        assert_eq!(Page::plain(None).lines(text, 20), [text]);
    }
}
