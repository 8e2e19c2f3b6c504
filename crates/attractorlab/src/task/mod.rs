//! What a network is asked to do: trials of inputs, targets, and the times at which the target counts.
//!
//! | task | question | item |
//! |---|---|---|
//! | flip-flop | which channel was pulsed last, and with which sign? | [`FlipFlop`] |
//! | context-dependent decision | which sign has the stimulus that the context picks out? | [`ContextDecision`] |
//! | parametric working memory | which of two stimuli was larger? | [`WorkingMemory`] |
//! | input-driven fixed point | settle at an output under a constant input | [`DrivenFixedPoint`] |
//! | image classification | which class is shown? | [`images`] |
//! | text classification | is this review for or against? | [`text`] |
//! | autonomous cosine | oscillate, without input | [`Cosine`] |
//!
//! The defaults are the tasks of Schuessler et al. (2020); every duration and amplitude is a parameter. A
//! [`Task`] of a user's own says how long its trials are and writes one: the example there is whole. Batches
//! are named by a seed and the number of the step, and depend on nothing else.

mod batch;
mod context_decision;
mod cosine;
mod driven_fixed_point;
mod error;
mod flip_flop;
pub mod images;
mod packed;
mod psychometric;
pub mod text;
mod trials;
mod working_memory;

pub use batch::{Batch, TrialMut};
pub use context_decision::{ContextDecision, ContextTrial};
pub use cosine::Cosine;
pub use driven_fixed_point::DrivenFixedPoint;
pub use error::TaskError;
pub use flip_flop::{FlipFlop, Pulse};
pub use psychometric::{PsychometricPoint, psychometric_curve};
pub use trials::{Dimensions, Task, TaskKind};
pub use working_memory::{WorkingMemory, WorkingMemoryTrial};
