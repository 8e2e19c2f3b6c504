//! Choosing studies by what the user typed.

use crate::Study;
use crate::run::RunError;

/// Chooses the studies that the patterns name, in the order of `studies`, each once.
///
/// A pattern is an id, `PAPER/NAME`, or `PAPER` alone for its whole folder.
///
/// # Errors
/// [`RunError::UnknownStudy`] for a pattern that names nothing, with the nearest name there is.
pub fn select<'a>(
    studies: &[&'a dyn Study],
    patterns: &[impl AsRef<str>],
) -> Result<Vec<&'a dyn Study>, RunError> {
    let mut chosen = vec![false; studies.len()];
    for pattern in patterns {
        // A trailing slash comes from the shell's habit of completing folders.
        let pattern = pattern.as_ref().trim_end_matches('/');
        let mut named = false;
        for (study, chosen) in studies.iter().zip(&mut chosen) {
            if study.id() == pattern || paper(study.id()) == pattern {
                *chosen = true;
                named = true;
            }
        }
        if !named {
            return Err(RunError::UnknownStudy {
                pattern: pattern.to_owned(),
                suggestion: nearest(pattern, studies),
            });
        }
    }
    Ok(studies.iter().zip(chosen).filter(|(_, chosen)| *chosen).map(|(study, _)| *study).collect())
}

/// The part of an id before the slash.
fn paper(id: &str) -> &str {
    id.split_once('/').map_or(id, |(paper, _)| paper)
}

/// The id or paper that the user most likely meant, if any is near enough to be worth naming.
fn nearest(pattern: &str, studies: &[&dyn Study]) -> Option<String> {
    let wanted = pattern.to_lowercase();
    let mut best: Option<(usize, &str)> = None;
    for study in studies {
        let id = study.id();
        let paper = paper(id);
        let name = id.split_once('/').map_or(id, |(_, name)| name);
        // A bare name is a common slip; what it stands for is the whole id.
        for (spelled, meant) in [(id, id), (paper, paper), (name, id)] {
            let distance = strsim::osa_distance(&wanted, &spelled.to_lowercase());
            let allowed = (spelled.chars().count() / 3).max(2);
            if distance <= allowed && best.is_none_or(|(least, _)| distance < least) {
                best = Some((distance, meant));
            }
        }
    }
    best.map(|(_, meant)| meant.to_owned())
}
