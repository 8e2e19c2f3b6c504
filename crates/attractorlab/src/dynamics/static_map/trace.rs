//! The whole map of one network by continuation, and all its fixed points.

use attractorlab_numerics::linalg::{Complex64, Lu, Mat, matvec};
use attractorlab_numerics::roots::refine;

use super::{StaticMap, StaticMapError};
use crate::dynamics::{EffectiveConnectivity, SolverOptions, Status, outliers};
use crate::network::{Connectivity, NetworkError, Transfer, mean_product};

/// How a static map is traced.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct TraceOptions {
    /// The map is traced for |z| up to this; `None` takes ‖n‖/√N, beyond which no fixed point lies if
    /// |φ| ≤ 1.
    pub reach: Option<f64>,
    /// Samples are added until a cubic through values and slopes of neighbours predicts the map in
    /// between to within this, relative to the reach.
    pub tolerance: f64,
    /// How clamped states are solved for.
    pub solver: SolverOptions,
}

impl Default for TraceOptions {
    fn default() -> Self {
        let solver = SolverOptions { tolerance: 1e-11, ..SolverOptions::default() };
        Self { reach: None, tolerance: 1e-3, solver }
    }
}

/// The map at one clamped output.
#[derive(Debug, Clone)]
pub struct MapSample {
    /// The clamped output z.
    pub z: f64,
    /// G_N(z).
    pub value: f64,
    /// G_N'(z).
    pub slope: f64,
    /// Radius of the bulk of J·diag(φ') at the clamped state.
    pub radius: f64,
    /// Whether the clamped state is stationary: found, with a bulk radius below one.
    pub stationary: bool,
    /// The clamped state.
    pub x: Vec<f64>,
}

/// A fixed point of the closed loop.
#[derive(Debug, Clone)]
pub struct MapFixedPoint {
    /// Output z = G_N(z).
    pub z: f64,
    /// |G_N(z) − z|.
    pub residual: f64,
    /// G_N'(z): one or more at a saddle.
    pub slope: f64,
    /// Radius of the bulk.
    pub radius: f64,
    /// Eigenvalues of J·diag(φ') outside the bulk by a tenth of its radius, largest |λ| first.
    pub outliers: Vec<Complex64>,
    /// Whether slope, radius and the real parts of the outliers are below one.
    pub stable: bool,
    /// The state.
    pub x: Vec<f64>,
}

/// A traced map.
#[derive(Debug, Clone)]
pub struct MapTrace {
    /// Samples by rising z.
    pub samples: Vec<MapSample>,
    /// All fixed points by rising z, saddles included.
    pub fixed_points: Vec<MapFixedPoint>,
    /// Intervals of z on which the clamped network has no stationary state that holds: there it is
    /// chaotic, and the map is not defined.
    pub gaps: Vec<(f64, f64)>,
    /// Number of clamped states that were solved for.
    pub solves: usize,
}

/// Intervals of the first grid.
const FIRST: usize = 24;

/// Halvings of one of them.
const DEEPEST: usize = 7;

impl StaticMap<'_> {
    /// ‖n‖/√N, which bounds the map if |φ| ≤ 1.
    pub fn bound(&self) -> f64 {
        mean_product(self.readout, self.readout).sqrt()
    }

    /// Traces G_N over [−reach, reach], each clamped state started from its neighbour, and finds all
    /// fixed points: sign changes of G_N(z) − z between samples, and double ones that a cubic through
    /// values and slopes foretells.
    ///
    /// ```
    /// use attractorlab::dynamics::{ClampedNetwork, StaticMap, TraceOptions};
    /// use attractorlab::network::{Transfer, gaussian_bulk};
    /// use attractorlab::numerics::random::Stream;
    ///
    /// # fn main() -> Result<(), attractorlab::dynamics::StaticMapError> {
    /// let mut stream = Stream::new(1, "example", 0);
    /// let bulk = gaussian_bulk(200, 0.5, &mut stream);
    /// let m = stream.normals(200);
    /// let n: Vec<f64> = m.iter().map(|m| 2.0 * m).collect();
    /// let map = StaticMap {
    ///     network: ClampedNetwork { bulk: bulk.as_ref(), transfer: Transfer::Tanh },
    ///     feedback: &m,
    ///     input: &vec![0.0; 200],
    ///     readout: &n,
    /// };
    /// // Feedback twice as strong as the silent state bears: two attractors and a saddle.
    /// let trace = map.trace(&TraceOptions::default())?;
    /// assert_eq!(trace.fixed_points.iter().map(|p| p.stable).collect::<Vec<_>>(), [true, false, true]);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// [`StaticMapError`] if an entry of the network is not finite.
    ///
    /// # Panics
    /// If the vectors differ in length.
    #[track_caller]
    pub fn trace(&self, options: &TraceOptions) -> Result<MapTrace, StaticMapError> {
        let reach = match (options.reach, self.network.transfer) {
            (Some(reach), _) => reach,
            (None, Transfer::Tanh | Transfer::Erf | Transfer::Logistic) => 1.01 * self.bound(),
            (None, other) => return Err(StaticMapError::Unbounded { transfer: other.name() }),
        };
        let reach = reach.max(1e-6);
        let mut tracer = Tracer { map: self, options, solves: 0, samples: Vec::new() };
        // From both ends, where the drive is strong, to the middle; finer in the middle.
        let places: Vec<f64> = (0..=FIRST / 2)
            .map(|i| reach * (2.0 * (1.0 - 2.0 * i as f64 / FIRST as f64)).sinh() / 2.0_f64.sinh())
            .collect();
        let mut above: Vec<MapSample> = Vec::new();
        let mut below: Vec<MapSample> = Vec::new();
        for (place, z) in places.iter().enumerate() {
            for (side, sign) in [(&mut above, 1.0), (&mut below, -1.0)] {
                if sign < 0.0 && place == FIRST / 2 {
                    continue;
                }
                let start = side.last().filter(|s| s.stationary).map(|s| s.x.clone());
                side.push(tracer.sample(sign * z, start));
            }
        }
        below.extend(above.into_iter().rev());
        let mut samples = below.into_iter();
        if let Some(first) = samples.next() {
            tracer.samples.push(first);
        }
        for next in samples {
            tracer.fill(next, reach, DEEPEST);
        }
        let brackets = tracer.brackets();
        let mut fixed_points = Vec::with_capacity(brackets.len());
        let connectivity = self.connectivity()?;
        for bracket in brackets {
            fixed_points.push(tracer.fixed_point(&connectivity, bracket)?);
        }
        let Tracer { samples, solves, .. } = tracer;
        let mut gaps: Vec<(f64, f64)> = Vec::new();
        for pair in samples.windows(2).filter(|pair| !pair[0].stationary || !pair[1].stationary) {
            match gaps.last_mut() {
                Some(last) if last.1 == pair[0].z => last.1 = pair[1].z,
                _ => gaps.push((pair[0].z, pair[1].z)),
            }
        }
        Ok(MapTrace { samples, fixed_points, gaps, solves })
    }

    /// The closed loop's connectivity.
    pub(super) fn connectivity(&self) -> Result<Connectivity, StaticMapError> {
        let connectivity = Connectivity::new(self.network.bulk.to_owned())
            .and_then(|c| c.with_feedback(self.feedback.to_vec(), self.readout.to_vec()));
        Ok(connectivity.map_err(NetworkError::from)?)
    }
}

/// Two places between which G_N(z) − z changes sign, and a state near.
struct Bracket {
    low: (f64, f64),
    high: (f64, f64),
    x: Vec<f64>,
}

struct Tracer<'a> {
    map: &'a StaticMap<'a>,
    options: &'a TraceOptions,
    solves: usize,
    samples: Vec<MapSample>,
}

impl Tracer<'_> {
    fn sample(&mut self, z: f64, start: Option<Vec<f64>>) -> MapSample {
        let map = self.map;
        let start = start.unwrap_or_else(|| map.drive(z));
        let (value, clamped) = map.evaluate(z, &start, self.options.solver);
        self.solves += 1;
        let n = start.len();
        let (mut rates, mut gains) = (vec![0.0; n], vec![0.0; n]);
        map.network.transfer.with_first(&clamped.x, &mut rates, &mut gains);
        let bulk = map.network.bulk;
        let power: f64 = (0..n).map(|j| gains[j] * gains[j] * bulk.col(j).squared_norm_l2()).sum();
        let radius = (power / n as f64).sqrt();
        let stationary = clamped.status == Status::Converged && radius < 1.0;
        let slope = if stationary { self.slope(&gains) } else { f64::NAN };
        MapSample { z, value, slope, radius, stationary, x: clamped.x }
    }

    /// G_N' = n·D u/N with u = bulk·D u + m, D = diag(φ').
    fn slope(&self, gains: &[f64]) -> f64 {
        let StaticMap { network, feedback, readout, .. } = self.map;
        let n = gains.len();
        let scaled = |u: &[f64]| u.iter().zip(gains).map(|(u, d)| u * d).collect::<Vec<_>>();
        let mut u = feedback.to_vec();
        let mut next = vec![0.0; n];
        for _ in 0..120 {
            matvec(network.bulk, &scaled(&u), &mut next);
            let (mut change, mut size) = (0.0, 0.0);
            for ((next, u), m) in next.iter_mut().zip(&mut u).zip(*feedback) {
                *next += m;
                change += (*next - *u).powi(2);
                size += *next * *next;
                *u = *next;
            }
            if change <= 1e-16 * size {
                return mean_product(readout, &scaled(&u));
            }
        }
        // A bulk near radius one: the series converges too slowly.
        let system = Mat::from_fn(n, n, |i, j| f64::from(u8::from(i == j)) - network.bulk[(i, j)] * gains[j]);
        Lu::from_matrix(system).map_or(f64::NAN, |lu| mean_product(readout, &scaled(&lu.solve(feedback))))
    }

    /// Appends samples up to `next`, as many as the map needs between it and the last one.
    fn fill(&mut self, next: MapSample, reach: f64, depth: usize) {
        let Some(last) = self.samples.last() else { return };
        let width = next.z - last.z;
        let start = if last.stationary { last.x.clone() } else { next.x.clone() };
        let whole = last.stationary && next.stationary;
        let chaotic = !last.stationary && !next.stationary;
        if depth == 0 || chaotic || width < 1e-4 * reach {
            self.samples.push(next);
            return;
        }
        // The cubic's value in the middle.
        let foretold = 0.5 * (last.value + next.value) + 0.125 * width * (last.slope - next.slope);
        let middle = self.sample(last.z + 0.5 * width, Some(start));
        let fits =
            whole && middle.stationary && (middle.value - foretold).abs() <= self.options.tolerance * reach;
        if fits {
            self.samples.push(middle);
            self.samples.push(next);
        } else {
            self.fill(middle, reach, depth - 1);
            self.fill(next, reach, depth - 1);
        }
    }

    fn brackets(&mut self) -> Vec<Bracket> {
        let mut found = Vec::new();
        for i in 1..self.samples.len() {
            let (a, b) = (&self.samples[i - 1], &self.samples[i]);
            if !(a.stationary && b.stationary) {
                continue;
            }
            let (low, high) = ((a.z, a.value - a.z), (b.z, b.value - b.z));
            let x = a.x.clone();
            let inner = cubic_extrema(low, a.slope - 1.0, high, b.slope - 1.0);
            // Where the cubic turns to the other side of zero, ask the map itself.
            let mut knots = vec![low];
            for (z, value) in inner {
                if value * knots[knots.len() - 1].1 <= 0.0 || value * high.1 <= 0.0 {
                    let sample = self.sample(z, Some(x.clone()));
                    if sample.stationary {
                        knots.push((z, sample.value - z));
                    }
                }
            }
            knots.push(high);
            for pair in knots.windows(2) {
                // A root on a sample belongs to the interval on its left.
                if pair[1].1 == 0.0 || pair[0].1 * pair[1].1 < 0.0 {
                    found.push(Bracket { low: pair[0], high: pair[1], x: x.clone() });
                }
            }
        }
        found
    }

    fn fixed_point(
        &mut self,
        connectivity: &Connectivity,
        bracket: Bracket,
    ) -> Result<MapFixedPoint, StaticMapError> {
        let Bracket { low, high, mut x } = bracket;
        let (map, solver) = (self.map, self.options.solver);
        let mut solves = 0;
        let mut excess = |z: f64| {
            let (value, clamped) = map.evaluate(z, &x, solver);
            solves += 1;
            x = clamped.x;
            value - z
        };
        let (z, _) = refine(&mut excess, low, high);
        self.solves += solves;
        let sample = self.sample(z, Some(x));
        let gains: Vec<f64> = sample.x.iter().map(|x| map.network.transfer.first(*x)).collect();
        let found = outliers(&EffectiveConnectivity::new(connectivity, gains), 0.1)?;
        let stable = sample.radius < 1.0 && sample.slope < 1.0 && found.values.iter().all(|l| l.re < 1.0);
        Ok(MapFixedPoint {
            z,
            residual: (sample.value - z).abs(),
            slope: sample.slope,
            radius: sample.radius,
            outliers: found.values,
            stable,
            x: sample.x,
        })
    }
}

/// Interior extrema of the cubic with these ends and slopes, rising.
fn cubic_extrema(low: (f64, f64), slope_low: f64, high: (f64, f64), slope_high: f64) -> Vec<(f64, f64)> {
    let width = high.0 - low.0;
    let (s0, s1, rise) = (slope_low * width, slope_high * width, high.1 - low.1);
    // p(t) = f₀ + s₀ t + (3Δ − 2s₀ − s₁)t² + (s₀ + s₁ − 2Δ)t³
    let (b, c) = (3.0 * rise - 2.0 * s0 - s1, s0 + s1 - 2.0 * rise);
    let value = |t: f64| low.1 + t * (s0 + t * (b + t * c));
    // p' = s₀ + 2b t + 3c t²
    let discriminant = b * b - 3.0 * c * s0;
    if !(discriminant > 0.0) {
        return Vec::new();
    }
    let q = -(b + b.signum() * discriminant.sqrt());
    let mut places: Vec<f64> = [q / (3.0 * c), s0 / q].into_iter().filter(|t| *t > 0.0 && *t < 1.0).collect();
    places.sort_by(f64::total_cmp);
    places.into_iter().map(|t| (low.0 + t * width, value(t))).collect()
}
