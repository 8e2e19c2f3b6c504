//! The linear ODE that a readout of clamped states obeys near one clamped value.
//!
//! With q_m = ⟨φ(x_m) δφ⟩ and p_m = ⟨x_m δx⟩ over the units, Gaussianity of (x_m, x, δx) gives q = D p,
//! and the network dp/dt = −p + g²q + U δz with U_m = ⟨x_m (feedback vectors)⟩, δz = cᵀq. So
//! dq/dt = J q with J = −1 + D(g²·1 + U cᵀ): the same for reservoirs that hold several outputs
//! (U = F) and for feedback networks with an input (U_m = Sm²z_m + Smi). Where the feedback vectors w are
//! not Gaussian, the feedback line drives q by V_m = ⟨w φ(x_m)φ'(x)⟩ in place of (D U)_m, and
//! J = −1 + g²D + V cᵀ.

use attractorlab_numerics::linalg::{
    Complex64, Hessenberg, LinalgError, Mat, complex_eigenvalues, eigenvalues,
};

use super::{ClampedError, ClampedState, PairOfStates};

/// A readout Σ c_m φ(x_m) of M clamped states, and what drives them.
#[derive(Debug, Clone)]
pub struct LinearReadout {
    /// U (M×K): overlaps of each state's drive with the feedback vectors.
    pub feedback: Mat<f64>,
    /// c (M×K): the weights.
    pub weights: Mat<f64>,
    /// Context input u_m of each state; empty for none.
    pub context: Vec<f64>,
}

/// The reduced dynamics dq/dt = J q, δz = cᵀq near one value, and what follows from it.
#[derive(Debug, Clone)]
pub struct LocalDynamics {
    /// J = −1 + g²D + V cᵀ, with V = D F for Gaussian feedback vectors: order M at a target, M + 1 at another value.
    pub matrix: Mat<f64>,
    /// D, which couples the overlaps p = ⟨x_m δx⟩ to q.
    pub coupling: Mat<f64>,
    /// Eigenvalues of J, larger real part first.
    pub poles: Vec<Complex64>,
    /// Eigenvalues of −1 + g²D: the output line cut, larger real part first.
    pub open_poles: Vec<Complex64>,
    /// Radius g√⟨φ'²⟩ of the bulk; the state is chaotic at one and above.
    pub bulk_radius: f64,
    g: f64,
    /// V, with the row of the value itself appended where it is not a target.
    drive: Mat<f64>,
    /// c, with a zero row appended likewise.
    readout: Mat<f64>,
    /// u, likewise.
    context: Vec<f64>,
}

impl LocalDynamics {
    /// The local dynamics at the state `own`, which is number `current` of the states that
    /// `readout` knows; `pair(m)` gives the averages of state m (first) with it (second).
    ///
    /// # Errors
    /// [`ClampedError::Linalg`] if an eigenvalue problem fails.
    pub fn new(
        g: f64,
        own: &ClampedState,
        current: usize,
        readout: LinearReadout,
        pair: impl Fn(usize) -> PairOfStates,
    ) -> Result<Self, ClampedError> {
        let coupling = coupling(readout.feedback.nrows(), own, current, pair);
        let drive = &coupling * &readout.feedback;
        Self::assemble(g, own, coupling, drive, readout)
    }

    /// As [`LocalDynamics::new`], for feedback vectors that are not Gaussian: `drive` is V, M×K, in
    /// place of D U.
    ///
    /// # Errors
    /// [`ClampedError::Linalg`] if an eigenvalue problem fails.
    pub fn with_drive(
        g: f64,
        own: &ClampedState,
        current: usize,
        readout: LinearReadout,
        drive: Mat<f64>,
        pair: impl Fn(usize) -> PairOfStates,
    ) -> Result<Self, ClampedError> {
        let coupling = coupling(readout.feedback.nrows(), own, current, pair);
        Self::assemble(g, own, coupling, drive, readout)
    }

    fn assemble(
        g: f64,
        own: &ClampedState,
        coupling: Mat<f64>,
        drive: Mat<f64>,
        readout: LinearReadout,
    ) -> Result<Self, ClampedError> {
        let LinearReadout { weights: readout, context, .. } = readout;
        let (order, outputs) = (drive.nrows(), drive.ncols());
        let minus = |i: usize, j: usize| if i == j { 1.0 } else { 0.0 };
        let open = Mat::from_fn(order, order, |i, j| g * g * coupling[(i, j)] - minus(i, j));
        let matrix = Mat::from_fn(order, order, |i, j| {
            let loops: f64 = (0..outputs).map(|k| drive[(i, k)] * readout[(j, k)]).sum();
            open[(i, j)] + loops
        });
        Ok(Self {
            poles: sorted_eigenvalues(&matrix)?,
            open_poles: sorted_eigenvalues(&open)?,
            matrix,
            coupling,
            bulk_radius: g * own.gain_squared.sqrt(),
            g,
            drive,
            readout,
            context,
        })
    }

    /// Whether perturbations of the output die out and the bulk is stable.
    pub fn is_stable(&self) -> bool {
        self.bulk_radius < 1.0 && self.poles.iter().all(|pole| pole.re < 0.0)
    }

    /// Coefficients of det(s − J), highest power first.
    pub fn characteristic_polynomial(&self) -> Vec<f64> {
        let mut coefficients = vec![Complex64::new(1.0, 0.0)];
        for pole in &self.poles {
            let mut next = coefficients.clone();
            next.push(Complex64::new(0.0, 0.0));
            for (i, c) in coefficients.iter().enumerate() {
                next[i + 1] -= c * pole;
            }
            coefficients = next;
        }
        coefficients.into_iter().map(|c| c.re).collect()
    }

    /// Open-loop transfer matrix G(s) = cᵀ[(1+s) − g²D]⁻¹DF from the feedback line to the output
    /// (K×K, row: output; V in place of DF for feedback vectors that are not Gaussian).
    ///
    /// # Errors
    /// [`ClampedError::Linalg`] if s is an open-loop pole.
    pub fn open_transfer(&self, s: Complex64) -> Result<Mat<Complex64>, ClampedError> {
        let order = self.coupling.nrows();
        let g2 = self.g * self.g;
        let system =
            Mat::from_fn(order, order, |i, j| g2 * self.coupling[(i, j)] - if i == j { 1.0 } else { 0.0 });
        self.response(&system, &self.drive, s)
    }

    /// Mean response δz(t) = cᵀexp(Jt)V to a kick δx(0) = (feedback vector k) of unit size, K×K
    /// (column: feedback vector). A kick in a random direction has none of order one.
    pub fn kick_response(&self, t: f64) -> Mat<f64> {
        let order = self.matrix.nrows();
        // exp(Jt)V by scaling, a Taylor series, and squaring: J is of order M.
        let size = self.matrix.norm_l2() * t.abs();
        let halvings = size.log2().ceil().max(0.0) as i32 + 3;
        let step = t * 0.5_f64.powi(halvings);
        let mut exponential = Mat::<f64>::identity(order, order);
        let mut term = exponential.clone();
        for n in 1..=14 {
            term = &term * &self.matrix;
            let scale = step / f64::from(n);
            term = Mat::from_fn(order, order, |i, j| scale * term[(i, j)]);
            exponential += &term;
        }
        for _ in 0..halvings {
            exponential = &exponential * &exponential;
        }
        self.readout.transpose() * (&exponential * &self.drive)
    }

    /// Size of a small perturbation of the units in a random direction after time t, relative to its
    /// size at first: e⁻ᵗ √I₀(2ρt) with the bulk radius ρ, in the limit of many units.
    ///
    /// At ρ = 1 it falls like a power law while the output's response keeps its exponential.
    pub fn internal_decay(&self, t: f64) -> f64 {
        // e^{−2t} I₀(2ρt) = (1/π)∫₀^π exp(2t(ρ cos θ − 1)) dθ, by the trapezoid rule, which converges
        // geometrically once the steps are short against the peak's width.
        let steps = 32 + 8 * (2.0 * self.bulk_radius * t.abs()).sqrt().ceil().min(1e6) as usize;
        let value = |i: usize| {
            let theta = std::f64::consts::PI * i as f64 / steps as f64;
            (2.0 * t * (self.bulk_radius * theta.cos() - 1.0)).exp()
        };
        let ends = 0.5 * (value(0) + value(steps));
        ((ends + (1..steps).map(value).sum::<f64>()) / steps as f64).sqrt()
    }

    /// Closed-loop response H(s) = (1 − G)⁻¹G of the output to a signal added to the feedback line
    /// (K×K): cᵀ(s − J)⁻¹V.
    ///
    /// # Errors
    /// [`ClampedError::Linalg`] if s is a pole.
    pub fn feedback_response(&self, s: Complex64) -> Result<Mat<Complex64>, ClampedError> {
        self.response(&self.matrix, &self.drive, s)
    }

    /// Closed-loop response of the output to a signal along the context input's vector (K×1):
    /// cᵀ(s − J)⁻¹Du; zero without a context input.
    ///
    /// # Errors
    /// [`ClampedError::Linalg`] if s is a pole.
    pub fn context_response(&self, s: Complex64) -> Result<Mat<Complex64>, ClampedError> {
        let order = self.coupling.nrows();
        let u = Mat::from_fn(order, 1, |i, _| self.context.get(i).copied().unwrap_or(0.0));
        self.response(&self.matrix, &(&self.coupling * &u), s)
    }

    fn response(
        &self,
        system: &Mat<f64>,
        source: &Mat<f64>,
        s: Complex64,
    ) -> Result<Mat<Complex64>, ClampedError> {
        let order = system.nrows();
        let hessenberg = Hessenberg::new(system.as_ref())?;
        let mut out = Mat::zeros(self.readout.ncols(), source.ncols());
        for column in 0..source.ncols() {
            let b: Vec<Complex64> = (0..order).map(|i| Complex64::new(source[(i, column)], 0.0)).collect();
            let q = hessenberg.solve_shifted(s, &b)?;
            for output in 0..self.readout.ncols() {
                out[(output, column)] = (0..order).map(|i| q[i] * self.readout[(i, output)]).sum();
            }
        }
        Ok(out)
    }

    /// The frequency in (0, `highest`] at which the largest singular value of H(iω) peaks, with
    /// that value; `None` if the response falls from ω = 0 on, or the state is unstable.
    ///
    /// # Errors
    /// [`ClampedError::Linalg`] if the response cannot be computed.
    pub fn resonance(&self, highest: f64) -> Result<Option<(f64, f64)>, ClampedError> {
        if !self.is_stable() {
            return Ok(None);
        }
        let size = |omega: f64| -> Result<f64, ClampedError> {
            let h = self.feedback_response(Complex64::new(0.0, omega))?;
            spectral_norm(&h)
        };
        let count = 400;
        let mut best = (0, size(0.0)?);
        for i in 1..=count {
            let value = size(highest * f64::from(i) / f64::from(count))?;
            if value > best.1 {
                best = (i, value);
            }
        }
        if best.0 == 0 || best.0 == count {
            return Ok(None);
        }
        // Golden section around the best sample.
        let step = highest / f64::from(count);
        let (mut a, mut b) = (step * f64::from(best.0 - 1), step * f64::from(best.0 + 1));
        let ratio = 0.5 * (5.0_f64.sqrt() - 1.0);
        for _ in 0..60 {
            let (c, d) = (b - ratio * (b - a), a + ratio * (b - a));
            if size(c)? > size(d)? { b = d } else { a = c }
        }
        let omega = 0.5 * (a + b);
        Ok(Some((omega, size(omega)?)))
    }

    /// One line: order, poles, resonance.
    pub fn description(&self) -> String {
        let mut parts: Vec<String> = Vec::new();
        for pole in self.poles.iter().filter(|pole| pole.im >= 0.0) {
            if pole.im > 0.0 {
                parts.push(format!("{:.3} ± {:.3}i", pole.re, pole.im).replace('-', "−"));
            } else {
                parts.push(format!("{:.3}", pole.re).replace('-', "−"));
            }
        }
        let poles = if self.poles.len() == 1 { "pole" } else { "poles" };
        let ending = if self.bulk_radius >= 1.0 {
            "the bulk is unstable".to_owned()
        } else if !self.is_stable() {
            "unstable".to_owned()
        } else {
            match self.resonance(20.0) {
                Ok(Some((omega, _))) => format!("resonates at ω = {omega:.3}"),
                _ => "low-pass".to_owned(),
            }
        };
        format!("order-{} ODE, {poles} {}, {ending}", self.poles.len(), parts.join(", "))
    }
}

/// D_mn = a_m δ_mn + b_m δ_nμ, with μ = `current`.
fn coupling(
    order: usize,
    own: &ClampedState,
    current: usize,
    pair: impl Fn(usize) -> PairOfStates,
) -> Mat<f64> {
    let mut coupling = Mat::zeros(order, order);
    for m in 0..order {
        if m == current {
            coupling[(m, m)] = own.gain_squared + own.curvature;
        } else {
            let p = pair(m);
            coupling[(m, m)] += p.gains;
            coupling[(m, current)] += p.curvature_second;
        }
    }
    coupling
}

fn spectral_norm(h: &Mat<Complex64>) -> Result<f64, ClampedError> {
    if h.ncols() == 1 && h.nrows() == 1 {
        return Ok(h[(0, 0)].norm());
    }
    let gram = Mat::from_fn(h.ncols(), h.ncols(), |i, j| {
        (0..h.nrows()).map(|l| h[(l, i)].conj() * h[(l, j)]).sum::<Complex64>()
    });
    let largest = complex_eigenvalues(gram.as_ref())?.into_iter().map(|v| v.re).fold(0.0, f64::max);
    Ok(largest.sqrt())
}

/// Eigenvalues, larger real part first, then larger imaginary part; closed up to order two.
fn sorted_eigenvalues(matrix: &Mat<f64>) -> Result<Vec<Complex64>, LinalgError> {
    let mut values = match matrix.nrows() {
        1 => vec![Complex64::new(matrix[(0, 0)], 0.0)],
        2 => {
            let half = 0.5 * (matrix[(0, 0)] + matrix[(1, 1)]);
            let difference = 0.5 * (matrix[(0, 0)] - matrix[(1, 1)]);
            let root = Complex64::new(difference * difference + matrix[(0, 1)] * matrix[(1, 0)], 0.0).sqrt();
            vec![half + root, half - root]
        }
        _ => eigenvalues(matrix.as_ref())?,
    };
    values.sort_by(|a, b| b.re.total_cmp(&a.re).then(b.im.total_cmp(&a.im)));
    Ok(values)
}
