//! Transfer functions by name.

use attractorlab_numerics::transfer::Transfer;

use crate::errors::Failure;

/// The transfer function that Python names.
pub(crate) fn read(name: &str, threshold: f64) -> Result<Transfer, Failure> {
    Ok(match name {
        "tanh" => Transfer::Tanh,
        "erf" => Transfer::Erf,
        "relu" => Transfer::Relu { threshold },
        "linear" => Transfer::Linear,
        "softplus" => Transfer::Softplus,
        "logistic" => Transfer::Logistic,
        other => {
            return Err(Failure::Input(format!(
                "transfer must be 'tanh', 'erf', 'relu', 'linear', 'softplus' or 'logistic', not '{other}'"
            )));
        }
    })
}
