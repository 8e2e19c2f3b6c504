//! The report: what was asked, what came out, and where every number came from.

mod data;
mod file;
mod html;
mod scene;
mod section;

use std::path::Path;

use serde::Serialize;

use crate::{Cell, Figure, FigureError, Table};

pub use scene::{Scene, SceneGroup, SceneMark};

/// How the measured value of a claim is held against the expected one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Comparison {
    /// |measured − expected| ≤ tolerance.
    Within,
    /// measured ≥ expected − tolerance.
    AtLeast,
    /// measured ≤ expected + tolerance.
    AtMost,
    /// The two are the same.
    Equal,
}

/// One claim as it stands in the report. The verdict is given, not computed here.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ClaimRow {
    /// Short name, unique within its section.
    pub id: String,
    /// The sentence that was tested.
    pub statement: String,
    /// Where it comes from; may be empty.
    pub source: String,
    /// What should be measured.
    pub expected: Cell,
    /// What was measured.
    pub measured: Cell,
    /// Allowed difference; `None` for labels and counts.
    pub tolerance: Option<f64>,
    /// How the two are compared.
    pub comparison: Comparison,
    /// Why the tolerance is as wide as it is; may be empty.
    pub why: String,
    /// Whether the claim holds.
    pub holds: bool,
}

/// One study in the report.
///
/// ```
/// use attractorlab_figures::Section;
///
/// let ran = Section::new("rivkind2017/outliers", "Outliers", "Do outliers follow the theory?").seconds(1.2);
/// let failed = Section::failed("a/b", "Broken", "Does it run?", "the solver diverged at A = 1.2");
/// assert!(ran.error.is_none() && failed.error.is_some());
/// ```
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Section {
    /// Name of the study, unique within the report, for example `mastrogiuseppe2019/target-sweep`.
    pub id: String,
    /// A title of a few words.
    pub title: String,
    /// The question that is answered.
    pub question: String,
    /// The answer in one sentence; may be empty.
    pub summary: String,
    /// Figures.
    pub figures: Vec<Figure>,
    /// Scenes in three dimensions, before the figures.
    pub scenes: Vec<Scene>,
    /// Tables.
    pub tables: Vec<Table>,
    /// Claims with their verdicts.
    pub claims: Vec<ClaimRow>,
    /// Parameters of the run.
    pub parameters: serde_json::Value,
    /// Further facts about the run: seed, version.
    pub provenance: Vec<(String, String)>,
    /// How long it took.
    pub seconds: Option<f64>,
    /// Remarks, one paragraph each.
    pub notes: Vec<String>,
    /// Why the study could not run; `None` if it did.
    pub error: Option<String>,
}

impl Section {
    /// A section without content.
    pub fn new(id: impl Into<String>, title: impl Into<String>, question: impl Into<String>) -> Self {
        Self { id: id.into(), title: title.into(), question: question.into(), ..Self::default() }
    }

    /// The section of a study that could not run.
    pub fn failed(
        id: impl Into<String>,
        title: impl Into<String>,
        question: impl Into<String>,
        error: impl Into<String>,
    ) -> Self {
        Self { error: Some(error.into()), ..Self::new(id, title, question) }
    }

    /// Gives the answer in one sentence.
    #[must_use]
    pub fn summary(mut self, summary: impl Into<String>) -> Self {
        self.summary = summary.into();
        self
    }

    /// Adds a figure.
    #[must_use]
    pub fn figure(mut self, figure: Figure) -> Self {
        self.figures.push(figure);
        self
    }

    /// Adds a scene in three dimensions.
    #[must_use]
    pub fn scene(mut self, scene: Scene) -> Self {
        self.scenes.push(scene);
        self
    }

    /// Adds a table.
    #[must_use]
    pub fn table(mut self, table: Table) -> Self {
        self.tables.push(table);
        self
    }

    /// Adds a claim.
    #[must_use]
    pub fn claim(mut self, claim: ClaimRow) -> Self {
        self.claims.push(claim);
        self
    }

    /// Gives the parameters.
    #[must_use]
    pub fn parameters(mut self, parameters: serde_json::Value) -> Self {
        self.parameters = parameters;
        self
    }

    /// Adds a fact about the run.
    #[must_use]
    pub fn provenance(mut self, key: impl Into<String>, value: impl Into<String>) -> Self {
        self.provenance.push((key.into(), value.into()));
        self
    }

    /// Says how long it took.
    #[must_use]
    pub fn seconds(mut self, seconds: f64) -> Self {
        self.seconds = Some(seconds);
        self
    }

    /// Adds a remark.
    #[must_use]
    pub fn note(mut self, note: impl Into<String>) -> Self {
        self.notes.push(note.into());
        self
    }

    /// Number of claims that hold.
    pub fn held(&self) -> usize {
        self.claims.iter().filter(|claim| claim.holds).count()
    }
}

/// A whole report: one HTML file that opens without a network.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Report {
    /// Title.
    pub title: String,
    /// A line under the title; may be empty.
    pub subtitle: String,
    /// Facts about the whole run: version, seed, preset, date, command, threads, seconds.
    pub provenance: Vec<(String, String)>,
    /// One section a study.
    pub sections: Vec<Section>,
}

impl Report {
    /// An empty report.
    pub fn new(title: impl Into<String>) -> Self {
        Self { title: title.into(), ..Self::default() }
    }

    /// Adds a line under the title.
    #[must_use]
    pub fn subtitle(mut self, subtitle: impl Into<String>) -> Self {
        self.subtitle = subtitle.into();
        self
    }

    /// Adds a fact about the whole run.
    #[must_use]
    pub fn provenance(mut self, key: impl Into<String>, value: impl Into<String>) -> Self {
        self.provenance.push((key.into(), value.into()));
        self
    }

    /// Adds a section.
    #[must_use]
    pub fn section(mut self, section: Section) -> Self {
        self.sections.push(section);
        self
    }

    /// The report as one HTML document. The same report always gives the same text.
    pub fn to_html(&self) -> String {
        html::document(self)
    }

    /// Writes the report so that a crash leaves the old file: a temporary file in the same folder is
    /// written, synced and renamed.
    ///
    /// # Errors
    /// [`FigureError`] if the path names no file, or the operating system refuses a step.
    pub fn write_atomic(&self, path: impl AsRef<Path>) -> Result<(), FigureError> {
        file::write_atomic(path.as_ref(), self.to_html().as_bytes())
    }
}
