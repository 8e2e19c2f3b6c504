//! What a network is made of: principal components, the dissection of any network into its fixed points, and how these
//! change with its weights and inputs.

mod bifurcations;
mod dissection;
mod principal_components;

pub use bifurcations::{BifurcationError, Bifurcations, bifurcations};
pub use dissection::{
    DissectedPoint, Dissection, DissectionError, DissectionOptions, Rest, Trajectories, dissect,
};
pub use principal_components::PrincipalComponents;
