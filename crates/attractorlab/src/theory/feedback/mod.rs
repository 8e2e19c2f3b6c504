//! Feedback networks with a trained readout: every stationary state, its stability, and in words
//! what will happen (Mastrogiuseppe & Ostojic 2019).
//!
//! The network is dx/dt = −x + gχφ(x) + m z + I with z = n·φ(x)/N. Clamped at a constant z its units
//! are Gaussian with variance Δ(S(z)), S(z) = Sm²z² + 2 Smi z + SI². Stationary states of the closed
//! loop are the roots of z = G(z), and for a readout that is Gaussian and independent of χ
//!
//! G(z) = (s_nm z + s_nI) ⟨φ'⟩_Δ(z).
//!
//! Written as a level set (ours): with the readout n = c·(direction) and the overlaps α, β of the
//! direction, z = c(αz + β)⟨φ'⟩ is W(z) = 1/c with W(z) = (αz + β)⟨φ'⟩/z. The curve W does not depend
//! on the target; a target A selects the level W(A). So the stationary states of *all* targets lie on
//! one curve: its extrema are the saddle-nodes, its zero is the target that cannot be realised, and
//! between its extrema it is monotone, so that each level is met once a branch. Missing a state would
//! mean missing an extremum of W, and these are found once by the all-roots search.
//!
//! ```
//! use attractorlab::theory::feedback::{Class, Direction, Inputs, predict};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let inputs = Inputs { g: 0.3, feedback_std: 1.2, input_std: 0.5, rho: 0.5 };
//! let direction = Direction { shared: 1.0, feedback_own: 1.0, input_own: 0.3 };
//! let prediction = predict(inputs, direction, -1.5)?;
//! assert_eq!(prediction.class, Class::Bistable);
//! assert_eq!(prediction.fixed_points.len(), 3);
//! println!("{}", prediction.verdict());
//! # Ok(())
//! # }
//! ```

mod closed_loop;
mod curve;
mod family;
mod forecast;
mod inputs;
mod measured;
mod phase_diagram;
mod prediction;
mod response;
mod scatter;
mod state;
mod thresholds;
mod trained;
mod transient;

pub use curve::{ReadoutCurve, TargetStates};
pub use family::Family;
pub use forecast::{Forecast, ReadoutTheory, forecast};
pub use inputs::{Direction, FeedbackError, Inputs, Readout};
pub use measured::MeasuredNetwork;
pub use phase_diagram::{
    Boundary, PhaseAxis, PhaseDiagram, PhaseReadout, PhaseSettings, Quantity, phase_diagram,
};
pub use prediction::{Class, Prediction, predict, predict_with};
pub use scatter::{Scatter, scatter};
pub use state::{FixedPoint, Stability};
pub use thresholds::{Thresholds, thresholds};
pub use trained::{BulkCorrelation, TrainedReadout};
pub use transient::{RecursiveOptions, RecursiveReadout, TrainingStart};
