//! What is run elsewhere: a function of another language, known here by its columns.

use serde_json::Value as Json;

use super::{Measure, Measures, Parameter, Parameters, RunError, Runnable, Seed};
use crate::{Domain, Kind, SweepError};

/// A runnable of which only the columns are known, for example a Python function. Its points are computed
/// elsewhere and handed to a [`Session`](crate::Session); status, tables and reports need no more than this.
#[derive(Debug, Clone, PartialEq)]
pub struct Declared {
    name: String,
    version: u32,
    random: bool,
    parameters: Vec<Parameter>,
    measures: Vec<Measure>,
    text: String,
}

impl Declared {
    /// Reads a declaration:
    ///
    /// ```
    /// let declared = attractorlab_sweep::Declared::from_json(
    ///     r#"{"name": "python.f", "version": 1, "random": true,
    ///         "parameters": {"x": "number"}, "measures": {"y": "integer", "class": "text", "ok": "truth"}}"#,
    /// )?;
    /// # Ok::<(), attractorlab_sweep::SweepError>(())
    /// ```
    ///
    /// # Errors
    /// [`SweepError::Registration`] if it is not of this form.
    pub fn from_json(text: &str) -> Result<Self, SweepError> {
        let wrong = |reason: &str| SweepError::Registration {
            name: "a declaration".to_owned(),
            reason: format!("{reason}: {text}"),
        };
        let json: Json = serde_json::from_str(text).map_err(|error| wrong(&error.to_string()))?;
        let columns = |key: &str| -> Result<Vec<(String, Kind)>, SweepError> {
            let object = json[key].as_object().ok_or_else(|| wrong(&format!("it has no {key}")))?;
            object
                .iter()
                .map(|(name, kind)| match kind.as_str() {
                    Some("number") => Ok((name.clone(), Kind::Number)),
                    Some("integer") => Ok((name.clone(), Kind::Integer)),
                    Some("text") => Ok((name.clone(), Kind::Text)),
                    Some("truth") => Ok((name.clone(), Kind::Truth)),
                    _ => Err(wrong(&format!("'{name}' is not a number, an integer, a text or a truth"))),
                })
                .collect()
        };
        let domain = |kind| match kind {
            Kind::Number => Domain::number(),
            Kind::Integer => Domain::whole(i64::MIN, i64::MAX),
            Kind::Text => Domain::Text,
            Kind::Truth => Domain::Truth,
        };
        Ok(Self {
            name: json["name"].as_str().ok_or_else(|| wrong("it has no name"))?.to_owned(),
            version: json["version"]
                .as_u64()
                .and_then(|version| u32::try_from(version).ok())
                .ok_or_else(|| wrong("it has no version"))?,
            random: json["random"].as_bool().ok_or_else(|| wrong("it does not say whether it is random"))?,
            parameters: columns("parameters")?
                .into_iter()
                .map(|(name, kind)| Parameter::new(&name, domain(kind), "argument"))
                .collect(),
            measures: columns("measures")?
                .into_iter()
                .map(|(name, kind)| Measure::new(&name, kind, "result"))
                .collect(),
            text: text.to_owned(),
        })
    }
}

impl Runnable for Declared {
    fn name(&self) -> &str {
        &self.name
    }

    fn about(&self) -> &str {
        &self.name
    }

    fn version(&self) -> u32 {
        self.version
    }

    fn is_random(&self) -> bool {
        self.random
    }

    fn parameters(&self) -> Vec<Parameter> {
        self.parameters.clone()
    }

    fn measures(&self) -> Vec<Measure> {
        self.measures.clone()
    }

    fn declaration(&self) -> Option<String> {
        Some(self.text.clone())
    }

    fn run(&self, _: &Parameters<'_>, _: Seed) -> Result<Measures, RunError> {
        Err(RunError::new(format!("'{}' can only be computed where it was written", self.name)))
    }
}
