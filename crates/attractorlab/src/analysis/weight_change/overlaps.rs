//! What the components of a change are aligned with.

use attractorlab_numerics::kernels::dot;
use attractorlab_numerics::linalg::{Mat, MatRef, matvec};

use super::{ChangeError, WeightChange};

/// Overlaps of the first components of ΔW = Σ s_k u_k v_kᵀ, rows: components.
///
/// All are cosines; between independent directions they have mean zero and standard deviation
/// [`null_deviation`](Self::null_deviation).
#[derive(Debug, Clone)]
pub struct ComponentOverlaps {
    /// u_k with each input vector.
    pub left_input: Mat<f64>,
    /// u_k with each readout vector.
    pub left_readout: Mat<f64>,
    /// v_k with each input vector.
    pub right_input: Mat<f64>,
    /// v_k with each readout vector.
    pub right_readout: Mat<f64>,
    /// u_k·v_l, component k with component l: what ΔW makes of its own outputs.
    pub left_right: Mat<f64>,
    /// v_k with W₀u_k: the loop that the change closes through W₀.
    pub through_initial: Vec<f64>,
    /// 1/√N.
    pub null_deviation: f64,
}

impl WeightChange {
    /// Overlaps of the first `count` components with inputs (N×Din), readouts (N×Dout), each other, and W₀.
    ///
    /// The theory of linear learning has u₁ near (1 − W₀)⁻ᵀw and v₁ near (1 − W₀)⁻¹m.
    ///
    /// # Errors
    /// [`ChangeError::Shape`] if the weights are not square or the vectors do not fit.
    pub fn overlaps(
        &self,
        inputs: MatRef<'_, f64>,
        readouts: MatRef<'_, f64>,
        count: usize,
    ) -> Result<ComponentOverlaps, ChangeError> {
        let n = self.initial().nrows();
        for (name, found, fits) in [
            ("the weights", self.initial(), self.initial().ncols() == n),
            ("the inputs", inputs, inputs.nrows() == n),
            ("the readouts", readouts, readouts.nrows() == n),
        ] {
            if !fits {
                let expected =
                    if name == "the weights" { "square".to_owned() } else { format!("{n} rows long") };
                return Err(ChangeError::Shape {
                    name,
                    expected,
                    rows: found.nrows(),
                    columns: found.ncols(),
                });
            }
        }
        let count = count.min(self.values().len());
        let column = |of: MatRef<'_, f64>, k: usize| -> Vec<f64> { (0..n).map(|i| of[(i, k)]).collect() };
        let cosines = |a: MatRef<'_, f64>, b: MatRef<'_, f64>, columns: usize| {
            Mat::from_fn(count, columns, |k, l| cosine(&column(a, k), &column(b, l)))
        };
        let through_initial = (0..count)
            .map(|k| {
                let mut image = vec![0.0; n];
                matvec(self.initial(), &column(self.left(), k), &mut image);
                cosine(&column(self.right(), k), &image)
            })
            .collect();
        Ok(ComponentOverlaps {
            left_input: cosines(self.left(), inputs, inputs.ncols()),
            left_readout: cosines(self.left(), readouts, readouts.ncols()),
            right_input: cosines(self.right(), inputs, inputs.ncols()),
            right_readout: cosines(self.right(), readouts, readouts.ncols()),
            left_right: cosines(self.left(), self.right(), count),
            through_initial,
            null_deviation: 1.0 / (n.max(1) as f64).sqrt(),
        })
    }
}

/// a·b/|a||b|; zero if either is zero.
fn cosine(a: &[f64], b: &[f64]) -> f64 {
    let size = (dot(a, a) * dot(b, b)).sqrt();
    if size > 0.0 { dot(a, b) / size } else { 0.0 }
}
