//! What mean-field theory needs to know of a given network.

use attractorlab_numerics::kernels::dot;
use attractorlab_numerics::linalg::{MatRef, frobenius_norm};

use super::{FeedbackError, Inputs, Readout};

/// The statistics of a given network in the terms of the theory, with their sampling errors.
///
/// The theory's inputs correlate positively. For vectors that correlate negatively, or by chance, feedback and
/// readout vector are mirrored: with −m and −n the network is the same, and its output is −z.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct MeasuredNetwork {
    /// g, Sm, SI and ρ, after mirroring.
    pub inputs: Inputs,
    /// Overlaps ⟨n m⟩ and ⟨n I⟩, after mirroring; for theories of readouts that do not depend on the bulk.
    pub readout: Readout,
    /// ⟨m I⟩ as measured, before mirroring; its standard error for independent vectors is Sm SI/√N.
    pub overlap: f64,
    /// Whether z of the theory is −z of the network.
    pub mirrored: bool,
    /// Number of units.
    pub units: usize,
}

impl MeasuredNetwork {
    /// Measures a bulk (N×N), a feedback vector m, an input I and a readout n of N entries.
    ///
    /// g² is the sum of the squared entries of the bulk over N, its standard error g/(√2 N).
    ///
    /// ```
    /// use attractorlab::network::{InputVectors, gaussian_bulk};
    /// use attractorlab::numerics::random::Stream;
    /// use attractorlab::theory::feedback::MeasuredNetwork;
    ///
    /// # fn main() -> Result<(), attractorlab::theory::feedback::FeedbackError> {
    /// let mut stream = Stream::new(1, "example", 0);
    /// let bulk = gaussian_bulk(400, 0.8, &mut stream);
    /// let v = InputVectors::draw(400, 1.2, 0.5, 0.5, &mut stream);
    /// let measured = MeasuredNetwork::new(bulk.as_ref(), &v.feedback, &v.input, &v.feedback)?;
    /// assert!((measured.inputs.g - 0.8).abs() < 0.01);
    /// assert!((measured.readout.overlap_feedback - 1.44).abs() < 0.3);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// [`FeedbackError::Length`] for vectors of another length than the bulk; [`FeedbackError::Parameter`] for
    /// entries that are not finite.
    pub fn new(
        bulk: MatRef<'_, f64>,
        feedback: &[f64],
        input: &[f64],
        readout: &[f64],
    ) -> Result<Self, FeedbackError> {
        let units = bulk.nrows();
        let vectors =
            [("the feedback vector", feedback), ("the input vector", input), ("the readout", readout)];
        for (name, found) in
            vectors.map(|(name, v)| (name, v.len())).into_iter().chain([("a row of the bulk", bulk.ncols())])
        {
            if found != units || units == 0 {
                return Err(FeedbackError::Length { name, units, found });
            }
        }
        let per_unit = |a: &[f64], b: &[f64]| dot(a, b) / units as f64;
        let g = frobenius_norm(bulk) / (units as f64).sqrt();
        let feedback_std = per_unit(feedback, feedback).sqrt();
        let input_std = per_unit(input, input).sqrt();
        let overlap = per_unit(feedback, input);
        let (along, across) = (per_unit(readout, feedback), per_unit(readout, input));
        for (name, value) in [
            ("every entry of the bulk", g),
            ("every entry of the feedback vector", feedback_std),
            ("every entry of the input vector", input_std),
            ("every entry of the readout", along + across),
        ] {
            if !value.is_finite() {
                return Err(FeedbackError::Parameter { name, expected: "finite", value });
            }
        }
        let mirrored = overlap < 0.0;
        let most = feedback_std * input_std;
        let rho = if most > 0.0 { (overlap.abs() / most).min(1.0).sqrt() } else { 0.0 };
        let overlap_input = if mirrored { -across } else { across };
        Ok(Self {
            inputs: Inputs { g, feedback_std, input_std, rho },
            readout: Readout { overlap_feedback: along, overlap_input },
            overlap,
            mirrored,
            units,
        })
    }

    /// An output of the network in the theory's terms, or the other way round.
    pub fn mirror(&self, z: f64) -> f64 {
        if self.mirrored { -z } else { z }
    }
}
