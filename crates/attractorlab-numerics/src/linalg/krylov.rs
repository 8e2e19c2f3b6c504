//! Krylov spaces: what a matrix makes of one vector.

use faer::Mat;

use super::{LinalgError, LinearOperator};
use crate::kernels::{axpy, dot, scale};
use crate::random::Stream;

/// `A V = V H + v bᵀ` with orthonormal columns in (V, v).
#[derive(Debug, Clone)]
pub(super) struct KrylovSpace {
    pub(super) n: usize,
    /// Columns of V and then v, one after the other.
    pub(super) basis: Vec<f64>,
    pub(super) size: usize,
    pub(super) h: Mat<f64>,
    /// Coupling to the next vector.
    pub(super) b: Vec<f64>,
    pub(super) iterations: usize,
    fresh: Stream,
}

impl KrylovSpace {
    pub(super) fn new(n: usize, limit: usize, seed: u64, start: Option<&[f64]>) -> Self {
        let mut fresh = Stream::new(seed, "Arnoldi start", 0);
        let mut basis = Vec::with_capacity(n * (limit + 1));
        let known = start.filter(|start| {
            let square = dot(start, start);
            start.len() == n && square.is_finite() && square > f64::MIN_POSITIVE
        });
        basis.extend(known.map_or_else(|| fresh.normals(n), <[f64]>::to_vec));
        let norm = dot(&basis, &basis).sqrt();
        scale(1.0 / norm, &mut basis);
        Self { n, basis, size: 0, h: Mat::zeros(limit, limit), b: Vec::new(), iterations: 0, fresh }
    }

    pub(super) fn column(&self, j: usize) -> &[f64] {
        &self.basis[j * self.n..(j + 1) * self.n]
    }

    /// One Arnoldi step: v joins V, and A v, orthogonalised, becomes the new v.
    pub(super) fn extend<A: LinearOperator + ?Sized>(&mut self, operator: &A) -> Result<(), LinalgError> {
        let (n, j) = (self.n, self.size);
        let mut next = vec![0.0; n];
        operator.apply(self.column(j), &mut next);
        self.iterations += 1;
        let norm = dot(&next, &next).sqrt();
        if !norm.is_finite() {
            return Err(LinalgError::OperatorNotFinite);
        }
        for (i, coupling) in self.b.drain(..).enumerate() {
            self.h[(j, i)] = coupling;
        }
        self.size += 1;
        let overlaps = self.orthogonalise(&mut next);
        for (i, overlap) in overlaps.into_iter().enumerate() {
            self.h[(i, j)] = overlap;
        }
        let mut length = dot(&next, &next).sqrt();
        self.b = vec![0.0; self.size];
        if length > 10.0 * f64::EPSILON * norm {
            self.b[j] = length;
        } else if self.size < n {
            // An invariant subspace: go on with a fresh direction, to which it does not couple.
            self.fresh.fill_normal(&mut next);
            self.orthogonalise(&mut next);
            length = dot(&next, &next).sqrt();
        } else {
            // The whole space is spanned; v is never used again.
            next.fill(0.0);
            length = 1.0;
        }
        scale(1.0 / length, &mut next);
        self.basis.extend(next);
        Ok(())
    }

    /// Removes the components along V, twice ("twice is enough"), and returns them.
    fn orthogonalise(&self, x: &mut [f64]) -> Vec<f64> {
        let mut overlaps = vec![0.0; self.size];
        for _ in 0..2 {
            for (i, overlap) in overlaps.iter_mut().enumerate() {
                let along = dot(self.column(i), x);
                axpy(-along, self.column(i), x);
                *overlap += along;
            }
        }
        overlaps
    }
}
