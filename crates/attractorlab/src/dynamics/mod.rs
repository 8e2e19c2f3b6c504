//! What a network does: simulation, stationary states, spectra, chaos.

mod clamped;
mod enclosed;
mod gated;
mod lyapunov;
mod response;
mod simulate;
mod spectrum;
mod static_map;
mod stationary;
mod system;

pub use clamped::ClampedNetwork;
pub use enclosed::{Enclosed, Enclosure};
pub use gated::DrivenNetwork;
pub use lyapunov::{Lyapunov, LyapunovOptions, lyapunov_exponent};
pub use response::{DrivenError, DrivenOptions, DrivenResponse, OutputResponse, driven_response};
pub use simulate::{
    DIVERGED, FlowOptions, Input, Integrator, Record, Simulation, SimulationError, SimulationOptions,
    SimulationStatus, flow,
};
pub use spectrum::{EffectiveConnectivity, Outliers, outliers, spectrum};
pub use static_map::{ClosedLoopState, StaticMap};
pub use stationary::{SolverOptions, Stationary, Status, fixed_point};
pub use system::{Driven, Dynamics, Time};
