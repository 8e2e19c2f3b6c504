//! The list of what can be swept.

use std::sync::Arc;

use super::{NetworkSpectrum, Runnable, TheoryFeedback, TheoryForecast, TrainingReadout, TrainingTask};
use crate::{SweepError, text};

/// Columns that every table has beside parameters and measures.
pub(crate) const RESERVED: [&str; 6] = ["point", "key", "seed", "status", "message", "seconds"];

/// What plans can name after `what`.
#[derive(Clone, Default)]
pub struct Registry {
    runnables: Vec<Arc<dyn Runnable>>,
}

impl Registry {
    /// An empty list.
    pub fn new() -> Self {
        Self::default()
    }

    /// Everything that the project ships. A new runnable is one more line here.
    pub fn standard() -> Self {
        Self {
            runnables: vec![
                Arc::new(TheoryFeedback),
                Arc::new(TheoryForecast),
                Arc::new(NetworkSpectrum),
                Arc::new(TrainingReadout),
                Arc::new(TrainingTask),
            ],
        }
    }

    /// Adds a runnable.
    ///
    /// # Errors
    /// [`SweepError::Registration`] if its name is taken, or two of its columns have the same name.
    pub fn register(&mut self, runnable: impl Runnable) -> Result<(), SweepError> {
        let refuse =
            |reason: String| Err(SweepError::Registration { name: runnable.name().to_owned(), reason });
        if self.get(runnable.name()).is_some() {
            return refuse("there is already one of this name".to_owned());
        }
        let mut columns: Vec<String> = RESERVED.iter().map(ToString::to_string).collect();
        let parameters = runnable.parameters();
        let measures = runnable.measures();
        for name in parameters.iter().map(|p| &p.name).chain(measures.iter().map(|m| &m.name)) {
            if columns.contains(name) {
                return refuse(format!("two columns of its table would be called '{name}'"));
            }
            columns.push(name.clone());
        }
        if let Some(parameter) =
            parameters.iter().find(|p| p.default.as_ref().is_some_and(|value| !p.domain.contains(value)))
        {
            return refuse(format!("the default of '{}' is not {}", parameter.name, parameter.domain));
        }
        self.runnables.push(Arc::new(runnable));
        Ok(())
    }

    /// The runnable of this name.
    pub fn get(&self, name: &str) -> Option<&Arc<dyn Runnable>> {
        self.runnables.iter().find(|runnable| runnable.name() == name)
    }

    /// The name that was probably meant.
    pub fn nearest(&self, name: &str) -> Option<String> {
        text::nearest(name, self.iter().map(Runnable::name))
    }

    /// All runnables.
    pub fn iter(&self) -> impl Iterator<Item = &dyn Runnable> {
        self.runnables.iter().map(|runnable| &**runnable)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_shipped_could_be_registered() {
        let mut registry = Registry::new();
        registry.register(TheoryFeedback).unwrap();
        registry.register(TheoryForecast).unwrap();
        registry.register(NetworkSpectrum).unwrap();
        registry.register(TrainingReadout).unwrap();
        registry.register(TrainingTask).unwrap();
        assert_eq!(registry.iter().count(), Registry::standard().iter().count());
        let again = registry.register(NetworkSpectrum).unwrap_err();
        assert!(again.to_string().contains("already"), "{again}");
        assert_eq!(registry.nearest("theory.fedback").as_deref(), Some("theory.feedback"));
    }
}
