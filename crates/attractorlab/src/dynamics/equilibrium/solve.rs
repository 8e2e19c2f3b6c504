//! The forward pass: states of a batch, by iteration with Newton's method behind it, or by truncated simulation.

use std::borrow::Cow;

use attractorlab_numerics::kernels::Real;
use attractorlab_numerics::linalg::{LeftFactor, Mat, MatRef, matvec};
use rayon::prelude::*;

use super::chord::Chord;
use super::iterate::{BatchMap, Column, Ended, Limits, iterate, subtract};
use super::{BLOCK, Columns, EquilibriumError, FixedPointLayer, StabilityTest, blocks};
use crate::dynamics::stationary::{Balance, solve};
use crate::dynamics::{SolverOptions, Status};
use crate::network::Transfer;

/// Columns whose states, roughly found, stand for the batch where its mean gains are needed.
const PILOTS: usize = 32;
const PILOT_SWEEPS: usize = 12;
const PILOT_TOLERANCE: f64 = 0.02;

/// How the search of one column ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum EquilibriumStatus {
    /// A fixed point, and stable: every eigenvalue λ of diag(φ')W has Re λ < 1.
    Stable,
    /// A fixed point of the equation, but not a state in which the dynamics rests.
    Unstable,
    /// A fixed point whose stability was not asked for, or that the test could not decide.
    Undecided,
    /// The residual stopped falling above the tolerance, or the sweeps ran out.
    NotFound,
    /// A number became infinite or NaN.
    NotFinite,
    /// The end of a truncated simulation: no fixed point is claimed, see the residual.
    Truncated,
}

impl EquilibriumStatus {
    /// Whether the equation is solved to the tolerance.
    pub fn is_fixed_point(self) -> bool {
        matches!(self, Self::Stable | Self::Unstable | Self::Undecided)
    }

    /// The name used in tables, files and Python.
    pub fn name(self) -> &'static str {
        match self {
            Self::Stable => "stable",
            Self::Unstable => "unstable",
            Self::Undecided => "undecided",
            Self::NotFound => "not found",
            Self::NotFinite => "not finite",
            Self::Truncated => "truncated",
        }
    }
}

/// When to stop, and what to try.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct EquilibriumOptions {
    /// Residual max |φ(Wr + x) − r| up to which a column counts as solved.
    pub tolerance: f64,
    /// Sweeps over the batch at most; one product with W each.
    pub sweeps: usize,
    /// States that Anderson's mixing remembers, 0 to 8; 0 is plain relaxation alone, which stays in the basin of
    /// attraction of the start.
    pub mixing: usize,
    /// Newton steps for columns that the iteration leaves unsolved; 0 for none.
    pub newton_steps: usize,
    /// How stability is decided.
    pub stability: StabilityTest,
    /// Whether columns that ended at an unstable state, or nowhere, are relaxed anew from their start with small
    /// steps: the dynamics may rest elsewhere.
    pub relax: bool,
}

impl EquilibriumOptions {
    /// The options for weights of this precision: residuals of 1e-12 for `f64`, 1e-5 for `f32`.
    pub fn of<T: Real>() -> Self {
        let tolerance = if T::EPSILON.to_f64() < 1e-10 { 1e-12 } else { 1e-5 };
        Self { tolerance, ..Self::default() }
    }
}

impl Default for EquilibriumOptions {
    fn default() -> Self {
        Self {
            tolerance: 1e-12,
            sweeps: 300,
            mixing: 4,
            newton_steps: 30,
            stability: StabilityTest::default(),
            relax: true,
        }
    }
}

/// The states of a batch, column by column.
#[derive(Debug, Clone)]
pub struct Equilibria<T> {
    /// Rates r, N×m.
    pub rates: Columns<T>,
    /// Gains φ'(Wr + x), N×m.
    pub gains: Columns<T>,
    /// How each column ended. Look at it: the rates mean nothing where nothing was found.
    pub status: Vec<EquilibriumStatus>,
    /// max |φ(Wr + x) − r| of each column.
    pub residuals: Vec<f64>,
    /// Largest Re λ of diag(φ')W, for columns whose spectrum was computed.
    pub growth: Vec<Option<f64>>,
    /// Most sweeps that a column took.
    pub sweeps: usize,
}

impl<T> Equilibria<T> {
    /// Number of columns with this status.
    pub fn count(&self, status: EquilibriumStatus) -> usize {
        self.status.iter().filter(|s| **s == status).count()
    }
}

/// r ↦ φ(Wr + x).
struct Forward<'a, T: Real> {
    factor: &'a LeftFactor<T>,
    transfer: Transfer,
    drive: &'a Columns<T>,
}

impl<T: Real> BatchMap<T> for Forward<'_, T> {
    fn factor(&self) -> &LeftFactor<T> {
        self.factor
    }

    fn respond(&self, column: usize, input: &mut [T]) {
        for (u, x) in input.iter_mut().zip(self.drive.column(column)) {
            *u += *x;
        }
        self.transfer.values_in_place(input);
    }
}

/// φ(Wr + x) − r of one column, for Newton's method.
struct Single<'a> {
    weights: MatRef<'a, f64>,
    transfer: Transfer,
    drive: Vec<f64>,
}

impl Single<'_> {
    fn input(&self, r: &[f64]) -> Vec<f64> {
        let mut u = vec![0.0; r.len()];
        matvec(self.weights, r, &mut u);
        u.iter_mut().zip(&self.drive).for_each(|(u, x)| *u += x);
        u
    }
}

impl Balance for Single<'_> {
    fn residual(&self, r: &[f64], out: &mut [f64]) {
        self.transfer.values(&self.input(r), out);
        out.iter_mut().zip(r).for_each(|(o, r)| *o -= r);
    }

    fn jacobian(&self, r: &[f64]) -> Mat<f64> {
        let n = r.len();
        let (mut phi, mut gains) = (vec![0.0; n], vec![0.0; n]);
        self.transfer.with_first(&self.input(r), &mut phi, &mut gains);
        Mat::from_fn(n, n, |i, j| gains[i] * self.weights[(i, j)] - f64::from(u8::from(i == j)))
    }
}

impl<T: Real> FixedPointLayer<T> {
    /// The fixed points r = φ(Wr + x) for the columns x of `drive`, sought from `start` (or from r = 0).
    ///
    /// A large batch is first solved by Newton's method with one inverse for all columns; what that leaves, and any small
    /// batch, is relaxed, every column with a step of its own, sped up by Anderson's mixing; what stalls is handed to
    /// Newton's method; then stability is decided as [`EquilibriumOptions::stability`] says. A column that ends at
    /// an unstable state, or nowhere, is relaxed anew by small steps if [`EquilibriumOptions::relax`] says so.
    ///
    /// # Errors
    /// [`EquilibriumError`] for wrong shapes, entries that are not finite, or options out of range. Not to find a
    /// fixed point is no error but [`Equilibria::status`].
    pub fn solve(
        &self,
        drive: &Columns<T>,
        start: Option<&Columns<T>>,
        options: &EquilibriumOptions,
    ) -> Result<Equilibria<T>, EquilibriumError> {
        self.check_batch("the batch of inputs", drive, drive.count())?;
        if let Some(start) = start {
            self.check_batch("the batch of starting states", start, drive.count())?;
        }
        check_options(options)?;
        let limits = Limits { sweeps: options.sweeps, mixing: options.mixing, step: 1.0 };
        let all: Vec<usize> = (0..drive.count()).collect();
        let mut found = self.search(&all, drive, start, limits, options);
        self.decide(&mut found, options.stability);
        if options.relax {
            let again: Vec<usize> = (0..drive.count())
                .filter(|&c| {
                    matches!(
                        found.status[c],
                        EquilibriumStatus::Unstable
                            | EquilibriumStatus::NotFound
                            | EquilibriumStatus::NotFinite
                    )
                })
                .collect();
            self.relax(&mut found, &again, drive, start, options);
        }
        Ok(found)
    }

    /// Searches these columns.
    fn search<'a>(
        &self,
        columns: &[usize],
        drive: &'a Columns<T>,
        start: Option<&'a Columns<T>>,
        limits: Limits,
        options: &EquilibriumOptions,
    ) -> Equilibria<T> {
        let n = self.units();
        let pick = |from: &'a Columns<T>| {
            if columns.len() == from.count() { Cow::Borrowed(from) } else { Cow::Owned(from.picked(columns)) }
        };
        let drive = pick(drive);
        let drive = drive.as_ref();
        let mut start =
            start.map_or_else(|| Columns::zeros(n, columns.len()), |start| pick(start).into_owned());
        let map = Forward { factor: &self.forward, transfer: self.transfer, drive };
        let mut ended: Vec<Option<Column<T>>> = vec![None; columns.len()];
        if limits.mixing > 0
            && Chord::<T>::pays(n, columns.len())
            && let Some(sweeps) = self.by_chords(&map, &mut start, options)
        {
            let (gains, residuals) = self.gains(&start, drive);
            let solved = |c: usize| residuals[c] <= options.tolerance;
            if (0..columns.len()).all(solved) {
                let status = vec![EquilibriumStatus::Undecided; columns.len()];
                let growth = vec![None; columns.len()];
                return Equilibria { rates: start, gains, status, residuals, growth, sweeps };
            }
            for c in (0..columns.len()).filter(|&c| solved(c)) {
                let state = start.column(c).to_vec();
                ended[c] = Some(Column { state, ended: Ended::Converged, residual: residuals[c], sweeps });
            }
        }
        let open: Vec<usize> = (0..columns.len()).filter(|&c| ended[c].is_none()).collect();
        let found: Vec<Column<T>> = open
            .par_chunks(BLOCK)
            .flat_map_iter(|block| {
                let from: Vec<T> = block.iter().flat_map(|&c| start.column(c).iter().copied()).collect();
                iterate(&map, n, block, &from, |_| options.tolerance, limits)
            })
            .collect();
        let found: Vec<Column<T>> = found
            .into_par_iter()
            .zip(&open)
            .map(|(column, &c)| match column.ended {
                Ended::Converged => column,
                _ if options.newton_steps == 0 => column,
                _ => self.newton(column, drive.column(c), options),
            })
            .collect();
        for (c, column) in open.into_iter().zip(found) {
            ended[c] = Some(column);
        }
        let ended: Vec<Column<T>> = ended.into_iter().flatten().collect();
        self.collect(&ended, drive)
    }

    /// Brings states to their fixed points by chords with the mean gains at the states of a few columns, roughly found;
    /// `None` if they cannot be had. A column that is not solved stays as it started.
    fn by_chords(
        &self,
        map: &Forward<'_, T>,
        states: &mut Columns<T>,
        options: &EquilibriumOptions,
    ) -> Option<usize> {
        let (n, count) = (self.units(), states.count());
        let pilots: Vec<usize> = (0..PILOTS).map(|k| k * count / PILOTS).collect();
        let rough = Limits { sweeps: PILOT_SWEEPS, mixing: options.mixing, step: 1.0 };
        let found: Vec<Column<T>> = pilots
            .par_chunks(PILOTS / 2)
            .flat_map_iter(|pilots| {
                let from = states.picked(pilots);
                iterate(map, n, pilots, from.values(), |_| PILOT_TOLERANCE, rough)
            })
            .collect();
        let roughly = Columns::from_fn(n, PILOTS, |i, k| found[k].state[i]);
        let gains = self.gains(&roughly, &map.drive.picked(&pilots)).0.row_means();
        if gains.iter().any(|g| !g.is_finite()) {
            return None;
        }
        let chord = Chord::new(self.weights(), &gains)?;
        Some(chord.solve(map, states, |_| options.tolerance))
    }

    /// Newton's method with a line search from the best state of the iteration, in 64 bits.
    fn newton(&self, from: Column<T>, drive: &[T], options: &EquilibriumOptions) -> Column<T> {
        let wide = |x: &[T]| x.iter().map(|v| v.to_f64()).collect::<Vec<f64>>();
        let single = Single { weights: self.wide_weights(), transfer: self.transfer, drive: wide(drive) };
        let start = wide(&from.state);
        if start.iter().any(|r| !r.is_finite()) {
            return from;
        }
        // Half of what is allowed, because the state is rounded to the precision of the layer.
        let settings = SolverOptions {
            tolerance: 0.5 * options.tolerance,
            relaxation_steps: 0,
            anderson_depth: 0,
            newton_steps: options.newton_steps,
        };
        let found = solve(&single, &start, settings);
        if found.status != Status::Converged {
            return from;
        }
        let state = found.x.iter().map(|r| T::from_f64(*r)).collect();
        Column { state, ended: Ended::Converged, residual: found.residual, sweeps: from.sweeps }
    }

    /// Puts the columns together, with inputs, gains and residuals computed anew from the states.
    fn collect(&self, ended: &[Column<T>], drive: &Columns<T>) -> Equilibria<T> {
        let (n, count) = (self.units(), ended.len());
        let mut rates = Columns::zeros(n, count);
        for (c, column) in ended.iter().enumerate() {
            rates.column_mut(c).copy_from_slice(&column.state);
        }
        let (gains, residuals) = self.gains(&rates, drive);
        let status = ended
            .iter()
            .zip(&residuals)
            .map(|(column, residual)| match column.ended {
                Ended::Converged => EquilibriumStatus::Undecided,
                _ if residual.is_nan() => EquilibriumStatus::NotFinite,
                Ended::NotFinite => EquilibriumStatus::NotFinite,
                Ended::Stalled => EquilibriumStatus::NotFound,
            })
            .collect();
        let sweeps = ended.iter().map(|column| column.sweeps).max().unwrap_or(0);
        Equilibria { rates, gains, status, residuals, growth: vec![None; count], sweeps }
    }

    /// φ'(Wr + x) and max |φ(Wr + x) − r| of each column.
    pub(super) fn gains(&self, rates: &Columns<T>, drive: &Columns<T>) -> (Columns<T>, Vec<f64>) {
        let n = self.units();
        let (mut gains, mut residuals) = (Columns::zeros(n, rates.count()), vec![0.0; rates.count()]);
        gains
            .values_mut()
            .par_chunks_mut(n * BLOCK)
            .zip(residuals.par_chunks_mut(BLOCK))
            .zip(blocks(rates.count()))
            .for_each_init(
                Default::default,
                |(inputs, work): &mut (Vec<T>, Vec<T>), ((gains, residuals), block)| {
                    inputs.resize(gains.len(), T::default());
                    self.forward.multiply(rates.columns(block.clone()), inputs, block.len(), work);
                    let columns = inputs.chunks_exact_mut(n).zip(gains.chunks_exact_mut(n));
                    let mut phi = vec![T::default(); n];
                    for (((input, gain), residual), c) in columns.zip(residuals).zip(block) {
                        for (u, x) in input.iter_mut().zip(drive.column(c)) {
                            *u += *x;
                        }
                        self.transfer.with_first(input, &mut phi, gain);
                        *residual = subtract(&mut phi, rates.column(c));
                    }
                },
            );
        (gains, residuals)
    }

    /// Relaxes these columns by small steps, and takes what is found if it is stable.
    fn relax(
        &self,
        found: &mut Equilibria<T>,
        again: &[usize],
        drive: &Columns<T>,
        start: Option<&Columns<T>>,
        options: &EquilibriumOptions,
    ) {
        if again.is_empty() {
            return;
        }
        let limits = Limits { sweeps: 3 * options.sweeps, mixing: 0, step: 0.3 };
        let plain = EquilibriumOptions { newton_steps: 0, ..*options };
        let mut second = self.search(again, drive, start, limits, &plain);
        self.decide(&mut second, options.stability);
        for (k, &c) in again.iter().enumerate() {
            let better = second.status[k] == EquilibriumStatus::Stable
                || (second.status[k] == EquilibriumStatus::Undecided && !found.status[c].is_fixed_point());
            if better {
                found.rates.column_mut(c).copy_from_slice(second.rates.column(k));
                found.gains.column_mut(c).copy_from_slice(second.gains.column(k));
                found.status[c] = second.status[k];
                found.residuals[c] = second.residuals[k];
                found.growth[c] = second.growth[k];
            }
        }
        found.sweeps = found.sweeps.max(second.sweeps);
    }

    /// The state after `steps` explicit Euler steps r ← r + dt(−r + φ(Wr + x)) from `start` (or from r = 0), with
    /// dt in units of τ: the truncated forward pass of Zhu & Rosenbaum (2024), who take 500 steps of 0.01.
    ///
    /// Nothing is said of stability; [`Equilibria::residuals`] tell how far from a fixed point the columns are.
    ///
    /// # Errors
    /// [`EquilibriumError`] as for [`FixedPointLayer::solve`].
    pub fn euler(
        &self,
        drive: &Columns<T>,
        start: Option<&Columns<T>>,
        dt: f64,
        steps: usize,
    ) -> Result<Equilibria<T>, EquilibriumError> {
        self.check_batch("the batch of inputs", drive, drive.count())?;
        if let Some(start) = start {
            self.check_batch("the batch of starting states", start, drive.count())?;
        }
        if !(dt > 0.0 && dt.is_finite()) {
            let expected = "positive and finite";
            return Err(EquilibriumError::Option { name: "dt", expected, value: dt });
        }
        let n = self.units();
        let mut rates = start.map_or_else(|| Columns::zeros(n, drive.count()), Clone::clone);
        rates.values_mut().par_chunks_mut(n * super::BLOCK).enumerate().for_each(|(b, block)| {
            let first = b * super::BLOCK;
            self.euler_block(drive.columns(first..first + block.len() / n), block, dt, steps, |_, _| {});
        });
        let (gains, residuals) = self.gains(&rates, drive);
        let status = residuals
            .iter()
            .map(|r| if r.is_finite() { EquilibriumStatus::Truncated } else { EquilibriumStatus::NotFinite })
            .collect();
        let growth = vec![None; drive.count()];
        Ok(Equilibria { rates, gains, status, residuals, growth, sweeps: steps })
    }

    /// Makes the steps of a block in place; `seen` is shown the inputs Wr + x of every step and the rates after it.
    pub(crate) fn euler_block(
        &self,
        drive: &[T],
        rates: &mut [T],
        dt: f64,
        steps: usize,
        mut seen: impl FnMut(&[T], &[T]),
    ) {
        let count = rates.len() / self.units();
        let (mut inputs, mut work) = (vec![T::default(); rates.len()], Vec::new());
        for _ in 0..steps {
            self.forward.multiply(rates, &mut inputs, count, &mut work);
            for (u, x) in inputs.iter_mut().zip(drive) {
                *u += *x;
            }
            self.transfer.euler_step_rate(rates, &inputs, T::from_f64(dt));
            seen(&inputs, rates);
        }
    }
}

fn check_options(options: &EquilibriumOptions) -> Result<(), EquilibriumError> {
    if !(options.tolerance > 0.0 && options.tolerance.is_finite()) {
        let (name, expected) = ("tolerance", "positive and finite");
        return Err(EquilibriumError::Option { name, expected, value: options.tolerance });
    }
    if options.mixing > 8 {
        let (name, expected) = ("mixing", "at most 8 states");
        return Err(EquilibriumError::Option { name, expected, value: options.mixing as f64 });
    }
    if options.sweeps == 0 {
        return Err(EquilibriumError::Option { name: "sweeps", expected: "at least 1", value: 0.0 });
    }
    Ok(())
}
