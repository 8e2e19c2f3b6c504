//! What a network is made of: principal components, the dissection of any network into its fixed points, how these change
//! with its weights and inputs, what training changed, and how activity is aligned with the output.

pub mod alignment;
mod bifurcations;
mod dissection;
mod learnt_task;
mod principal_components;
pub mod weight_change;

pub use bifurcations::{BifurcationError, Bifurcations, bifurcations, bifurcations_until};
pub use dissection::{
    DissectedPoint, Dissection, DissectionError, DissectionOptions, Rest, TheoryOverlay, Trajectories,
    dissect, dissect_until,
};
pub use learnt_task::{LearntTask, TaskLearning};
pub use principal_components::PrincipalComponents;
