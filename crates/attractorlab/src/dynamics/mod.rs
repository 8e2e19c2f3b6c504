//! What a network does: simulation, stationary states, spectra, chaos.

mod clamped;
pub mod continuation;
mod enclosed;
mod equilibrium;
pub mod fixed_points;
mod gated;
mod lyapunov;
mod orbits;
mod response;
mod simulate;
mod spectrum;
mod static_map;
mod stationary;
mod system;

pub use clamped::ClampedNetwork;
pub use enclosed::{Enclosed, Enclosure};
pub(crate) use equilibrium::blocks;
pub use equilibrium::{
    Adjoint, AdjointOptions, Columns, Equilibria, EquilibriumError, EquilibriumOptions, EquilibriumStatus,
    FixedPointLayer, StabilityTest,
};
pub use gated::DrivenNetwork;
pub use lyapunov::{Lyapunov, LyapunovOptions, lyapunov_exponent, lyapunov_exponent_until};
pub use orbits::{LongRun, LongRunOptions, PeriodicOrbit, long_run};
pub use response::{DrivenError, DrivenOptions, DrivenResponse, OutputResponse, driven_response};
pub use simulate::{
    DIVERGED, FlowOptions, Input, Integrator, Record, Simulation, SimulationError, SimulationOptions,
    SimulationStatus, flow, initial_states,
};
pub use spectrum::{EffectiveConnectivity, Outliers, outliers, spectrum};
pub use static_map::{
    ClampedSample, ClosedLoopState, MapFixedPoint, MapSample, MapTrace, Outcome, ReleaseOptions, StaticMap,
    StaticMapError, TraceOptions,
};
pub use stationary::{SolverOptions, Stationary, Status, fixed_point};
pub use system::{Driven, Dynamics, Time};
