//! Zhu & Rosenbaum 2024: learning fixed points of recurrent networks by reparameterising the model.

mod angles;
mod images;
mod landscape;
mod linear;
mod one_dimensional;
mod starting_point;
mod training_curves;

pub use angles::Angles;
pub use images::{ImagesByGradient, ImagesByLinearised, ImagesPractice};
pub use landscape::Landscape;
pub use one_dimensional::OneDimensional;
pub use starting_point::StartingPoint;
pub use training_curves::TrainingCurves;
