//! Local dynamics of the output of a trained reservoir (Rivkind & Barak 2017).
//!
//! The network dx/dt = −x + Wφ(x) + w_FB z, z = w_outᵀφ(x), is trained by least squares on its M
//! clamped states, so that it holds M output values. Near each of them the output obeys a linear
//! ODE of order M, whatever the number of units and outputs: with q_m = ⟨φ(x_m) δφ⟩ and δz = cᵀq,
//!
//! dq/dt = J q, J = −1 + D(g²·1 + F cᵀ), D_mn = a_mμ δ_mn + b_mμ δ_nμ,
//!
//! where a, b, and c come from the covariances of the clamped states alone. Its eigenvalues, the
//! poles, decide whether the network can hold the value: training succeeds where they all lie in
//! the left half plane and the bulk is stable.
//!
//! The specification's equations are derivations, checked here against finite differences of the
//! static map (slope of the map = G(0) at every value) and against the feedback theory.
//!
//! ```
//! use attractorlab::network::Transfer;
//! use attractorlab::theory::output_dynamics::{Setting, predict};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! // Three values held by one tanh network: the middle one is lost.
//! let setting = Setting::scalar(Transfer::Tanh, 1.0, &[0.75, 1.5, 3.0]);
//! let prediction = predict(&setting)?;
//! let leading: Vec<f64> = prediction.local.iter().map(|local| local.poles[0].re).collect();
//! assert!(leading[0] < 0.0 && leading[1] > 0.0 && leading[2] < 0.0);
//! println!("{}", prediction.local[0].description());
//! # Ok(())
//! # }
//! ```

mod candidates;
mod edge;
mod ensemble;
mod map;
mod prediction;
mod setting;
mod staircase;

pub use super::clamped::LocalDynamics;
pub use candidates::{Candidates, PairMap};
pub use edge::{EdgeOfChaos, edge_of_chaos};
pub use prediction::{Prediction, predict};
pub use setting::{FeedbackLaw, OutputError, Setting};
pub use staircase::{StaircaseOptions, StaircaseReadout};
