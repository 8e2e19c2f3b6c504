//! Principal components of states.

use attractorlab_numerics::linalg::{LinalgError, Mat, MatRef, Svd};

/// The axes along which states vary most.
#[derive(Debug, Clone)]
pub struct PrincipalComponents {
    /// Mean of the states.
    pub mean: Vec<f64>,
    /// The axes, as orthonormal columns (N×k), those of largest variance first.
    pub axes: Mat<f64>,
    /// Variance along each axis.
    pub variances: Vec<f64>,
    /// Variance in all.
    pub total: f64,
}

impl PrincipalComponents {
    /// The components of the columns of `states` (N×P): at most `count`, fewer if N or P are fewer.
    ///
    /// ```
    /// use attractorlab::analysis::PrincipalComponents;
    /// use attractorlab::numerics::linalg::Mat;
    /// let states = Mat::from_fn(3, 50, |i, p| if i == 1 { (p as f64).sin() } else { 0.5 });
    /// let components = PrincipalComponents::new(states.as_ref(), 2)?;
    /// assert!((components.axes[(1, 0)].abs() - 1.0).abs() < 1e-12 && components.dimension() < 1.0 + 1e-9);
    /// # Ok::<(), attractorlab::numerics::linalg::LinalgError>(())
    /// ```
    ///
    /// # Errors
    /// [`LinalgError`] if a state is not finite.
    pub fn new(states: MatRef<'_, f64>, count: usize) -> Result<Self, LinalgError> {
        let (n, p) = (states.nrows(), states.ncols());
        let scale = 1.0 / (p.max(1) as f64);
        let mean: Vec<f64> = (0..n).map(|i| scale * (0..p).map(|c| states[(i, c)]).sum::<f64>()).collect();
        let centred = Mat::from_fn(n, p, |i, c| states[(i, c)] - mean[i]);
        let svd = Svd::new(centred.as_ref())?;
        let all: Vec<f64> = svd.values.iter().map(|s| s * s * scale).collect();
        let kept = count.min(all.len());
        Ok(Self {
            mean,
            axes: Mat::from_fn(n, kept, |i, k| svd.u[(i, k)]),
            total: all.iter().sum(),
            variances: all[..kept].to_vec(),
        })
    }

    /// Coordinates of a state on the axes.
    ///
    /// # Panics
    /// If the state has another length.
    #[track_caller]
    pub fn project(&self, state: &[f64]) -> Vec<f64> {
        assert_eq!(state.len(), self.mean.len(), "one entry of the state for each variable");
        (0..self.axes.ncols())
            .map(|k| {
                state.iter().zip(&self.mean).enumerate().map(|(i, (x, m))| (x - m) * self.axes[(i, k)]).sum()
            })
            .collect()
    }

    /// The participation ratio (Σv)²/Σv²; an upper bound if not all axes were kept.
    pub fn dimension(&self) -> f64 {
        let squares: f64 = self.variances.iter().map(|v| v * v).sum();
        if squares > 0.0 { self.total * self.total / squares } else { 0.0 }
    }
}
