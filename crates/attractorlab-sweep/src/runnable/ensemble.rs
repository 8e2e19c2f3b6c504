//! What the runnables about feedback networks share: the parameters of the ensemble, and how they are read.

use attractorlab::network::Transfer;
use attractorlab::theory::feedback::{Direction, Inputs};

use super::{Parameter, Parameters, RunError};
use crate::Domain;

/// Sm, SI and ρ.
pub(super) fn vectors() -> [Parameter; 3] {
    let std = || Domain::at_least(0.0);
    [
        Parameter::new("feedback_std", std(), "standard deviation Sm of the feedback vector").default(1.2),
        Parameter::new("input_std", std(), "standard deviation SI of the input vector").default(0.5),
        Parameter::new("rho", Domain::between(-1.0, 1.0), "weight of the shared direction").default(0.0),
    ]
}

/// The direction of a Gaussian readout.
pub(super) fn direction() -> [Parameter; 3] {
    let weight = |name, about| Parameter::new(name, Domain::number(), about);
    [
        weight("shared", "a Gaussian readout's weight on the shared direction").default(0.0),
        weight("feedback_own", "a Gaussian readout's weight on the feedback vector's own direction")
            .default(1.0),
        weight("input_own", "a Gaussian readout's weight on the input vector's own direction").default(0.0),
    ]
}

/// φ, where the theory knows tanh and erf.
pub(super) fn transfer() -> Parameter {
    Parameter::new("transfer", Domain::choice(["tanh", "erf"]), "transfer function").default("tanh")
}

/// g, Sm, SI and ρ of a point.
pub(super) fn read_inputs(parameters: &Parameters<'_>) -> Result<Inputs, RunError> {
    Ok(Inputs {
        g: parameters.number("g")?,
        feedback_std: parameters.number("feedback_std")?,
        input_std: parameters.number("input_std")?,
        rho: parameters.number("rho")?,
    })
}

/// The direction of the readout of a point.
pub(super) fn read_direction(parameters: &Parameters<'_>) -> Result<Direction, RunError> {
    Ok(Direction {
        shared: parameters.number("shared")?,
        feedback_own: parameters.number("feedback_own")?,
        input_own: parameters.number("input_own")?,
    })
}

/// φ of a point.
pub(super) fn read_transfer(parameters: &Parameters<'_>) -> Result<Transfer, RunError> {
    Ok(if parameters.text("transfer")? == "erf" { Transfer::Erf } else { Transfer::Tanh })
}
