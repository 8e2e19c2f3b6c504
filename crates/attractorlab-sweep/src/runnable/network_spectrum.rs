//! `network.spectrum`: eigenvalues of a finite random network with one feedback loop.

use attractorlab::network::{Connectivity, gaussian_bulk};
use attractorlab_numerics::linalg::eigenvalues;

use super::{Measure, Measures, Parameter, Parameters, RunError, Runnable, Seed};
use crate::{Domain, Kind};

/// The spectrum of J = bulk + m nᵀ/N with a readout n that overlaps with the feedback vector m.
///
/// With standard normal m and η, n = overlap·m + (own readout weight)·η has ⟨mn⟩ = overlap; for many units one
/// eigenvalue leaves the bulk disc of radius g and sits at the overlap if that is larger than g.
#[derive(Debug, Clone, Copy)]
pub struct NetworkSpectrum;

impl Runnable for NetworkSpectrum {
    fn name(&self) -> &'static str {
        "network.spectrum"
    }

    fn about(&self) -> &'static str {
        "Eigenvalues of a finite random network with one feedback loop: leading eigenvalue, bulk edge, prediction"
    }

    fn version(&self) -> u32 {
        1
    }

    fn is_random(&self) -> bool {
        true
    }

    fn parameters(&self) -> Vec<Parameter> {
        vec![
            Parameter::new("units", Domain::whole(1, 20_000), "number of units N").default(200),
            Parameter::new("g", Domain::at_least(0.0), "spectral radius of the bulk").default(0.8),
            Parameter::new("overlap", Domain::number(), "overlap ⟨mn⟩ of feedback and readout vector"),
            Parameter::new("readout_own", Domain::number(), "readout's weight on its own direction")
                .default(0.0),
        ]
    }

    fn measures(&self) -> Vec<Measure> {
        vec![
            Measure::new(
                "leading_re",
                Kind::Number,
                "real part of the eigenvalue with the largest real part",
            )
            .predicted_by("predicted"),
            Measure::new("leading_im", Kind::Number, "its imaginary part, not negative"),
            Measure::new("predicted", Kind::Number, "the overlap where it leaves the bulk; missing inside"),
            Measure::new("second_modulus", Kind::Number, "second largest modulus: the edge of the bulk"),
            Measure::new("outside", Kind::Integer, "number of eigenvalues with modulus above g"),
        ]
    }

    fn arrays(&self) -> Vec<(String, String)> {
        vec![("eigenvalues".to_owned(), "N×2: real and imaginary parts".to_owned())]
    }

    fn run(&self, parameters: &Parameters<'_>, seed: Seed) -> Result<Measures, RunError> {
        let units = parameters.integer("units")? as usize;
        let g = parameters.number("g")?;
        let overlap = parameters.number("overlap")?;
        let own = parameters.number("readout_own")?;
        let bulk = gaussian_bulk(units, g, &mut seed.stream("bulk"));
        let m = seed.stream("feedback").normals(units);
        let eta = seed.stream("readout").normals(units);
        let n = m.iter().zip(&eta).map(|(m, eta)| overlap * m + own * eta).collect();
        let network =
            Connectivity::new(bulk).and_then(|bulk| bulk.with_feedback(m, n)).map_err(RunError::because)?;
        let spectrum =
            eigenvalues(network.effective(&vec![1.0; units]).as_ref()).map_err(RunError::because)?;
        let mut moduli: Vec<f64> = spectrum.iter().map(|lambda| lambda.norm()).collect();
        moduli.sort_by(|a, b| b.total_cmp(a));
        let leading = spectrum.iter().max_by(|a, b| a.re.total_cmp(&b.re));
        let mut measures = Measures::new()
            .with_option("leading_re", leading.map(|lambda| lambda.re))
            .with_option("leading_im", leading.map(|lambda| lambda.im.abs()))
            .with_option("predicted", (overlap.abs() > g).then_some(overlap))
            .with_option("second_modulus", moduli.get(1).copied())
            .with("outside", moduli.iter().filter(|modulus| **modulus > g).count() as i64);
        if parameters.wants("eigenvalues") {
            let data = spectrum.iter().flat_map(|lambda| [lambda.re, lambda.im]).collect();
            measures = measures.with_array("eigenvalues", vec![units, 2], data);
        }
        Ok(measures)
    }
}
