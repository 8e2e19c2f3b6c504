//! Rated texts.

use std::path::{Path, PathBuf};

use super::super::packed::unpack;
use super::TextError;

/// A text and how its readers rated it.
#[derive(Debug, Clone, PartialEq)]
pub struct Snippet {
    /// The rating; above zero for approval.
    pub rating: f64,
    /// The text.
    pub text: String,
}

/// Rated texts.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Snippets {
    /// The texts, in the order of their file.
    pub snippets: Vec<Snippet>,
}

/// The words of a text in lower case: runs of letters and digits, with apostrophes between letters as in "isn't".
///
/// ```
/// use attractorlab::task::text::words;
/// let found: Vec<String> = words("Isn't it ''good''? A 2nd-rate plot.").collect();
/// assert_eq!(found, ["isn't", "it", "good", "a", "2nd", "rate", "plot"]);
/// ```
pub fn words(text: &str) -> impl Iterator<Item = String> + '_ {
    text.split(|c: char| !c.is_alphanumeric() && c != '\'').flat_map(|run| {
        // Apostrophes at either end are quotation marks, and so are two in a row.
        run.split("''").map(|word| word.trim_matches('\'').to_lowercase()).filter(|word| !word.is_empty())
    })
}

impl Snippets {
    /// Reads rated texts from a file, plain or gzipped, or from a folder that holds one such file (`*.tsv`,
    /// `*.tsv.gz`). A line is `rating TAB text` or `id TAB rating TAB text`.
    ///
    /// # Errors
    /// [`TextError`] if there is no such file, or a line is something else.
    pub fn read(path: &Path) -> Result<Self, TextError> {
        let io = |path: &Path| {
            let path = path.to_owned();
            move |error: std::io::Error| TextError::Io { path, reason: error.to_string() }
        };
        let file = if path.is_dir() {
            let entries = std::fs::read_dir(path).map_err(io(path))?;
            let paths = entries.map(|entry| entry.map(|entry| entry.path()));
            let paths = paths.collect::<Result<Vec<PathBuf>, _>>().map_err(io(path))?;
            let named = |path: &PathBuf| {
                let name = path.file_name().unwrap_or_default().to_string_lossy().to_lowercase();
                [".tsv", ".tsv.gz"].iter().any(|ending| name.ends_with(ending))
            };
            let files: Vec<PathBuf> = paths.into_iter().filter(named).collect();
            match <[PathBuf; 1]>::try_from(files) {
                Ok([file]) => file,
                Err(files) => {
                    return Err(TextError::Folder { folder: path.to_owned(), found: files.len() });
                }
            }
        } else {
            path.to_owned()
        };
        Self::from_bytes(&std::fs::read(&file).map_err(io(&file))?, &file)
    }

    fn from_bytes(bytes: &[u8], path: &Path) -> Result<Self, TextError> {
        let broken = |line: usize, reason: String| TextError::Line { path: path.to_owned(), line, reason };
        let bytes = unpack(bytes).map_err(|reason| broken(0, reason))?;
        let text = std::str::from_utf8(&bytes).map_err(|error| broken(0, error.to_string()))?;
        let mut snippets = Vec::new();
        for (index, line) in text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
            let mut fields: Vec<&str> = line.splitn(3, '\t').collect();
            if fields.len() == 3 {
                fields.remove(0);
            }
            let [rating, text] = fields[..] else {
                return Err(broken(index + 1, "it has no tab".to_owned()));
            };
            let rating: f64 = match rating.trim().parse() {
                Ok(rating) if f64::is_finite(rating) => rating,
                _ => return Err(broken(index + 1, format!("'{rating}' is no rating"))),
            };
            snippets.push(Snippet { rating, text: text.to_owned() });
        }
        Ok(Self { snippets })
    }

    /// The 5427 short and clearly rated snippets of movie reviews that come with the library. Their origin stands in
    /// `src/task/text/snippets/README.md`.
    ///
    /// ```
    /// use attractorlab::task::text::Snippets;
    /// let reviews = Snippets::movie_reviews();
    /// assert_eq!(reviews.snippets.len(), 5427);
    /// assert_eq!(reviews.snippets.iter().filter(|review| review.rating > 0.0).count(), 2751);
    /// ```
    ///
    /// # Panics
    /// Never: the file is part of the library and tested.
    pub fn movie_reviews() -> Self {
        Self::from_bytes(include_bytes!("snippets/snippets.tsv.gz"), Path::new("movie reviews"))
            .expect("the reviews of the library can be read")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_read_with_and_without_a_number() {
        let read = |text: &str| Snippets::from_bytes(text.as_bytes(), Path::new("x.tsv"));
        let found = read("1.5\tgood\n\n7\t-2\tbad\tindeed\n").unwrap().snippets;
        assert_eq!((found[0].rating, found[0].text.as_str()), (1.5, "good"));
        assert_eq!((found[1].rating, found[1].text.as_str()), (-2.0, "bad\tindeed"));
        for (text, what) in [("1\tfine\nno tab", "line 2: it has no tab"), ("NaN\tx", "line 1: 'NaN'")] {
            let message = read(text).unwrap_err().to_string();
            assert!(message.contains(what), "{message}");
        }
        let cut = Snippets::from_bytes(&[0x1f, 0x8b, 0x08, 0x00], Path::new("x.tsv.gz")).unwrap_err();
        assert!(cut.to_string().contains("cut short"), "{cut}");
    }
}
