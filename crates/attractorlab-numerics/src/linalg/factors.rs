//! Factorisations in either element type.

use faer::dyn_stack::{MemBuffer, MemStack};
use faer::linalg::cholesky::llt;
use faer::linalg::lu::partial_pivoting::factor::{lu_in_place, lu_in_place_scratch};
use faer::linalg::triangular_solve as triangular;
use faer::prelude::default;
use faer::{MatMut, MatRef, Par};

/// The factorisations of one element type. Implemented with concrete types, so that faer's generic code is compiled in
/// this crate alone.
pub trait Factors: Sized {
    /// Overwrites A with L and U of `P A = L U`; whether the permutation is odd.
    fn lu(a: MatMut<'_, Self>, permutation: &mut [usize], inverse: &mut [usize]) -> bool;
    /// Overwrites the columns of `b`, permuted already, with the solutions of `L U x = b`.
    fn solve_lu(factors: MatRef<'_, Self>, b: MatMut<'_, Self>);
    /// Overwrites the lower triangle of A with L of `A = L Lᵀ`; the row where A ceases to be positive definite.
    fn cholesky(a: MatMut<'_, Self>) -> Result<(), usize>;
    /// Overwrites the columns of `b` with the solutions of `L Lᵀ x = b`.
    fn solve_cholesky(factor: MatRef<'_, Self>, b: MatMut<'_, Self>);
}

macro_rules! impl_factors {
    ($($real:ty),*) => {$(
        impl Factors for $real {
            fn lu(a: MatMut<'_, Self>, permutation: &mut [usize], inverse: &mut [usize]) -> bool {
                let scratch = lu_in_place_scratch::<usize, $real>(a.nrows(), a.ncols(), Par::Seq, default());
                let mut memory = MemBuffer::new(scratch);
                let stack = MemStack::new(&mut memory);
                let (info, _) = lu_in_place(a, permutation, inverse, Par::Seq, stack, default());
                info.transposition_count % 2 == 1
            }

            fn solve_lu(factors: MatRef<'_, Self>, mut b: MatMut<'_, Self>) {
                triangular::solve_unit_lower_triangular_in_place(factors, b.as_mut(), Par::Seq);
                triangular::solve_upper_triangular_in_place(factors, b, Par::Seq);
            }

            fn cholesky(a: MatMut<'_, Self>) -> Result<(), usize> {
                let scratch = llt::factor::cholesky_in_place_scratch::<$real>(a.nrows(), Par::Seq, default());
                let mut memory = MemBuffer::new(scratch);
                let stack = MemStack::new(&mut memory);
                match llt::factor::cholesky_in_place(a, default(), Par::Seq, stack, default()) {
                    Ok(_) => Ok(()),
                    Err(llt::factor::LltError::NonPositivePivot { index }) => Err(index),
                }
            }

            fn solve_cholesky(factor: MatRef<'_, Self>, mut b: MatMut<'_, Self>) {
                triangular::solve_lower_triangular_in_place(factor, b.as_mut(), Par::Seq);
                triangular::solve_upper_triangular_in_place(factor.transpose(), b, Par::Seq);
            }
        }
    )*};
}
impl_factors!(f32, f64);
