//! What a network is made of: principal components, and the dissection of any network into its fixed points.

mod dissection;
mod principal_components;

pub use dissection::{
    DissectedPoint, Dissection, DissectionError, DissectionOptions, Rest, Trajectories, dissect,
};
pub use principal_components::PrincipalComponents;
