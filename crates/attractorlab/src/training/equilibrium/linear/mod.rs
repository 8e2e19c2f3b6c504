//! Linear networks r = (1 − W)⁻¹x under the squared error: closed forms, landscapes and the metric of the rules.

mod gradient_path;
mod landscape;
mod metric;
mod paths;
mod task;

pub use gradient_path::GradientPath;
pub use landscape::{LandscapePoint, landscape_points, singular_steps};
pub use metric::{ResponseMetric, angle, response_distance};
pub use paths::{LinearisedPath, ReparameterisedPath};
pub use task::{LinearRule, LinearTask, LinearWeights};
